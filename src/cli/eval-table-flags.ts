import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { rubricNames } from "../evaluate/judge/rubric.ts";
import { defaultScorerOptions as usual } from "../evaluate/scorers/scorer.ts";
import { type ScorerName, scorers } from "../evaluate/scorers/scorers.ts";
import { choiceWays } from "../evaluate/table/choice-table.ts";
import { kebabCase } from "./schema-flags.ts";

const scorerNames = Object.keys(scorers) as ScorerName[];
const column = z.string().min(1).meta({ placeholder: "COLUMN" });

/** Flags that say how the questions of a file are asked and scored. */
export const tableFlags = {
  input: column.default("input").describe("of a file: the question"),
  ideal: column.default("ideal").describe("of a file: the right answer, or a list of them"),
  separator: z
    .string()
    .min(1)
    .optional()
    .describe("of a file: between several right answers, or choices"),
  choices: column
    .optional()
    .describe("of a file: choices, of which --ideal names the right one by letter, place or text"),
  by: z
    .enum(choiceWays)
    .default("letter")
    .describe("with --choices: a letter is written, or the likeliest letter or text is the choice"),
  pmi: z
    .boolean()
    .default(false)
    .describe("with --by likelihood: also by how much the question makes a text likelier"),
  scorer: z
    .enum([...scorerNames, "graded", "pairwise"])
    .default("exact")
    .meta({ placeholder: "NAME" })
    .describe(`of a file: how answers are scored: ${scorerNames.join(", ")}, graded, pairwise`),
  tolerance: z
    .number()
    .min(0)
    .default(usual.tolerance)
    .describe("of numeric: a difference that is still right, as a share of the right number"),
  absoluteTolerance: z
    .number()
    .min(0)
    .default(usual.absoluteTolerance)
    .describe("of numeric: a difference that is still right"),
  schema: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE" })
    .describe("of json-schema: the schema of every row; its --ideal column by default"),
  tokenizer: z
    .enum(["13a", "intl", "zh", "char", "none"])
    .default(usual.tokenizer)
    .describe("of bleu: how texts are cut, zh for Chinese, char for Japanese"),
  wordOrder: z.int().min(0).max(9).default(0).describe("of chrf: 2 makes it chrF++"),
  stem: z.boolean().default(false).describe("of rouge: compare the stems of English words"),
  codeTimeout: z
    .number()
    .min(0.001)
    .max(3600)
    .default(usual.codeTimeoutMs / 1000)
    .describe("of python and javascript: of a program, in seconds"),
  prefix: column.optional().describe("of python and javascript: code before an answer's"),
  rubric: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "NAME|FILE" })
    .describe(
      `of graded: ${rubricNames.graded.join(" or ")}; of pairwise: ${rubricNames.pairwise.join(" or ")}; or a file with {input} {ideal} {criteria} and {answer}, or {first} {second}`,
    ),
  criteria: column.default("criteria").describe("of graded and pairwise: what a rubric asks for"),
  votes: z.int().min(1).default(1).describe("of graded: so many judgements, the majority holds"),
  answers: column
    .optional()
    .describe("of graded and pairwise: answers that are there; --model is the judge then"),
  labels: column
    .optional()
    .describe("of graded and pairwise: people's verdicts, with which the judge's are compared"),
  graderTemperature: z
    .number()
    .min(0)
    .optional()
    .describe("of graded and pairwise; 0 by default, 1 for several votes"),
  graderMaxTokens: z.int().min(1).default(1024).describe("of graded and pairwise: of a judgement"),
  examples: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE" })
    .describe("of a file: another one, whose first rows are shown with their answers"),
  fewShot: z
    .int()
    .min(0)
    .default(4)
    .describe("with --examples: how many rows; built-in evaluations have their own default"),
  system: z.string().optional().describe("said before each question, but for a registry's"),
  temperature: z.number().min(0).default(0).describe("of the answers, but for a registry's"),
  maxTokens: z
    .int()
    .min(1)
    .default(256)
    .describe(
      "of an answer, but for a registry's; built-in and coded evaluations have other defaults",
    ),
} as const;

