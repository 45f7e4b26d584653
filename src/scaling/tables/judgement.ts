import { median } from "../../statistics/quantile.ts";
import { repetitionForm, tellsRepetition } from "../laws/repetition.ts";
import { leastNoise, pooledSquares } from "../seed-noise.ts";
import { describeCandidate, type FittedLaw, readsOptima } from "./candidate-law.ts";
import type { BacktestError, CandidateStudy } from "./rolling-origin.ts";
import type { TableRuns } from "./table-runs.ts";

/** What the first levels of a table say of a candidate. */
export interface Judgement {
  readonly name: string;
  /** Fitted to those levels; undefined where they cannot carry it. */
  readonly law: FittedLaw | undefined;
  /** Forecasts of the levels from shorter parts of them. */
  readonly past: readonly BacktestError[];
  /** Mean signed log error of the forecasts of the next level. */
  readonly bias: number;
  /** Log error per log unit of extrapolation, root mean square, recent origins weighing more. */
  readonly drift: number;
  /** Why it is not admitted; undefined when it is. */
  readonly rejection: string | undefined;
}

/** Scatter of single losses, and how it was found. */
export interface TableNoise {
  /** Standard deviation of ln loss. */
  readonly standardDeviation: number;
  readonly source: "seeds" | "stated errors" | "residuals";
}

const toleratedBias = 0.005;
/** An irreducible loss below this share of the smallest loss has ended at its bound. */
const boundShare = 2e-3;
const originDecay = 0.5;

/** Judges every candidate by the first `origin` levels of a table. */
export function judge(
  studies: readonly CandidateStudy[],
  runs: TableRuns,
  origin: number,
): { readonly judgements: readonly Judgement[]; readonly noise: TableNoise } {
  const laws = studies.flatMap(({ laws }) => laws.get(origin) ?? []);
  const noise = tableNoise(runs, laws);
  const limit = toleratedBias + 2 * admittedNoise(noise);
  const judgements = studies.map(({ candidate, laws, errors }) => {
    const law = laws.get(origin);
    const past = errors.filter((one) => one.origin < origin && one.origin + one.ahead <= origin);
    const bias = meanBias(past);
    const drift = driftOf(past, origin, noise.standardDeviation);
    const rejection = rejectionOf({ candidate, law, bias, limit, runs });
    return { name: describeCandidate(candidate), law, past, bias, drift, rejection };
  });
  return { judgements, noise };
}

/** What the laws leave of the losses may be their own fault: it excuses a bias only so far. */
function admittedNoise({ standardDeviation, source }: TableNoise): number {
  return source === "residuals" ? Math.min(toleratedBias, standardDeviation) : standardDeviation;
}

function meanBias(past: readonly BacktestError[]): number {
  const next = past.filter(({ ahead }) => ahead === 1);
  return next.reduce((sum, { logError }) => sum + logError, 0) / next.length;
}

function driftOf(past: readonly BacktestError[], origin: number, noise: number): number {
  let [errors, distances] = [0, 0];
  for (const { origin: from, logError, logDistance } of past) {
    const weight = originDecay ** (origin - 1 - from);
    errors += weight * Math.max(0, logError ** 2 - 2 * noise ** 2);
    distances += weight * logDistance ** 2;
  }
  return Math.sqrt(errors / distances);
}

const percent = (share: number): string => `${(100 * share).toFixed(2)} %`;

function rejectionOf({
  candidate,
  law,
  bias,
  limit,
  runs,
}: Pick<CandidateStudy, "candidate"> & {
  readonly law: FittedLaw | undefined;
  readonly bias: number;
  readonly limit: number;
  readonly runs: TableRuns;
}): string | undefined {
  if (law === undefined) return missing(candidate, runs);
  const lowest = Math.min(...law.rows.map(({ loss }) => loss));
  const { E } = law.fit.parameters;
  if (E !== undefined && E < boundShare * lowest) {
    return "its irreducible loss ended at its bound, zero";
  }
  if (Number.isNaN(bias)) return "too few levels to test it on";
  if (Math.abs(bias) <= limit) return undefined;
  return `bias of one level ahead ${bias > 0 ? "+" : ""}${percent(bias)}, admitted up to ${percent(limit)}`;
}

