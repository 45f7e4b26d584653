import { ConfigError } from "../errors.ts";
import { checkPositive, checkProbabilities, checkShares } from "./_checks.ts";
import { bisectUpwards } from "./bisect.ts";
import { normalCdf, normalQuantile } from "./distributions.ts";
import type { Alternative } from "./p-value.ts";

/** Two rates to be told apart by two independent samples. */
export interface TwoRates {
  readonly first: number;
  readonly second: number;
}

/** A test of two independent samples. */
export interface TwoSampleTest {
  readonly alpha?: number;
  /** `larger` when the first rate is to be shown above the second one. */
  readonly alternative?: Alternative;
  /** Size of the second sample over that of the first one. */
  readonly ratio?: number;
  /**
   * `cohen` compares 2 asin(sqrt(rate)), whose variance is 1 for every rate; `pooled` compares the
   * rates, with their common variance under the null hypothesis. They differ for small samples.
   */
  readonly approximation?: "cohen" | "pooled";
}

/** The distance of the hypotheses, and the deviations under each, for one trial per sample. */
interface Contrast {
  readonly effect: number;
  readonly nullDeviation: number;
  readonly deviation: number;
}

/**
 * Cohen's h: the difference of two rates on the scale 2 asin(sqrt(rate)).
 *
 * @throws {DataError} when a rate is outside [0, 1]
 * @see Cohen 1988, chapter 6
 */
export function cohenH({ first, second }: TwoRates): number {
  checkProbabilities("cohenH", [first, second]);
  return 2 * (Math.asin(Math.sqrt(first)) - Math.asin(Math.sqrt(second)));
}

/**
 * Power of the test that two independent samples have one rate; two-sided, both tails count.
 *
 * @param size - of the first sample
 * @throws {DataError} when a rate is outside [0, 1]
 * @throws {ConfigError} when alpha is not in (0, 1), or a size or ratio not above 0
 * @see Cohen 1988, chapter 6; Fleiss, Levin, Paik 2003, chapter 4
 */
export function twoProportionPower(
  rates: TwoRates,
  size: number,
  {
    alpha = 0.05,
    alternative = "two-sided",
    ratio = 1,
    approximation = "cohen",
  }: TwoSampleTest = {},
): number {
  checkTest("twoProportionPower", rates, { alpha, ratio });
  checkPositive("twoProportionPower", { size });
  return powerOf(contrastOf(rates, { approximation, ratio }), size, { alpha, alternative });
}

/**
 * Size of the first sample at which the test has this power: a real number, to be rounded up. The
 * pooled approximation leaves out the tail on the wrong side, as is the custom.
 *
 * @throws {DataError} when a rate is outside [0, 1]
 * @throws {ConfigError} when alpha or power is not in (0, 1), power is not above alpha, the ratio is
 *   not above 0, or the rates do not differ in the direction of the alternative
 * @see Cohen 1988, chapter 6; Fleiss, Levin, Paik 2003, formula 4.14
 */
export function twoProportionSize(
  rates: TwoRates,
  power: number,
  {
    alpha = 0.05,
    alternative = "two-sided",
    ratio = 1,
    approximation = "cohen",
  }: TwoSampleTest = {},
): number {
  checkTest("twoProportionSize", rates, { alpha, ratio });
  checkReachable("twoProportionSize", rates.first - rates.second, { alpha, power, alternative });
  const contrast = contrastOf(rates, { approximation, ratio });
  const test = { alpha, alternative };
  if (approximation === "cohen") {
    return bisectUpwards((size) => powerOf(contrast, size, test) < power, 0);
  }
  const { effect, nullDeviation, deviation } = contrast;
  const threshold = -normalQuantile(alternative === "two-sided" ? alpha / 2 : alpha);
  return ((threshold * nullDeviation + normalQuantile(power) * deviation) / effect) ** 2;
}

function checkTest(
  where: string,
  { first, second }: TwoRates,
  { alpha, ratio }: { alpha: number; ratio: number },
): void {
  checkProbabilities(where, [first, second]);
  checkShares(where, { alpha });
  checkPositive(where, { ratio });
}

/** Refuses a power that no size, or every size, gives. */
export function checkReachable(
  where: string,
  effect: number,
  test: { readonly alpha: number; readonly power: number; readonly alternative: Alternative },
): void {
  const { alpha, power, alternative } = test;
  checkShares(where, { alpha, power });
  if (power <= alpha) {
    throw new ConfigError(`${where}: expected a power above alpha ${alpha}, got ${power}`);
  }
  const side = { "two-sided": Math.abs(effect), larger: effect, smaller: -effect }[alternative];
  if (!(side > 0)) {
    throw new ConfigError(
      `${where}: expected an effect that the ${alternative} alternative finds, got ${effect}; no sample is large enough`,
    );
  }
}

function contrastOf(
  { first, second }: TwoRates,
  { approximation, ratio }: { readonly approximation: string; readonly ratio: number },
): Contrast {
  if (approximation === "cohen") {
    const deviation = Math.sqrt(1 + 1 / ratio);
    return { effect: cohenH({ first, second }), nullDeviation: deviation, deviation };
  }
  const pooled = (first + ratio * second) / (1 + ratio);
  return {
    effect: first - second,
    nullDeviation: Math.sqrt(pooled * (1 - pooled) * (1 + 1 / ratio)),
    deviation: Math.sqrt(first * (1 - first) + (second * (1 - second)) / ratio),
  };
}

function powerOf(
  { effect, nullDeviation, deviation }: Contrast,
  size: number,
  { alpha, alternative }: { readonly alpha: number; readonly alternative: Alternative },
): number {
  const threshold = -normalQuantile(alternative === "two-sided" ? alpha / 2 : alpha);
  const tail = (shift: number) =>
    normalCdf((shift * Math.sqrt(size) - threshold * nullDeviation) / deviation);
  if (alternative === "two-sided") return tail(effect) + tail(-effect);
  return tail(alternative === "larger" ? effect : -effect);
}
