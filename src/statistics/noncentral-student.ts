import { betaCdf } from "./distributions.ts";
import { logPoisson } from "./stirling-error.ts";

/**
 * P(T > t) for t > 0 where T = (Z + shift) / sqrt(X / df) has a noncentral t distribution: a sum
 * over Poisson probabilities around their mode, so that no shift is too large.
 *
 * @param df - degrees of freedom, above 0
 * @param shift - the noncentrality; with a negative one the small result is exact to about 1e-16
 * @see Guenther 1978; Benton, Krishnamoorthy 2003, "Computing discrete mixtures of continuous
 *   distributions"
 */
export function noncentralStudentTail(t: number, df: number, shift: number): number {
  const { even, odd } = mixture(t, df, shift);
  return Math.max(0, (even + Math.sign(shift) * odd) / 2);
}

/** P(|T| > t); see `noncentralStudentTail`. Both tails together need no subtraction. */
export function noncentralStudentTails(t: number, df: number, shift: number): number {
  return Math.min(1, mixture(t, df, shift).even);
}

/** Sums over whole and half places of Poisson probabilities times tails of beta distributions. */
function mixture(t: number, df: number, shift: number): { even: number; odd: number } {
  const x = df / (df + t * t);
  const mean = (shift * shift) / 2;
  if (mean === 0) return { even: betaCdf(x, df / 2, 0.5), odd: 0 };
  const term = (place: number) =>
    Math.exp(logPoisson(place, mean)) * betaCdf(x, df / 2, place + 0.5);
  const middle = Math.floor(mean);
  let [even, odd] = [0, 0];
  const add = (place: number) => {
    const [whole, half] = [term(place), term(place + 0.5)];
    even += whole;
    odd += half;
    return whole + half > 1e-18 * (even + odd);
  };
  for (let place = middle; add(place); place++);
  for (let place = middle - 1; place >= 0 && add(place); place--);
  return { even, odd };
}
