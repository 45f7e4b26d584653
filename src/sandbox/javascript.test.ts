import { describe, expect, test } from "vitest";
import { type JavaScriptResult, minimumMemoryBytes, runJavaScript } from "./javascript.ts";

function run(code: string, limits: { timeoutMs?: number; memoryBytes?: number } = {}) {
  return runJavaScript({ code, timeoutMs: 2000, memoryBytes: 20 * 2 ** 20, ...limits });
}

async function value(code: string): Promise<unknown> {
  const result = await run(code);
  expect(result).toMatchObject({ ok: true, reason: "done" });
  return result.value;
}

describe("values", () => {
  test.each([
    ["1 + 2", 3],
    ["function add(a, b) { return a + b; } add(2, 40)", 42],
    ["({ a: [1, 'x', null, true], b: { c: 0.5 } })", { a: [1, "x", null, true], b: { c: 0.5 } }],
    ["'中文 🦁'", "中文 🦁"],
    ["null", null],
    ["undefined", undefined],
    ["(() => 1)", undefined],
    ["-0", 0],
  ])("%s", async (code, expected) => {
    expect(await value(code)).toEqual(expected);
  });

  test("an exception is a result with its name and message", async () => {
    expect(await run("throw new RangeError('too far')")).toEqual({
      ok: false,
      reason: "exception",
      error: "RangeError: too far",
    });
  });

  test.each([
    ["a syntax error", "function (", /^SyntaxError: /],
    ["an unknown name", "missing + 1", /^ReferenceError: .*missing/],
    ["a value without JSON", "const a = {}; a.a = a; a", /circular/],
    ["endless recursion", "function f() { return f() + 1 } f()", /stack overflow|call stack/i],
    ["an error that cannot be shown", "throw { toString() { throw 1 } }", /cannot be shown/],
  ])("%s is an exception", async (_name, code, message) => {
    const result = await run(code);
    expect(result).toMatchObject({ ok: false, reason: "exception" });
    expect(result.error).toMatch(message);
  });
});

describe("limits", () => {
  test.each([
    ["an endless loop", "while (true) {}"],
    ["an endless loop that catches", "for (;;) { try { for (;;) {} } catch {} }"],
    ["an endless loop in toJSON", "({ toJSON() { for (;;) {} } })"],
    ["an endless loop in toString", "throw { toString() { for (;;) {} } }"],
    ["a built-in that does not end", "[].indexOf.call({ length: 2 ** 53 - 1 }, 1)"],
    ["a regular expression that backtracks", "/^(a+)+$/.test('a'.repeat(40) + 'b')"],
  ])("%s ends at the time limit", async (_name, code) => {
    const start = performance.now();
    const result = await run(code, { timeoutMs: 200 });
    expect(result).toMatchObject({ ok: false, reason: "timeout", error: "ran longer than 200 ms" });
    expect(performance.now() - start).toBeLessThan(20_000);
    expect(await value("1 + 1")).toBe(2);
  });

  test.each([
    ["a growing array", "const a = []; while (true) a.push(a.length)"],
    ["a growing string", "let s = 'x'; while (true) s = (s + s).toUpperCase()"],
    ["one large allocation", "new ArrayBuffer(1e9)"],
    ["strings of strings", "const a = []; while (true) a.push(String(a.length).repeat(1000))"],
    ["many small objects", "let o = null; while (true) o = { o }"],
  ])("%s ends at the memory limit", async (_name, code) => {
    const result = await run(code, { timeoutMs: 20_000, memoryBytes: 18 * 2 ** 20 });
    expect(result).toMatchObject({ ok: false, reason: "memory" });
    expect(await value("1 + 1")).toBe(2);
  });

  test("the event loop stays free while a program runs", async () => {
    await value("0");
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await run("while (true) {}", { timeoutMs: 500 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
  });

  test("limits that cannot hold are refused", () => {
    expect(() => run("1", { timeoutMs: 0 })).toThrow("timeoutMs must be above 0, got 0");
    expect(() => run("1", { memoryBytes: 1000 })).toThrow(
      `memoryBytes must be in [${minimumMemoryBytes}, 2^31), got 1000`,
    );
  });
});

describe("isolation", () => {
  test("nothing of the host is there", async () => {
    const names = [
      ...["process", "require", "module", "fetch", "XMLHttpRequest", "WebSocket", "Worker"],
      ...["setTimeout", "setInterval", "console", "Buffer", "global", "window", "WebAssembly"],
      ...["std", "os", "print", "load", "scriptArgs", "navigator", "performance"],
    ];
    const code = `${JSON.stringify(names)}.filter((name) => typeof globalThis[name] !== "undefined")`;
    expect(await value(code)).toEqual([]);
  });

  test("the Function constructor leads to the sandbox's globals only", async () => {
    const code = `(() => {}).constructor("return typeof process + typeof require + typeof fetch")()`;
    expect(await value(code)).toBe("undefinedundefinedundefined");
    const deeper = `this.constructor.constructor("return Object.keys(globalThis)")()`;
    expect(await value(deeper)).toEqual([]);
  });

  test.each(["import('node:fs')", "import('./javascript.ts')"])(
    "%s gives no module",
    async (code) => {
      const result: JavaScriptResult = await run(
        `let got = "none"; ${code}.then((m) => { got = m }); got`,
      );
      expect(result.value).toBe("none");
    },
  );

  test("a program leaves nothing behind for the next one", async () => {
    await run("globalThis.left = 1; Object.prototype.polluted = 1; Array.prototype.map = null");
    expect(await value("[typeof left, typeof ({}).polluted, typeof [].map]")).toEqual([
      "undefined",
      "undefined",
      "function",
    ]);
  });

  test("prototype tricks do not reach the host", async () => {
    const result = await value(`JSON.parse('{"__proto__": {"polluted": true}, "a": 1}')`);
    expect(JSON.stringify(result)).toBe('{"__proto__":{"polluted":true},"a":1}');
    expect(({} as { polluted?: boolean }).polluted).toBeUndefined();
    expect(await value("Object.prototype.toJSON = () => 7; ({})")).toBe(7);
    expect(await value("JSON.stringify = () => 'nonsense {'; JSON.parse = null; [1]")).toEqual([1]);
  });
});
