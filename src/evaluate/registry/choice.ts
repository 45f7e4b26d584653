import { ConfigError } from "../../errors.ts";
import { removePunctuation, strip } from "../text-scores/python-text.ts";
import { formatTemplate } from "./format-template.ts";

/** The choice of an answer in which none was found. */
export const invalidChoice = "__invalid__";

/** The ways in which a line of an answer may name a choice. */
const matchers = {
  starts_or_endswith: (line: string, choice: string) =>
    line.startsWith(choice) || line.endsWith(choice),
  endswith: (line: string, choice: string) => line.endsWith(choice),
  exact: (line: string, choice: string) => line === choice,
  // the line in the choice, not the other way about
  include: (line: string, choice: string) => choice.includes(line),
} as const;

/** Name of a way in which a line may name a choice. */
export type ChoiceMatcher = keyof typeof matchers;

/** Names of the ways. */
export const choiceMatchers = Object.keys(matchers) as readonly ChoiceMatcher[];

/**
 * The choice that a grader made: the first line that names one, from the end when the reasoning
 * comes first. The choices are tried in their order.
 *
 * @param evalType - `cot_classify…` reads from the last line up
 */
export function choiceOf(
  text: string,
  choices: readonly string[],
  { evalType, matcher }: { readonly evalType: string; readonly matcher: ChoiceMatcher },
): string {
  const lines = strip(text).split("\n");
  if (evalType.startsWith("cot_classify")) lines.reverse();
  for (const whole of lines) {
    const line = removePunctuation(strip(whole));
    if (line === "") continue;
    const found = choices.find((choice) => matchers[matcher](line, choice));
    if (found !== undefined) return found;
  }
  return invalidChoice;
}

/** Scores of choices: by choice, or each choice read as a number. */
export type ChoiceScores = Readonly<Record<string, number>> | "from_strings" | undefined;

/**
 * The score of a choice; an invalid one has the least of all.
 *
 * @returns null when choices have no scores
 * @throws {ConfigError} when the scores lack the choice
 */
export function scoreOfChoice(
  choice: string,
  choices: readonly string[],
  scores: ChoiceScores,
): number | null {
  if (scores === undefined) return null;
  const table =
    scores === "from_strings"
      ? Object.fromEntries(choices.map((one) => [one, Number(one)]))
      : scores;
  if (choice === invalidChoice) return Math.min(...Object.values(table));
  const score = table[choice];
  if (score === undefined) {
    throw new ConfigError(`choice_scores: no score for the choice "${choice}"; add it`);
  }
  return score;
}

const letterCount = 26;
const letterAt = (i: number, first: string): string =>
  String.fromCharCode(first.charCodeAt(0) + (i % letterCount));

/**
 * The choices that a specification means: a list, the characters of a text, or one for each of
 * several completions.
 *
 * @param completions - how many there are
 * @throws {ConfigError} when a choice has punctuation, which answers are cleaned of
 */
export function choicesOf(
  choices: string | readonly string[],
  completions: number | undefined,
): readonly string[] {
  const numbered: Readonly<Record<string, (i: number) => string>> = {
    from_n: (i) => String(i + 1),
    from_n_abc: (i) => letterAt(i, "a"),
    from_n_ABC: (i) => letterAt(i, "A"),
  };
  const named = typeof choices === "string" ? numbered[choices] : undefined;
  const found =
    named === undefined
      ? [...choices]
      : Array.from({ length: completions ?? 0 }, (_, i) => named(i));
  const marked = found.find((choice) => removePunctuation(choice) !== choice);
  if (marked !== undefined) {
    throw new ConfigError(
      `choice_strings: "${marked}" has punctuation, which is taken out of answers; leave it out`,
    );
  }
  return found;
}

/** How graders are told to answer; part of the framework's behaviour, so in its own words. */
const instructions: Readonly<Record<string, string>> = {
  cot_classify:
    "First, write out in a step by step manner your reasoning to be sure that your conclusion is correct. Avoid simply stating the correct answer at the outset. Then print only a single choice from {choices} (without quotes or punctuation) on its own line corresponding to the correct answer. At the end, repeat just the answer by itself on a new line.\n\nReasoning:",
  classify_cot:
    "First, answer by printing a single choice from {choices} (without quotes or punctuation) corresponding to the correct answer. Then, from the next line, explain your reasonings step by step.",
  classify:
    "Answer the question by printing only a single choice from {choices} (without quotes or punctuation) corresponding to the correct answer with no other text.",
  cot_classify_jp:
    "まず、一歩一歩あなたの推論を書き出してください。単に正しい答えを最初に述べることを避けてください。次に、{choices}（引用符や句読点なし）から正しい答えに対応する1つの選択肢を単独の行に書きだしてください。最後に、答えだけを新しい行に繰り返してください。\n\n推論：",
};

/**
 * What is added to a grader's prompt so that it answers with a choice.
 *
 * @throws {ConfigError} for an unknown type
 */
export function answerInstruction(evalType: string, choices: readonly string[]): string {
  const template = instructions[evalType];
  if (template === undefined) {
    const known = Object.keys(instructions).join(", ");
    throw new ConfigError(`eval_type: expected one of ${known}, got "${evalType}"`);
  }
  return formatTemplate(template, { choices: choices.map((one) => `"${one}"`).join(" or ") });
}

/** Several completions as one text, each through the template, white space at the ends off. */
export function joinedCompletions(completions: readonly string[], template: string): string {
  const parts = completions.map((output, i) =>
    formatTemplate(template, {
      ...{ i: i + 1, i_abc: letterAt(i, "a"), i_ABC: letterAt(i, "A") },
      ...{ output, n: completions.length },
    }),
  );
  return strip(parts.join(""));
}
