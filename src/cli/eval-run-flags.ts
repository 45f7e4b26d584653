import { z } from "zod";
import { evalCostFlags } from "./eval-cost-flags.ts";
import { evalModelFlags } from "./eval-models.ts";
import { evalTaskFlags } from "./eval-task-flags.ts";
import { reducerFlag } from "./reducer-flag.ts";

/** The flags of `eval run`, which are also the fields of an evaluation of `eval watch`. */
export const evalRunFlags = z.strictObject({
  ...evalTaskFlags,
  ...evalModelFlags,
  ...evalCostFlags,
  epochs: z.int().min(1).optional().describe("how often each sample is asked; once by default"),
  reducer: reducerFlag,
  seed: z.int().min(0).default(20220722).describe("of evaluations that draw at random"),
  log: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE.jsonl" })
    .describe(
      "where it is written, and gone on with; in the workspace by default; of several evaluations each has its name in its own",
    ),
  format: z
    .enum(["foretoken", "openai-evals"])
    .default("foretoken")
    .describe("of the log; ours is written beside the other"),
  gate: z
    .array(z.string().min(1))
    .default([])
    .meta({ placeholder: "'SCORE>=NUMBER'" })
    .describe(
      "exit code 1 when the score is proven to miss it, 3 when that is open; may be repeated",
    ),
  baseline: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "LOG" })
    .describe(
      "an earlier run of the same samples: exit code 1 when this one is proven worse, 3 when that is open",
    ),
  regression: z
    .boolean()
    .default(true)
    .describe("with --baseline: refuse a loss, as --baseline does without it, too"),
  margin: z.number().min(0).default(0.01).describe("with --baseline: a loss that does not count"),
  junit: z.string().min(1).optional().meta({ placeholder: "FILE.xml" }).describe("write JUnit XML"),
  failOnErrors: z.int().min(1).optional().describe("stop after so many samples that failed"),
});

/** Headings of the help of `eval run`. */
export const evalRunGroups = {
  "What is evaluated": ["data", "registry", "param", "dataDir", "maxSamples", "epochs", "seed"],
  Models: [
    ...(["model", "modelParam", "grader", "baseUrl", "concurrency"] as const),
    ...(["requestsPerMinute", "tokensPerMinute", "timeout", "retries"] as const),
    ...(["cache", "answerTokens", "device", "threads", "dtype"] as const),
  ],
  "How questions are asked": ["system", "examples", "fewShot", "temperature", "maxTokens"],
  "A table of questions": ["input", "ideal", "separator", "choices", "by", "pmi", "scorer"],
  "Scorers of a table": [
    ...(["tolerance", "absoluteTolerance", "schema", "tokenizer", "wordOrder", "stem"] as const),
    ...(["codeTimeout", "prefix"] as const),
  ],
  "Scorers graded and pairwise": [
    ...(["rubric", "criteria", "votes", "answers", "labels"] as const),
    ...(["graderTemperature", "graderMaxTokens"] as const),
  ],
  Cost: [
    ...(["forecast", "maxCost", "prices", "inputPrice", "outputPrice"] as const),
    ...(["graderInputPrice", "graderOutputPrice"] as const),
  ],
  "What comes of it": [
    ...([
      "log",
      "format",
      "cluster",
      "reducer",
      "gate",
      "baseline",
      "regression",
      "margin",
    ] as const),
    ...(["junit", "failOnErrors"] as const),
  ],
} as const;

/** Flags of `eval run`, read. */
export type EvalRunFlags = Readonly<z.output<typeof evalRunFlags>>;
