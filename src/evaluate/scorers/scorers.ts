import { javascript, python } from "./code-answers.ts";
import { json, jsonSchema } from "./json-answers.ts";
import type { Scorer, ScorerOptions } from "./scorer.ts";
import { choice, exact, includes, numeric, regex } from "./text-matches.ts";
import { bleu, chrf, ter } from "./translations.ts";
import { anls, drop, f1, rouge } from "./word-overlap.ts";

const always = (scorer: Scorer) => () => scorer;

/** The scorers of answers, by name, each made with what it is told. */
export const scorers = {
  exact: always(exact),
  includes: always(includes),
  numeric,
  choice: always(choice),
  regex: always(regex),
  json: always(json),
  "json-schema": jsonSchema,
  f1: always(f1),
  drop: always(drop),
  anls: always(anls),
  rouge1: rouge("rouge1"),
  rouge2: rouge("rouge2"),
  rougeL: rouge("rougeL"),
  rougeLsum: rouge("rougeLsum"),
  bleu,
  chrf,
  ter: always(ter),
  python,
  javascript,
} as const satisfies Readonly<Record<string, (options: ScorerOptions) => Scorer>>;

/** Name of a scorer. */
export type ScorerName = keyof typeof scorers;
