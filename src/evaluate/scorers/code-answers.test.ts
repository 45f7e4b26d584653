import { describe, expect, test } from "vitest";
import { codePart } from "./code-answers.ts";
import { defaultScorerOptions, type ScorerOptions } from "./scorer.ts";
import { scorers } from "./scorers.ts";

async function judged(
  name: "python" | "javascript",
  { text, tests, row = {} }: { text: string; tests: string; row?: Record<string, unknown> },
  told: Partial<ScorerOptions> = {},
) {
  const scorer = scorers[name]({ ...defaultScorerOptions, ...told });
  return (await (await scorer.against([tests], row))(text))["accuracy"]!;
}

test.each([
  ["x = 1", "x = 1"],
  ["Here:\n```python\nx = 1\n```\nand\n```python\nx = 2\n```", "x = 1\n"],
  ["```\nplain\n```\n```python\nx = 1\n```", "x = 1\n"],
  ["```bash\npip\n```\n```\nplain\n```", "plain\n"],
  ["```py\nx = 1", "x = 1"],
  ["~~~~python\na = '```'\n~~~~", "a = '```'\n"],
])("the code of %j is %j", (text, code) => {
  expect(codePart(text, ["python", "py"])).toBe(code);
});

describe("python", () => {
  const tests = "assert add(2, 3) == 5\nassert add(-1, 1) == 0";

  test("right code passes, in a block or bare, behind a prefix too", async () => {
    const right = "def add(a, b):\n    return a + b\n";
    expect(await judged("python", { text: `So:\n\`\`\`python\n${right}\`\`\``, tests })).toEqual({
      ...{ value: 1, answer: right },
    });
    const row = { head: "def add(a, b):\n" };
    const rest = { text: "    return a + b", tests, row };
    expect(await judged("python", rest, { prefix: "head" })).toMatchObject({ value: 1 });
    await expect(judged("python", rest, { prefix: "none" })).rejects.toThrow("--prefix none");
  }, 60_000);

  test("what an answer does as a program of its own is left out, imports stay first", async () => {
    const text = `from __future__ import annotations
def add(a, b): return a + b
if __name__ == "__main__": raise SystemExit(1)`;
    expect(await judged("python", { text, tests })).toMatchObject({ value: 1 });
  }, 60_000);

  test("a list of tests is run whole", async () => {
    const scorer = scorers.python(defaultScorerOptions);
    const scored = await scorer.against(["assert f() == 1", "assert f() == 2"], {});
    expect((await scored("def f(): return 1"))["accuracy"]).toMatchObject({ value: 0 });
  }, 60_000);

  test("wrong code says why", async () => {
    const wrong = await judged("python", { text: "def add(a, b): return a - b", tests });
    expect(wrong).toMatchObject({
      value: 0,
      explanation: expect.stringContaining("AssertionError"),
    });
    const early = await judged("python", { text: "import sys; sys.exit(0)", tests });
    expect(early).toMatchObject({ value: 0, explanation: expect.stringContaining("SystemExit") });
    const endless = { text: "while True: pass", tests };
    expect(await judged("python", endless, { codeTimeoutMs: 500 })).toMatchObject({
      ...{ value: 0, explanation: expect.stringContaining("timeout") },
    });
  }, 60_000);
});

describe("javascript", () => {
  const tests = "assert(f(2) === 4); assert.equal(f(3), 6); assert.deepEqual([f(1)], [2]);";

  test("right code passes, wrong code says why", async () => {
    const right = "```js\nconst f = (x) => 2 * x;\n```";
    expect(await judged("javascript", { text: right, tests })).toMatchObject({ value: 1 });
    const habits = `const assert = null;
function f(x) { return 2 * x; }
console.log(f(1));
module.exports = { f };`;
    const plain = { text: habits, tests: "if (f(2) !== 4) throw new Error('wrong')" };
    expect(await judged("javascript", plain)).toEqual({ value: 1, answer: habits });
    const wrong = await judged("javascript", { text: "const f = (x) => x + 2;", tests });
    expect(wrong).toMatchObject({ value: 0, explanation: "AssertionError: expected 6, got 5" });
    const other = {
      text: "function f() { return { a: [1] } }",
      tests: "assert.deepEqual(f(), {a: [2]})",
    };
    expect(await judged("javascript", other)).toMatchObject({ value: 0 });
    const open = await judged("javascript", { text: "const f = `", tests });
    expect(open).toMatchObject({ value: 0, explanation: expect.stringContaining("SyntaxError") });
    const endless = await judged(
      "javascript",
      { text: "for (;;);", tests },
      { codeTimeoutMs: 200 },
    );
    expect(endless).toMatchObject({ value: 0, explanation: expect.stringContaining("timeout") });
  }, 60_000);
});
