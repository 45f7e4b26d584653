import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import {
  type HumanEvalProblem,
  loadHumanEval,
  scoreHumanEval,
} from "../src/evaluate/code/human-eval.ts";
import { sharedPath, withoutSharedData } from "../src/statistics/shared-data.fixture.ts";

const path = sharedPath("benchmarks/humaneval/HumanEval.jsonl.gz");

/** Programs are short but many, and each costs a process: half a second of a free core. */
const allTimeoutMs = 20 * 60_000;

/** Far above the protocol's limit: what is tested are the verdicts, on machines however busy. */
const programTimeoutMs = 60_000;

const twice: HumanEvalProblem = {
  task_id: "Test/0",
  prompt: 'def twice(n):\n    """Twice the number."""\n',
  entry_point: "twice",
  canonical_solution: "    return 2 * n\n",
  test: "def check(candidate):\n    assert candidate(2) == 4\n    assert candidate(-1) == -2\n",
};

describe("the 164 problems", () => {
  test("every canonical solution passes", { timeout: allTimeoutMs }, async (context) => {
    context.skip(path === undefined, withoutSharedData);
    const problems = loadHumanEval(path!);
    expect(problems).toHaveLength(164);
    const verdicts = await Promise.all(
      problems.map((one) => scoreHumanEval(one, one.canonical_solution, programTimeoutMs)),
    );
    expect(verdicts.filter(({ passed }) => !passed)).toEqual([]);
    expect(verdicts.map(({ taskId }) => taskId)).toEqual(problems.map((one) => one.task_id));
  });

  test("every solution that returns nothing fails", { timeout: allTimeoutMs }, async (context) => {
    context.skip(path === undefined, withoutSharedData);
    const problems = loadHumanEval(path!);
    const verdicts = await Promise.all(
      problems.map((one) =>
        scoreHumanEval(one, `    return None\n${one.canonical_solution}`, programTimeoutMs),
      ),
    );
    expect(verdicts).toHaveLength(164);
    expect(verdicts.filter(({ reason }) => reason !== "exception")).toEqual([]);
    expect(verdicts.filter(({ error }) => !/^(AssertionError|TypeError)/.test(error!))).toEqual([]);
  });
});

describe("a completion", () => {
  test.each([
    ["    return n + n\n", undefined],
    ["    return n * n\n", /^AssertionError$/],
    ["  return\n", /^IndentationError/],
    ["    import sys; sys.exit(0)\n", /^SystemExit: 0$/],
    ["    return 2 * n\nimport os; os._exit(0)\n", /exit\(0\)/],
    ["    return 2 * n\ndef check(f): pass\n1 / 0\n", /^ZeroDivisionError/],
    ["    return 2 * n\ninput()\n", /^(OSError|EOFError)/],
    ["    return 2 * n\nif __name__ == '__main__':\n    1 / 0\n", undefined],
    ["    return 2 * n\n\ndef twice(n):\n    return None\n", /^AssertionError$/],
  ])("%j", async (completion, error) => {
    const verdict = await scoreHumanEval(twice, completion, programTimeoutMs);
    const passed = error === undefined;
    expect(verdict).toMatchObject({
      ...{ taskId: "Test/0", passed, reason: passed ? "done" : "exception" },
      ...(passed ? {} : { error: expect.stringMatching(error) }),
    });
  });

  test("that does not end is stopped in time", async () => {
    expect(await scoreHumanEval(twice, "    while True: pass\n", 500)).toEqual({
      ...{ taskId: "Test/0", passed: false, reason: "timeout", error: "ran longer than 500 ms" },
    });
  });
});

test("a file with a line that is no problem is refused with its place", () => {
  const folder = mkdtempSync(join(tmpdir(), "foretoken-human-eval-"));
  const file = join(folder, "problems.jsonl");
  writeFileSync(file, `${JSON.stringify(twice)}\n\n{"task_id": 1}\n`);
  expect(() => loadHumanEval(file)).toThrow(/problems\.jsonl, line 2: expected a problem of Human/);
  writeFileSync(file, `${JSON.stringify(twice)}\nnonsense\n`);
  expect(() => loadHumanEval(file)).toThrow("line 2");
  writeFileSync(file, `${JSON.stringify(twice)}\n`);
  expect(loadHumanEval(file)).toEqual([twice]);
  expect(() => loadHumanEval(folder)).toThrow(/expected HumanEval.jsonl.gz, .* cannot be read/);
  rmSync(folder, { recursive: true });
});
