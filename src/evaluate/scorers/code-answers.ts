import { DataError } from "../../errors.ts";
import { runJavaScript } from "../../sandbox/javascript.ts";
import { runPython } from "../../sandbox/python.ts";
import { fencedBlocks } from "./fenced-blocks.ts";
import { accuracy, isRightOrWrong, type Scorer, type ScorerOptions } from "./scorer.ts";

/** How a program ended. */
interface ProgramEnd {
  readonly ok: boolean;
  readonly reason: string;
  readonly error?: string;
}

const memoryBytes = 256 * 2 ** 20;

/**
 * The row's tests pass in Python behind the answer's code. `__name__` is not `__main__`, so that
 * what an answer does when it is a program of its own is left out.
 */
export function python({ codeTimeoutMs, prefix }: ScorerOptions): Scorer {
  return programScorer(["python", "py", "python3"], prefix, (code) =>
    runPython({ code: underOtherName(code), timeoutMs: codeTimeoutMs, memoryBytes }),
  );
}

/** The row's tests pass in JavaScript behind the answer's code. */
export function javascript({ codeTimeoutMs, prefix }: ScorerOptions): Scorer {
  return programScorer(["javascript", "js", "ecmascript"], prefix, (code) =>
    runJavaScript({ code: `${assertions}\n${code}`, timeoutMs: codeTimeoutMs, memoryBytes }),
  );
}

function programScorer(
  languages: readonly string[],
  prefix: string | undefined,
  run: (code: string) => Promise<ProgramEnd>,
): Scorer {
  return {
    isWhole: true,
    kinds: isRightOrWrong,
    against(tests, row) {
      const before = prefix === undefined ? "" : cellText(row, prefix);
      return async (text) => {
        const code = before + codePart(text, languages);
        const { ok, reason, error } = await run(`${code}\n${tests.join("\n")}\n`);
        return ok
          ? accuracy(true, code)
          : accuracy(false, code, reason === "exception" ? error : `${reason}: ${error}`);
      };
    },
  };
}

function cellText(row: Readonly<Record<string, unknown>>, column: string): string {
  const cell = row[column];
  if (typeof cell === "string") return cell;
  throw new DataError(`--prefix ${column}: expected a text in each row, got ${typeof cell}`);
}

/**
 * The code of an answer: the first fenced block of the language, else the first block that names
 * none, else the first one; all of the text where there is no block.
 */
export function codePart(text: string, languages: readonly string[]): string {
  const blocks = fencedBlocks(text);
  const found =
    blocks.find(({ language }) => languages.includes(language)) ??
    blocks.find(({ language }) => language === "") ??
    blocks[0];
  return found?.code ?? text;
}

/** Imports from the future must stay first. */
function underOtherName(code: string): string {
  const last = [...code.matchAll(/^from __future__ import .*$/gm)].at(-1);
  const at = last === undefined ? 0 : last.index + last[0].length + 1;
  return `${code.slice(0, at)}__name__ = "answer"\n${code.slice(at)}`;
}

/**
 * What JavaScript's tests are written with, `assert`, `assert.equal` and `assert.deepEqual`, and what
 * answers refer to from habit: a silent console, and a module. Answers may declare the names anew.
 */
const assertions = `globalThis.console = { log() {}, info() {}, warn() {}, error() {}, debug() {} };
globalThis.exports = {};
globalThis.module = { exports };
globalThis.assert = (() => {
  const shown = (value) => JSON.stringify(value) ?? String(value);
  const fail = (message) => { const error = new Error(message); error.name = "AssertionError"; throw error; };
  const alike = (a, b) => {
    if (Object.is(a, b)) return true;
    if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
    if (Array.isArray(a) !== Array.isArray(b)) return false;
    const keys = Object.keys(a);
    return keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && alike(a[key], b[key]));
  };
  const judge = (isRight, got, wanted, message) => {
    if (!isRight) fail(message ?? "expected " + shown(wanted) + ", got " + shown(got));
  };
  const assert = (value, message) => { if (!value) fail(message ?? "assertion failed"); };
  assert.equal = assert.strictEqual = (got, wanted, message) => judge(Object.is(got, wanted), got, wanted, message);
  assert.deepEqual = assert.deepStrictEqual = (got, wanted, message) => judge(alike(got, wanted), got, wanted, message);
  return Object.freeze(assert);
})();`;
