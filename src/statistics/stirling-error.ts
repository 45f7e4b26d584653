/** Stirling's series of ln gamma: B_2k / (2k (2k - 1)) for k = 1, 2, …; its rest is 3e-17 at 10. */
const series = [1 / 12, -1 / 360, 1 / 1260, -1 / 1680, 1 / 1188, -691 / 360_360, 1 / 156];

const halfLogTwoPi = Math.log(2 * Math.PI) / 2;

/**
 * What Stirling's approximation (x - 1/2) ln x - x + ln(2 pi) / 2 of ln gamma(x) lacks, for x > 0;
 * about 1 / (12 x). Differences of it keep the digits that differences of ln gamma lose for large x.
 *
 * @see NIST Digital Library of Mathematical Functions, 5.11.1 and 5.5.1
 */
export function stirlingError(x: number): number {
  let [error, up] = [0, x];
  for (; up < 10; up++) error += (up + 0.5) * Math.log1p(1 / up) - 1;
  const square = 1 / (up * up);
  return error + series.reduceRight((sum, term) => sum * square + term, 0) / up;
}

/**
 * ln(x^a y^b / B(a, b)) with y = 1 - x: the common part of beta and binomial probabilities, without
 * the cancellation of large logarithms of gamma functions.
 *
 * @param share - x and y, both given since the smaller of them carries the digits
 * @param a - above 0, as `b`
 */
export function logBetaPower(
  { x, y }: { readonly x: number; readonly y: number },
  a: number,
  b: number,
): number {
  const n = a + b;
  const excess = x <= y ? n * x - a : b - n * y;
  const powers = a * logRatio(excess / a, (n * x) / a) + b * logRatio(-excess / b, (n * y) / b);
  const roots = (Math.log(a) + Math.log(b / n)) / 2 - halfLogTwoPi;
  return roots + powers + stirlingError(n) - stirlingError(a) - stirlingError(b);
}

/**
 * ln(mean^s exp(-mean) / gamma(s + 1)): a Poisson probability, also between the whole numbers.
 *
 * @param s - 0 or more
 * @param mean - above 0
 */
export function logPoisson(s: number, mean: number): number {
  if (s === 0) return -mean;
  const excess = mean - s;
  const powers = s * logRatio(excess / s, mean / s) - excess;
  return powers - stirlingError(s) - Math.log(s) / 2 - halfLogTwoPi;
}

/** ln(1 + change) where 1 + change is `ratio`: each form where it has its digits. */
function logRatio(change: number, ratio: number): number {
  return change < -0.5 ? Math.log(ratio) : Math.log1p(change);
}
