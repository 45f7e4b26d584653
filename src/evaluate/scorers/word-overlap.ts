import type { Score } from "../eval-task.ts";
import { anls as anlsOf } from "../text-scores/anls.ts";
import { dropScore } from "../text-scores/drop.ts";
import { type RougeType, rougeOfBest } from "../text-scores/rouge.ts";
import { squadScore } from "../text-scores/squad.ts";
import type { Scorer, ScorerOptions } from "./scorer.ts";

const overlapKinds = { f1: "share", exact_match: "binary" } as const;

/** F1 of the words in common with a right answer, and exact match, as SQuAD 1.1 has them. */
export const f1: Scorer = {
  kinds: overlapKinds,
  against: (ideals) => (text) => {
    const score = squadScore(text, ideals, 1);
    return { f1: { value: score.f1, answer: text }, exact_match: { value: score.exactMatch } };
  },
};

/** F1 and exact match of spans, one a line, as DROP has them. */
export const drop: Scorer = {
  kinds: overlapKinds,
  against(ideals) {
    const wanted = ideals.map(spansOf);
    return (text) => {
      const spans = spansOf(text);
      const score = dropScore(spans, wanted);
      return {
        f1: { value: score.f1, answer: spans.join(" | ") },
        exact_match: { value: score.exactMatch },
      };
    };
  },
};

function spansOf(text: string): string[] {
  const spans = text.split("\n").map((line) => line.trim());
  const said = spans.filter((line) => line !== "");
  return said.length === 0 ? [""] : said;
}

/** Average normalized Levenshtein similarity. */
export const anls: Scorer = {
  kinds: { anls: "share" },
  against: (ideals) => (text) => ({ anls: { value: anlsOf(text, ideals), answer: text } }),
};

/** ROUGE's F1, then its precision and recall; unscored where no right answer has a word of it. */
export function rouge(type: RougeType): (options: ScorerOptions) => Scorer {
  return ({ stem }) => ({
    kinds: { [type]: "share", [`${type}_precision`]: "share", [`${type}_recall`]: "share" },
    against: (ideals) => (text) => {
      if (!ideals.some((ideal) => /[a-z0-9]/i.test(ideal))) {
        const explanation = "ROUGE reads a to z and 0 to 9 only; take --scorer chrf";
        return scoresOf(type, { f1: null, precision: null, recall: null }, { explanation });
      }
      const score = rougeOfBest(text, ideals, { types: [type], stem })[type];
      return scoresOf(type, score, { answer: text });
    },
  });
}

function scoresOf(
  type: RougeType,
  values: Readonly<Record<"f1" | "precision" | "recall", number | null>>,
  said: Partial<Score>,
): Readonly<Record<string, Score>> {
  return {
    [type]: { value: values.f1, ...said },
    [`${type}_precision`]: { value: values.precision },
    [`${type}_recall`]: { value: values.recall },
  };
}
