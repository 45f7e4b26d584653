import { expect, test } from "vitest";
import { z } from "zod";
import { refuseIdleFlags, tableFlags } from "./eval-table-flags.ts";

const schema = z.strictObject(tableFlags);

function refuse(given: z.input<typeof schema>, kind: "file" | "registry" | "built-in" = "file") {
  refuseIdleFlags(schema.parse(given), kind, given);
}

test.each<[z.input<typeof schema>, string]>([
  [
    { scorer: "exact", tolerance: 0.1 },
    "--tolerance has no effect with --scorer exact, but with --scorer numeric",
  ],
  [
    { scorer: "f1", stem: true },
    "--stem has no effect with --scorer f1, but with --scorer rouge1, --scorer rouge2",
  ],
  [{ scorer: "python", separator: ";" }, "--separator has no effect with --scorer python"],
  [
    { scorer: "pairwise", votes: 3 },
    "--votes has no effect with --scorer pairwise, but with --scorer graded;",
  ],
  [
    { scorer: "exact", answers: "a" },
    "--answers has no effect with --scorer exact, but with --scorer graded, --scorer pairwise",
  ],
  [
    { scorer: "graded", answers: "a", maxTokens: 5 },
    "--max-tokens has no effect with --scorer graded --answers",
  ],
  [{ by: "letter" }, "--by has no effect with --scorer exact, but with --choices --by letter"],
  [{ choices: "c", scorer: "exact" }, "--scorer has no effect with --choices --by letter"],
  [
    { choices: "c", by: "letter-likelihood", pmi: true },
    "--pmi has no effect with --choices --by letter-likelihood",
  ],
  [
    { choices: "c", by: "likelihood", system: "s" },
    "--system has no effect with --choices --by likelihood",
  ],
  [{ fewShot: 3 }, "--few-shot has no effect without --examples"],
])("%j is refused: %s", (given, message) => {
  expect(() => refuse(given)).toThrow(message);
});

test.each<[z.input<typeof schema>]>([
  [{}],
  [{ scorer: "numeric", tolerance: 0.1, absoluteTolerance: 1, separator: ";" }],
  [{ scorer: "graded", answers: "a", labels: "l", votes: 3, rubric: "criteria", criteria: "c" }],
  [{ scorer: "pairwise", maxTokens: 5, graderMaxTokens: 9, graderTemperature: 1 }],
  [{ choices: "c", by: "likelihood", pmi: true, examples: "e.csv", fewShot: 2 }],
  [{ choices: "c", by: "letter", system: "s", temperature: 1 }],
])("%j is taken", (given) => {
  expect(() => refuse(given)).not.toThrow();
});

test("what holds of files has no effect on other evaluations", () => {
  const registry = "--scorer has no effect with --registry";
  expect(() => refuse({ scorer: "exact" }, "registry")).toThrow(registry);
  const builtIn = "--examples has no effect with built-in evaluations";
  expect(() => refuse({ examples: "e.csv" }, "built-in")).toThrow(builtIn);
  expect(() => refuse({ fewShot: 3, temperature: 1 }, "built-in")).not.toThrow();
  expect(() => refuse({}, "registry")).not.toThrow();
});
