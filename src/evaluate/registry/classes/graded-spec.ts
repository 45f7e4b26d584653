import { ConfigError } from "../../../errors.ts";
import type { Message } from "../../../language-model/language-model.ts";
import { type ChoiceScores, choicesOf } from "../choice.ts";
import type { RegistryEntry } from "../registry.ts";

/** How a grader is asked, from `modelgraded/`. */
export interface GradedSpec {
  /** The grader's prompt, a template. */
  readonly prompt: string | readonly Message[];
  readonly choices: readonly string[];
  readonly scores: ChoiceScores;
  /** Which of a sample's prompts gives which completion, in the order of the calls. */
  readonly inputOutputs: readonly (readonly [input: string, output: string])[];
  /** Overrides the direction in which answers are read. */
  readonly evalType: string | undefined;
  /** Joins several completions. */
  readonly outputTemplate: string | undefined;
}

/**
 * Reads a specification.
 *
 * @param completions - of each prompt
 * @throws {ConfigError} naming the field that is missing or wrong
 */
export function gradedSpec(
  { name, group, fields }: RegistryEntry,
  completions: number | undefined,
): GradedSpec {
  const where = `modelgraded: "${name}" (${group}.yaml)`;
  const expected = (field: string, what: string) =>
    new ConfigError(`${where}: expected ${field}, ${what}, got ${JSON.stringify(fields[field])}`);
  const { prompt, choice_strings: choices, input_outputs: pairs } = fields;
  if (typeof prompt !== "string" && !Array.isArray(prompt)) {
    throw expected("prompt", "a text or messages");
  }
  if (typeof choices !== "string" && !Array.isArray(choices)) {
    throw expected("choice_strings", "a text or a list");
  }
  if (typeof pairs !== "object" || pairs === null) {
    throw expected("input_outputs", "names of prompts and completions");
  }
  const text = (field: string) =>
    typeof fields[field] === "string" ? (fields[field] as string) : undefined;
  return {
    prompt: prompt as string | readonly Message[],
    choices: choicesOf(typeof choices === "string" ? choices : choices.map(String), completions),
    scores: fields["choice_scores"] as ChoiceScores,
    inputOutputs: Object.entries(pairs as Readonly<Record<string, string>>),
    evalType: text("eval_type"),
    outputTemplate: text("output_template"),
  };
}
