import { bisect, bisectUpwards } from "./bisect.ts";
import { logBetaPower } from "./stirling-error.ts";

/**
 * Distribution functions and quantiles of the normal, beta and Student t distributions, to about
 * 1e-14 relative; the little that intervals need.
 *
 * @see Press et al., Numerical Recipes (3rd ed.), 6.2, 6.4
 */

const tiny = 1e-300;
const iterations = 10_000;

/** Regularized incomplete beta function I_x(a, b), the distribution function of Beta(a, b). */
export function betaCdf(x: number, a: number, b: number): number {
  return x >= 1 ? 1 : betaBelow({ x, y: 1 - x }, a, b);
}

/** As `betaCdf`, for a share whose rest y = 1 - x is known to its own last digit. */
function betaBelow({ x, y }: Share, a: number, b: number): number {
  if (x <= 0) return 0;
  if (y <= 0) return 1;
  // The fraction converges fast below the mean; above it the symmetry is used.
  return x < (a + 1) / (a + b + 2) ? betaTail({ x, y }, a, b) : 1 - betaTail({ x: y, y: x }, b, a);
}

interface Share {
  readonly x: number;
  readonly y: number;
}

function betaTail(share: Share, a: number, b: number): number {
  return Math.exp(logBetaPower(share, a, b)) * betaFraction(share, a, b);
}

/**
 * The continued fraction of the incomplete beta function, by the method of Lentz; in a form that
 * keeps its digits for x near 1.
 *
 * @see Didonato, Morris 1992, "Algorithm 708", equation 9
 */
function betaFraction({ x, y }: Share, a: number, b: number): number {
  const excess = x <= y ? a - (a + b) * x : (a + b) * y - b;
  let fraction = (a / (a + 1)) * (excess + 1);
  let c = fraction;
  let d = 0;
  for (let n = 1; n <= iterations; n++) {
    const odd = a + 2 * n - 1;
    const numerator = ((a + n - 1) / odd) * ((a + b + n - 1) / odd) * n * (b - n) * x * x;
    const denominator =
      n + (n * (b - n) * x) / odd + ((a + n) / (odd + 2)) * (excess + 1 + n * (1 + y));
    d = 1 / away(denominator + numerator * d);
    c = away(denominator + numerator / c);
    fraction *= c * d;
    if (Math.abs(c * d - 1) < 3e-16) break;
  }
  return 1 / fraction;
}

/** Keeps a divisor from 0. */
function away(value: number): number {
  return Math.abs(value) < tiny ? tiny : value;
}

/** Quantile of Beta(a, b) at probability p in [0, 1]. */
export function betaQuantile(p: number, a: number, b: number): number {
  if (p <= 0) return 0;
  if (p >= 1) return 1;
  return bisect((x) => betaCdf(x, a, b) < p, [0, 1]);
}

/** Distribution function of Student's t with `df` degrees of freedom. */
export function studentCdf(t: number, df: number): number {
  return t > 0 ? 1 - studentTail(t, df) : studentTail(t, df);
}

/** The probability beyond |t|, on one side. */
function studentTail(t: number, df: number): number {
  if (!Number.isFinite(t)) return 0;
  const size = df + t * t;
  return betaBelow({ x: df / size, y: (t * t) / size }, df / 2, 0.5) / 2;
}

/** Quantile of Student's t with `df` degrees of freedom at probability p in (0, 1). */
export function studentQuantile(p: number, df: number): number {
  if (p === 0.5) return 0;
  const tail = Math.min(p, 1 - p);
  const size = bisectUpwards((t) => studentTail(t, df) > tail, 0);
  return p > 0.5 ? size : -size;
}

/** Distribution function of the standard normal. */
export function normalCdf(z: number): number {
  const tail = gammaUpper((z * z) / 2) / 2;
  return z > 0 ? 1 - tail : tail;
}

/** Q(1/2, x), the regularized upper incomplete gamma function at one half: erfc(sqrt(x)). */
function gammaUpper(x: number): number {
  if (x === 0) return 1;
  if (x === Infinity) return 0;
  const front = Math.exp(-x) * Math.sqrt(x / Math.PI);
  if (x < 1.5) {
    let term = 2;
    let sum = term;
    for (let n = 1; term > sum * 1e-17; n++) {
      term *= x / (n + 0.5);
      sum += term;
    }
    return 1 - front * sum;
  }
  let b = x + 0.5;
  let c = 1 / tiny;
  let d = 1 / b;
  let fraction = d;
  for (let n = 1; n <= iterations; n++) {
    const term = -n * (n - 0.5);
    b += 2;
    d = 1 / (term * d + b);
    c = b + term / c;
    fraction *= d * c;
    if (Math.abs(d * c - 1) < 3e-16) break;
  }
  return front * fraction;
}

/** Density of the standard normal. */
export function normalDensity(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

/** Quantile of the standard normal at probability p; infinite at 0 and 1. */
export function normalQuantile(p: number): number {
  if (p <= 0) return Number.NEGATIVE_INFINITY;
  if (p >= 1) return Number.POSITIVE_INFINITY;
  if (p === 0.5) return 0;
  // In the lower tail the distribution function keeps its relative precision.
  const tail = Math.min(p, 1 - p);
  const size = bisect((z) => normalCdf(-z) > tail, [0, 39]);
  return p > 0.5 ? size : -size;
}
