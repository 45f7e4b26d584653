import { superscript } from "./number-format.ts";

/** Powers of ten within a range, ends included when they are near. */
export function decades(low: number, high: number): readonly number[] {
  const first = Math.ceil(Math.log10(low) - 0.05);
  const last = Math.floor(Math.log10(high) + 0.05);
  return Array.from({ length: Math.max(0, last - first + 1) }, (_, index) => 10 ** (first + index));
}

/** A logarithmic axis that names its powers of ten, for values between two. */
export function logAxis(field: string, title: string, [low, high]: readonly [number, number]) {
  const values = [...decades(low, high)];
  const labels = Object.fromEntries(
    values.map((value) => [Math.round(Math.log10(value)), `10${superscript(Math.log10(value))}`]),
  );
  return {
    field,
    type: "quantitative" as const,
    scale: { type: "log" as const, domain: [low, high], nice: false },
    axis: {
      title,
      values,
      labelExpr: `(${JSON.stringify(labels)})[round(log(datum.value) / LN10)]`,
    },
  };
}
