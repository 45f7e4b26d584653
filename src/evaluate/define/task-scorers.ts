import { z } from "zod";
import { DataError } from "../../errors.ts";
import type { Score, ScoreKind } from "../eval-task.ts";
import {
  type CorpusResult,
  defaultScorerOptions,
  type ScoredText,
  type ScorerOptions,
} from "../scorers/scorer.ts";
import { type ScorerName, scorers } from "../scorers/scorers.ts";
import type { AskedSample, KindScorer, Scorer } from "./task-definition.ts";
import { shown } from "./task-samples.ts";

/** One of our scorers, as tasks take them. */
interface BuiltInScorer extends KindScorer {
  /** @throws {DataError} when a sample's right answers are none for it */
  check(sample: AskedSample): Promise<void>;
  /** As `Scorer.together`. */
  together(texts: readonly ScoredText[]): CorpusResult | undefined;
}

const builtIns = new WeakSet<KindScorer>();

/**
 * One of our scorers, told how to compare. Of several scores that it gives the first one counts.
 *
 * @param options - those left out are as on the command line
 */
export function scorer(name: ScorerName, options: Partial<ScorerOptions> = {}): KindScorer {
  const made = scorers[name]({ ...defaultScorerOptions, ...options });
  const read = ({ ideal, metadata }: AskedSample) =>
    made.against([ideal ?? []].flat(), metadata ?? {});
  const builtIn: BuiltInScorer = {
    kind: Object.values(made.kinds)[0]!,
    async check(sample) {
      if (!made.isSelfSufficient && !hasIdeal(sample)) {
        throw new DataError("expected ideal, the right answer, as its scorer compares with it");
      }
      await read(sample);
    },
    async score(answer, sample) {
      const scored = await read(sample);
      return Object.values(await scored(answer))[0]!;
    },
    together: (texts) => made.together?.(texts),
  };
  builtIns.add(builtIn);
  return builtIn;
}

/** The same text as a right answer, whatever its case, outer marks and script of digits. */
export const exact: KindScorer = scorer("exact");
/** A right answer stands in the text. */
export const includes: KindScorer = scorer("includes");
/** The last number of the text is a right one. */
export const numeric: KindScorer = scorer("numeric");
/** The letter of a choice. */
export const choice: KindScorer = scorer("choice");
/** A right answer is a pattern that is found in the text. */
export const regex: KindScorer = scorer("regex");
/** JSON like a right one. */
export const json: KindScorer = scorer("json");
/** F1 of the words in common with a right answer. */
export const f1: KindScorer = scorer("f1");

/** A scorer with its kind; of a function of one's own nothing is known. */
export function resolvedScorer(given: Scorer): KindScorer {
  if (typeof given === "string") return scorer(given);
  return typeof given === "function" ? { score: given, kind: "number" } : given;
}

/** Whether a scorer is one of ours, which compares with right answers. */
export function isBuiltIn(given: KindScorer): given is BuiltInScorer {
  return builtIns.has(given);
}

const scoreSchema = z.object({
  value: z.union([z.number(), z.boolean(), z.null()]),
  answer: z.string().optional(),
  explanation: z.string().optional(),
  best: z.number().optional(),
});

/**
 * What a scorer gave as a score.
 *
 * @throws {DataError} when it is none, or a value that its kind does not have
 */
export function scoreOf(given: unknown, kind: ScoreKind, where: string): Score {
  const isObject = typeof given === "object" && given !== null;
  const found = scoreSchema.safeParse(isObject ? given : { value: given });
  if (!found.success) {
    const text = typeof given === "number" ? String(given) : shown(given);
    throw new DataError(`${where}: expected a number, null or { value, answer, … }, got ${text}`);
  }
  const { value: raw, ...others } = found.data;
  const value = typeof raw === "boolean" ? Number(raw) : raw;
  const isWrong =
    value !== null &&
    ((kind === "binary" && value !== 0 && value !== 1) ||
      (kind === "share" && (value < 0 || value > 1)));
  if (isWrong) throw new DataError(`${where}: its kind is ${kind}, but it gave ${value}`);
  const said = Object.entries(others).filter(([, one]) => one !== undefined);
  return { value, ...Object.fromEntries(said) };
}

function hasIdeal({ ideal }: AskedSample): boolean {
  return [ideal ?? []].flat().length > 0;
}
