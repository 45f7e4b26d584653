import { ConfigError } from "../../errors.ts";
import { normalQuantile } from "../../statistics/distributions.ts";
import type { Interval } from "../../statistics/intervals.ts";
import type { ScoreSummary } from "../summary/score-summary.ts";
import type { ScoreComparison } from "./compare-runs.ts";
import { signedText } from "./signed-text.ts";

/** What a gate comes to. */
export type GateVerdict = "PASS" | "FAIL" | "INCONCLUSIVE";

/** A bound that a score must keep. */
export interface Gate {
  readonly text: string;
  readonly score: string;
  readonly isFloor: boolean;
  readonly bound: number;
}

/** A gate's verdict with its reason. */
export interface GateResult {
  readonly gate: string;
  readonly verdict: GateVerdict;
  readonly reason: string;
  /** Samples in all at which the interval would leave the bound out; undefined when none would. */
  readonly samplesNeeded: number | undefined;
}

const form = /^\s*([\w./@-]+)\s*(>=|<=)\s*(-?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)\s*$/;

/**
 * Reads a gate such as `accuracy>=0.8`.
 *
 * @param where - what the error begins with
 * @throws {ConfigError} when it is none
 */
export function parseGate(text: string, where = "--gate"): Gate {
  const [, score, sign, bound] = form.exec(text) ?? [];
  if (score === undefined) {
    throw new ConfigError(
      `${where}: expected SCORE>=NUMBER or SCORE<=NUMBER, such as accuracy>=0.8, got "${text}"`,
    );
  }
  return { text, score, isFloor: sign === ">=", bound: Number(bound) };
}

/**
 * Judges a gate by a score's interval: it passes when all of the interval keeps the bound, fails when
 * none of it does, and is inconclusive between.
 *
 * @throws {ConfigError} when no score has the gate's name
 */
export function judgeGate(gate: Gate, scores: readonly ScoreSummary[]): GateResult {
  const score = scores.find(({ name }) => name === gate.score);
  if (score === undefined) {
    const known = scores.map(({ name }) => name).join(", ") || "none";
    throw new ConfigError(`--gate ${gate.text}: no score "${gate.score}"; there are ${known}`);
  }
  const { mean, n } = score;
  const { low, high, level } = score.interval;
  const [worst, best] = gate.isFloor ? [low, high] : [-high, -low];
  const bound = gate.isFloor ? gate.bound : -gate.bound;
  const verdict = worst >= bound ? "PASS" : best < bound ? "FAIL" : "INCONCLUSIVE";
  const reason = `${mean.toFixed(4)}, ${rangeText(score.interval, (end) => end.toFixed(4))}, n ${n}`;
  return {
    ...{ gate: gate.text, verdict, reason },
    samplesNeeded:
      verdict === "INCONCLUSIVE"
        ? samplesToLeaveOut(gate.bound - mean, {
            ...{ n, level },
            half: mean > gate.bound ? mean - low : high - mean, // the side that must leave it out
          })
        : undefined,
  };
}

/**
 * Judges that a run is no worse than an earlier one of the same samples: it fails when it is proven
 * worse, passes when it is at most so much worse, and is inconclusive between.
 *
 * @param margin - loss of the score that does not count
 */
export function judgeRegression(
  { name, n, difference, interval, isLoss, verdict: found, samplesNeeded }: ScoreComparison,
  margin: number,
): GateResult {
  const { low, high, level } = interval;
  const isKept = isLoss ? high <= margin : low >= -margin;
  const verdict = found === "worse" ? "FAIL" : isKept ? "PASS" : "INCONCLUSIVE";
  const gain = isLoss ? -difference : difference;
  // what looks like a loss that counts is proven by leaving out 0, and McNemar's test agrees later
  const [distance, least] = gain < -margin ? [gain, samplesNeeded ?? 0] : [gain + margin, 0];
  return {
    ...{ gate: `${name}: no regression beyond ${margin}`, verdict },
    reason: `${signedText(difference)}, ${rangeText(interval, signedText)}, n ${n}`,
    samplesNeeded:
      verdict === "INCONCLUSIVE"
        ? samplesToLeaveOut(distance, { n, half: (high - low) / 2, level, least })
        : undefined,
  };
}

/** An interval with its level; a few values, or equal ones, may have none. */
function rangeText({ low, high, level }: Interval, text: (end: number) => string): string {
  if (Number.isNaN(low)) return "no interval is known";
  return `${Number((100 * level).toPrecision(6))} % ${text(low)} to ${text(high)}`;
}

interface Spread {
  readonly n: number;
  /** Of the interval that n samples gave. */
  readonly half: number;
  readonly level: number;
  /** Fewer than these do not decide. */
  readonly least?: number;
}

/** Intervals shrink with the root of n; the width that n samples gave is taken for what it is. */
function samplesToLeaveOut(
  distance: number,
  { n, half, level, least = 0 }: Spread,
): number | undefined {
  if (distance === 0 || !Number.isFinite(half)) return undefined;
  // an interval of no width comes of a share of 0 or 1, whose spread is not known
  const width = half > 0 ? half : normalQuantile((1 + level) / 2) / (2 * Math.sqrt(n));
  return Math.max(Math.ceil(n * (width / distance) ** 2), least, n + 1);
}

/** The exit code that verdicts come to together: any failure, else any doubt. */
export function gateExitCode(results: readonly GateResult[]): 0 | 1 | 3 {
  if (results.some(({ verdict }) => verdict === "FAIL")) return 1;
  return results.some(({ verdict }) => verdict === "INCONCLUSIVE") ? 3 : 0;
}
