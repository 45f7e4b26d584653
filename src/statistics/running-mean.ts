import { studentQuantile } from "./distributions.ts";
import type { Interval } from "./intervals.ts";

/**
 * Mean and spread of values that come one after the other, without keeping them.
 *
 * @see Welford 1962, "Note on a method for calculating corrected sums of squares and products"
 */
export class RunningMean {
  n = 0;
  /** Not a number before the first value. */
  mean = Number.NaN;
  #squares = 0;

  add(value: number): void {
    const before = this.n === 0 ? 0 : this.mean;
    this.n++;
    this.mean = before + (value - before) / this.n;
    this.#squares += (value - before) * (value - this.mean);
  }

  /**
   * Where the sum of `count` further values of the same kind will lie, by Student's t with n - 1
   * degrees of freedom: the mean is not known exactly, and the values themselves vary.
   *
   * @returns ends that are not numbers below two values
   * @see Hahn, Meeker 1991, "Statistical Intervals", 4.8 (mean of m future observations)
   */
  sumOfNext(count: number, level = 0.95): Interval {
    if (this.n < 2) return { low: Number.NaN, high: Number.NaN, level };
    const deviation = Math.sqrt(this.#squares / (this.n - 1));
    const quantile = studentQuantile((1 + level) / 2, this.n - 1);
    const half = count === 0 ? 0 : quantile * deviation * count * Math.sqrt(1 / this.n + 1 / count);
    return { low: count * this.mean - half, high: count * this.mean + half, level };
  }
}