/** Values of the flags. */
export type TableFlags = Readonly<z.output<z.ZodObject<typeof tableFlags>>>;

/** How answers come about and are scored: what decides which flags have an effect. */
type Mode =
  | "registry"
  | "built-in"
  | "code"
  | `choices by ${TableFlags["by"]}`
  | TableFlags["scorer"]
  | "graded --answers"
  | "pairwise --answers";

const judging: readonly Mode[] = ["graded", "pairwise", "graded --answers", "pairwise --answers"];
const choosing = choiceWays.map((by): Mode => `choices by ${by}`);
const scoring: readonly Mode[] = scorerNames;
/** Those that ask a model to write an answer. */
const writing: readonly Mode[] = [...scoring, "graded", "pairwise", "choices by letter"];
const all: readonly Mode[] = [...scoring, ...judging, ...choosing];
const asking: readonly Mode[] = [...writing, "built-in", "code"];
const running: readonly Mode[] = ["python", "javascript"];
const wholeCells: readonly Mode[] = ["json-schema", ...running];
const rouges = scoring.filter((mode) => mode.startsWith("rouge"));

/** Where each flag has an effect. */
const effects: { readonly [flag in keyof TableFlags]-?: readonly Mode[] } = {
  ...{ input: all, ideal: all, choices: all, scorer: [...scoring, ...judging] },
  separator: all.filter((mode) => !wholeCells.includes(mode)),
  ...{ by: choosing, pmi: ["choices by likelihood"] },
  ...{ tolerance: ["numeric"], absoluteTolerance: ["numeric"], schema: ["json-schema"] },
  ...{ tokenizer: ["bleu"], wordOrder: ["chrf"], stem: rouges },
  ...{ codeTimeout: running, prefix: running },
  ...{ rubric: judging, criteria: judging, labels: judging, answers: judging },
  votes: ["graded", "graded --answers"],
  ...{ graderTemperature: judging, graderMaxTokens: judging },
  ...{ examples: [...writing, ...choosing], fewShot: [...writing, ...choosing, "built-in"] },
  ...{ system: asking, temperature: asking, maxTokens: asking },
};

/**
 * Refuses flags of a file that have no effect on what is asked for.
 *
 * @param kind - of what is evaluated
 * @param given - the flags that the user gave
 * @throws {ConfigError} naming the flag and where it has one
 */
export function refuseIdleFlags(
  flags: TableFlags,
  kind: "file" | "registry" | "built-in" | "code",
  given: Readonly<Record<string, unknown>>,
): void {
  const mode = kind === "file" ? modeOf(flags) : kind;
  const names = Object.keys(effects) as (keyof TableFlags)[];
  const idle = names.find((name) => name in given && !effects[name].includes(mode));
  if (idle !== undefined) {
    throw new ConfigError(
      `eval run: --${kebabCase(idle)} has no effect with ${modeText(mode)}${listText(effects[idle])}; leave it out`,
    );
  }
  if (kind === "file" && "fewShot" in given && flags.examples === undefined) {
    throw new ConfigError("eval run: --few-shot has no effect without --examples; give both");
  }
}

function modeOf(flags: TableFlags): Mode {
  if (flags.choices !== undefined) return `choices by ${flags.by}`;
  const { scorer, answers } = flags;
  return answers !== undefined && (scorer === "graded" || scorer === "pairwise")
    ? `${scorer} --answers`
    : scorer;
}

function modeText(mode: Mode): string {
  if (mode === "registry") return "--registry";
  if (mode === "built-in") return "built-in evaluations";
  if (mode === "code") return "an evaluation in code";
  return mode.startsWith("choices") ? `--${mode.replace("by", "--by")}` : `--scorer ${mode}`;
}

function listText(modes: readonly Mode[]): string {
  if (modes.length > 9) return "";
  return `, but with ${modes
    .filter((mode) => !mode.includes("--"))
    .map(modeText)
    .join(", ")}`;
}
