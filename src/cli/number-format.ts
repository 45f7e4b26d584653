/** A count in at most four characters of digits: `950`, `12.3k`, `4.56M`, `7.8B`. */
export function formatCount(count: number): string {
  const units = ["", "k", "M", "B", "T"];
  let value = count;
  let unit = 0;
  while (Math.abs(value) >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit++;
  }
  if (Math.abs(value) >= 999.5) return count.toExponential(2);
  return unit === 0 ? String(Math.round(value)) : `${Number(value.toPrecision(3))}${units[unit]}`;
}

/** Bytes in decimal units: `512 B`, `1.5 MB`. */
export function formatBytes(sizeBytes: number): string {
  const count = formatCount(sizeBytes).replace("B", "G");
  return /[a-z]$/i.test(count) ? `${count.slice(0, -1)} ${count.at(-1)}B` : `${count} B`;
}

/** Seconds as a person says them: `8.4s`, `3m12s`, `2h05m`. */
export function formatDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return "?";
  if (seconds < 9.95) return `${seconds.toFixed(1)}s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole}s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}m${pad(whole % 60)}s`;
  return `${Math.floor(minutes / 60)}h${pad(minutes % 60)}m`;
}

/** A signed share in per cent: `+1.25 %`. */
export function formatShift(share: number): string {
  return `${share >= 0 ? "+" : ""}${(100 * share).toFixed(2)} %`;
}

/** Exact operations in the usual notation: `1.35e15`. */
export function formatFlops(flops: number): string {
  return flops.toExponential(2).replace("+", "");
}

function pad(value: number): string {
  return String(value).padStart(2, "0");
}
