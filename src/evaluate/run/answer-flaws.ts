import type { CallRecord } from "../log/sample-record.ts";

/** What is wrong with an answer whatever it says: a score of it tells little about the model. */
export type AnswerFlaw = "empty" | "cut off" | "withheld";

/** Limits below this are meant to hold: a letter, a word. */
const shortAnswerTokens = 16;

/** What is wrong with the answers of calls; likelihoods of given texts are none. */
export function answerFlaws(calls: readonly CallRecord[]): readonly AnswerFlaw[] {
  const found = calls.flatMap((call): readonly AnswerFlaw[] => {
    const { texts, likelihoods, finishReasons = [] } = call;
    if (likelihoods !== undefined) return [];
    if (finishReasons.includes("content_filter")) return ["withheld"];
    if (finishReasons.includes("length")) return isMeantShort(call) ? [] : ["cut off"];
    const hasText = texts.some((text) => text.trim() !== "");
    return hasText || finishReasons.includes("tool_calls") ? [] : ["empty"];
  });
  return [...new Set(found)];
}

function isMeantShort({ arguments: { max_tokens: limit } }: CallRecord): boolean {
  return typeof limit === "number" && limit < shortAnswerTokens;
}

/** Samples by what is wrong with their answers. */
export function countFlaws(
  records: readonly { readonly flaws?: readonly AnswerFlaw[] }[],
): Readonly<Partial<Record<AnswerFlaw, number>>> {
  const counts: Partial<Record<AnswerFlaw, number>> = {};
  for (const flaw of records.flatMap(({ flaws = [] }) => flaws)) {
    counts[flaw] = (counts[flaw] ?? 0) + 1;
  }
  return counts;
}
