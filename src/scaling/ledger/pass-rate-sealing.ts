import { codeVersion, formatCodeVersion } from "../../workspace/code-version.ts";
import type { WorkspaceDatabase } from "../../workspace/database.ts";
import {
  type CapabilityForecast,
  type CapabilitySettings,
  observedRates,
} from "../capability/capability-forecast.ts";
import type { PassCount } from "../capability/pass-counts.ts";
import { ScalingRefusal } from "../refusal.ts";
import { canonicalHash } from "./canonical-json.ts";
import { Ledger, type LedgerForecast } from "./ledger.ts";
import type { ForecastScore, SealedPassRate } from "./sealed-forecast.ts";

/** A forecast of a bucket's pass rate. */
export type PassRateForecast = LedgerForecast<SealedPassRate>;

/** Counts of a model within this share of a compute are of a model of that compute. */
const sameCompute = 1e-6;

const isOf =
  (flops: number) =>
  ({ c }: PassCount): boolean =>
    Math.abs(c / flops - 1) < sameCompute;

/** The forecasts of a target's pass rates, the easiest bucket first. */
export async function passRatesFor(
  ledger: Ledger,
  targetId: string,
): Promise<readonly PassRateForecast[]> {
  return (await ledger.forecasts())
    .filter(
      (forecast): forecast is PassRateForecast =>
        forecast.sealed.target.id === targetId && "passRate" in forecast.sealed,
    )
    .toSorted((a, b) => a.sealed.target.bucket! - b.sealed.target.bucket!);
}

/**
 * Seals what was forecast of each bucket, before the target's first step.
 *
 * @param counts - what the forecast was made from
 * @throws {ScalingRefusal} as `Ledger.seal`; `target-in-fit` when counts of a model of the target's
 *   compute are among them
 */
export async function sealPassRates(
  database: WorkspaceDatabase,
  targetId: string,
  {
    forecast,
    counts,
    settings,
    amend: why,
  }: {
    readonly forecast: CapabilityForecast;
    readonly counts: readonly PassCount[];
    readonly settings: CapabilitySettings;
    /** Why forecasts are sealed beside those that the target has. */
    readonly amend?: string | undefined;
  },
): Promise<readonly PassRateForecast[]> {
  const { targetCompute: flops } = settings;
  if (counts.some(isOf(flops))) {
    throw new ScalingRefusal(
      "target-in-fit",
      `Seal: the counts hold a model of the target's ${flops.toExponential(3)} FLOP. A forecast is sealed before its run; leave that model out with --filter, or forecast a larger one.`,
    );
  }
  const ledger = new Ledger(database);
  const seen = counts.filter(({ c }) => c < flops);
  const earlier = await passRatesFor(ledger, targetId);
  for (const { bucket, passRate, passRateSpread, law } of forecast.buckets) {
    const before = earlier.findLast(({ sealed }) => sealed.target.bucket === bucket);
    if (before !== undefined && why === undefined) continue;
    const { problems } = forecast.difficulties.buckets[bucket - 1]!;
    const own = new Set(problems);
    const ofBucket = seen.filter(({ problem }) => own.has(problem));
    await ledger.seal({
      target: { id: targetId, flops, bucket },
      passRate,
      standardDeviation: passRateSpread.deviation,
      intervals: passRateSpread.intervals,
      extrapolation: forecast.extrapolation,
      law,
      problems: problems.toSorted(),
      fitted: observedRates(ofBucket),
      fitDataHash: canonicalHash(ofBucket),
      codeVersion: formatCodeVersion(codeVersion()),
      configuration: { ...settings },
      ...(before && { amends: { seal: before.entry.hash, why: why! } }),
    });
  }
  return passRatesFor(ledger, targetId);
}

/**
 * Scores the forecasts of a target's pass rates by what it made of the same problems; once done, the
 * scores stay.
 *
 * @param counts - the target's among them
 * @throws {ScalingRefusal} `unknown-seal` when none was sealed; `too-few-problems` when the target's
 *   counts lack a problem
 */
export async function scorePassRates(
  database: WorkspaceDatabase,
  targetId: string,
  counts: readonly PassCount[],
): Promise<readonly (PassRateForecast & { readonly score: ForecastScore })[]> {
  const ledger = new Ledger(database);
  const forecasts = await passRatesFor(ledger, targetId);
  if (forecasts.length === 0) {
    throw new ScalingRefusal(
      "unknown-seal",
      `Score: no forecast of a pass rate is sealed for ${targetId}. Seal one with \`foretoken scaling capability --seal\`.`,
    );
  }
  const scored = [];
  for (const forecast of forecasts) {
    const score = forecast.score ?? (await scoreBucket(ledger, forecast, counts));
    scored.push({ ...forecast, score });
  }
  return scored;
}

function scoreBucket(
  ledger: Ledger,
  { entry, sealed }: PassRateForecast,
  counts: readonly PassCount[],
): Promise<ForecastScore> {
  const { target, problems } = sealed;
  const found = new Map(
    counts.filter(isOf(target.flops)).map((count) => [count.problem, count] as const),
  );
  const missing = problems.filter((problem) => !found.has(problem));
  if (missing.length > 0) {
    throw new ScalingRefusal(
      "too-few-problems",
      `Score: the counts of the target (${target.flops.toExponential(3)} FLOP) lack ${missing.length} of the ${problems.length} problems of bucket ${target.bucket}, the first "${missing[0]}". Sample them too.`,
    );
  }
  const rates = problems.map((problem) => {
    const { passes, samples } = found.get(problem)!;
    return passes / samples;
  });
  return ledger.score(entry.hash, rates.reduce((sum, rate) => sum + rate, 0) / rates.length);
}