function missing(
  candidate: CandidateStudy["candidate"],
  { grid, optima, source }: TableRuns,
): string {
  if (readsOptima(candidate)) {
    return optima.length === 0
      ? "the lowest loss of each compute is not known: no minimum between sizes was run"
      : "too few computes";
  }
  if (grid.length === 0) return "sizes and tokens are not known: name --n and --d";
  if (candidate.form === repetitionForm && !tellsRepetition(grid)) {
    return "no data is seen more than once, or --d-unique does not say so";
  }
  if (source === "one size a compute") return "size and tokens both follow from the compute";
  return "too few runs, or none outside this range of sizes";
}

/**
 * The scatter of losses: between runs that differ in nothing, no less than their stated errors; else
 * what the closest law leaves of a loss, which also holds what that law gets wrong.
 */
function tableNoise(runs: TableRuns, laws: readonly FittedLaw[]): TableNoise {
  const repeated = repeatedNoise(runs);
  const stated = statedNoise(runs);
  if (repeated !== undefined) {
    return { standardDeviation: Math.max(leastNoise, repeated, stated), source: "seeds" };
  }
  const left = laws
    .filter(({ rows, fit }) => rows.length > Object.keys(fit.parameters).length)
    .map(({ rows, fit }) => {
      const degrees = rows.length - Object.keys(fit.parameters).length;
      const scale = 1.4826 * median(fit.residuals.map(Math.abs));
      return scale * Math.sqrt(rows.length / degrees);
    });
  const residual = Math.max(leastNoise, Math.min(...left));
  return stated > residual
    ? { standardDeviation: stated, source: "stated errors" }
    : { standardDeviation: residual, source: "residuals" };
}

/** The median standard error of the losses over the loss; 0 where none is stated. */
function statedNoise({ grid, optima }: TableRuns): number {
  const errors = [...grid, ...optima].flatMap(({ loss, lossError }) =>
    lossError === undefined ? [] : [lossError / loss],
  );
  return errors.length === 0 ? 0 : median(errors);
}

function repeatedNoise({ grid, optima }: TableRuns): number | undefined {
  const groups = new Map<string, number[]>();
  for (const { n, d, c, loss } of grid.length > 0 ? grid : optima) {
    const key = [n, d, c].map((value) => value.toPrecision(6)).join(" ");
    groups.set(key, [...(groups.get(key) ?? []), Math.log(loss)]);
  }
  const { squares, degreesOfFreedom } = pooledSquares(groups.values());
  return degreesOfFreedom === 0 ? undefined : Math.sqrt(squares / degreesOfFreedom);
}

/** Drifts within this factor of the least cannot be told apart by a few errors. */
const alike = 3;

/**
 * The judgement to forecast with. Of each form that reading which keeps most runs and is admitted;
 * of these forms, when there are some, the ones that are fitted to the lowest losses alone, since
 * they have the fewest parameters and err in nothing that is not asked; of those the first in the
 * order of `candidateLaws`, simple before complex, whose backtest is about as good as the best.
 * Undefined when none is admitted.
 *
 * @param options - `isSized`: a size far from the best is asked for, of which the lowest losses say
 *   nothing
 *
 * Choosing by the backtest alone does worse on public tables: see
 * docs/decisions/2026-11-29-choice-of-law.md.
 */
export function choose(
  judgements: readonly Judgement[],
  noise: TableNoise,
  { isSized = false }: { readonly isSized?: boolean } = {},
): Judgement | undefined {
  const admitted = judgements.filter(({ rejection }) => rejection === undefined);
  const formOf = ({ law }: Judgement) => law!.candidate.form;
  const readings = admitted.filter(
    (one) => admitted.find((other) => formOf(other) === formOf(one)) === one,
  );
  const direct = readings.filter(({ law }) => readsOptima(law!.candidate));
  const sized = readings.filter((one) => !direct.includes(one));
  const eligible = isSized ? sized : direct.length > 0 ? direct : readings;
  const least = Math.min(...eligible.map(({ drift }) => drift));
  return eligible.find(({ drift }) => drift <= alike * least + noise.standardDeviation);
}
