/** Logarithms less their mean: coefficients and exponents come apart. */
export function centredLogs(values: readonly number[]): { values: Float64Array; mean: number } {
  const logs = Float64Array.from(values, Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  return { values: logs.map((log) => log - mean), mean };
}
