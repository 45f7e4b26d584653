const superscripts = "⁰¹²³⁴⁵⁶⁷⁸⁹";

/** An integer in superscript figures, such as ⁻¹². */
export function superscript(value: number): string {
  const digits = [...String(Math.abs(value))].map((digit) => superscripts[Number(digit)]).join("");
  return value < 0 ? `⁻${digits}` : digits;
}

/** A large number in scientific form, such as 2.4 × 10¹³. */
export function formatScientific(value: number, digits = 2): string {
  const [mantissa, exponent] = value.toExponential(digits - 1).split("e");
  return `${mantissa} × 10${superscript(Number(exponent))}`;
}

/** A whole number with its thousands apart by a narrow space, such as 21 800 000. */
export function formatCount(value: number): string {
  return Math.round(value)
    .toString()
    .replace(/\B(?=(\d{3})+$)/g, "\u202f");
}

/** A share in per cent with a sign where it may have one, such as +1.2 %. */
export function formatPercent(rate: number, { digits = 1, isSigned = false } = {}): string {
  const text = (100 * rate).toFixed(digits);
  const sign = isSigned && rate > 0 ? "+" : "";
  return `${sign}${text.replace("-", "\u2212")}\u00a0%`;
}

/** A loss in nats with three decimals. */
export function formatLoss(lossNats: number): string {
  return lossNats.toFixed(3);
}

/** Two ends of an interval, such as 2.68 to 2.96. */
export function formatRange(low: number, high: number, format: (value: number) => string): string {
  return `${format(low)} to ${format(high)}`;
}

/** Bytes in the largest decimal unit that leaves at least 1. */
export function formatBytes(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  const power = Math.min(units.length - 1, Math.floor(Math.log10(Math.max(1, bytes)) / 3));
  const value = bytes / 1000 ** power;
  return `${power === 0 ? value : value.toPrecision(3)} ${units[power]}`;
}

/** Seconds as minutes and seconds, or hours and minutes. */
export function formatDuration(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(1)} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min ${Math.round(seconds % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
