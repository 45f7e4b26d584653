import { existsSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { minimumPythonMemoryBytes, type PythonResult, runPython } from "./python.ts";

interface Limits {
  timeoutMs?: number;
  memoryBytes?: number;
  stdoutBytes?: number;
}

function run(code: string, limits: Limits = {}): Promise<PythonResult> {
  return runPython({ code, timeoutMs: 20_000, memoryBytes: 128 * 2 ** 20, ...limits });
}

async function output(code: string): Promise<string> {
  const result = await run(code);
  expect(result).toMatchObject({ ok: true, reason: "done" });
  return result.stdout.trimEnd();
}

/** What a program gets for each of its attempts: a value or the name of an exception. */
async function attempts(lines: readonly string[], before = ""): Promise<string[]> {
  const functions = lines.map((line, index) => `def attempt_${index}():\n    ${line}`);
  const calls = lines.map((_, index) => `tell(attempt_${index})`);
  const tell = [
    "def tell(attempt):",
    "    try: print(repr(attempt()))",
    "    except BaseException as error: print(type(error).__name__)",
  ];
  return (await output([before, ...tell, ...functions, ...calls].join("\n"))).split("\n");
}

async function expectNextIsRight(): Promise<void> {
  expect(await output("print(sum(range(10)), sorted('bca'))")).toBe("45 ['a', 'b', 'c']");
}

describe.concurrent("programs", () => {
  test.each([
    ["print(1 + 2)", "3"],
    ["import math, re; print(math.comb(10, 3), re.sub('a+', 'b', 'caat'))", "120 cbt"],
    ["print('中文 🦁 é', end='')", "中文 🦁 é"],
    ["print(__name__, __name__ == '__main__')", "__main__ True"],
    ["import hashlib; print(hashlib.md5(b'a').hexdigest()[:8])", "0cc175b9"],
    ["import sys; print(sys.version_info[:2]); print('seen?', file=sys.stderr)", "(3, 14)"],
    ["# -*- coding: latin-1 -*-\nprint('é')", "é"],
    ["import sys; sys.stdout.buffer.write(b'\\xff\\xe4\\xb8'); print('é')", "\ufffd\ufffd\ufffdé"],
    ["open('note.txt', 'w').write('kept'); print(open('note.txt').read())", "kept"],
  ])("%s", async (code, expected) => {
    expect(await output(code)).toBe(expected);
  });

  test.each([
    ["raise ValueError('too far')", "ValueError: too far"],
    ["assert 1 == 2", "AssertionError"],
    ["missing + 1", "NameError: name 'missing' is not defined"],
    ["def f(:", /^SyntaxError: /],
    ["print('a')\n\0print('b')", "SyntaxError: source code string cannot contain null bytes"],
    ["input()", /^(EOFError|OSError)/],
    ["import sys; sys.exit(0)", "SystemExit: 0"],
    ["import os; os._exit(0)", /ended.*exit\(0\)/],
    ["import os; os.abort()", /ended/],
    ["import os; os.kill(os.getpid(), 9)", /ended.*exit\(137\)/],
    ["raise KeyboardInterrupt", "KeyboardInterrupt"],
    ["class E(Exception):\n  def __str__(self): return 1\nraise E()", /cannot be shown/],
    ["raise ValueError('x' * 10**6)", /^ValueError: x{1000}/],
  ])("%s is an exception", async (code, error) => {
    const result = await run(code);
    expect(result).toMatchObject({ ok: false, reason: "exception" });
    expect(result.error).toMatch(error);
    expect(result.error!.length).toBeLessThan(2300);
  });

  test("what was written before an exception is kept", async () => {
    expect((await run("print('before')\n1 / 0")).stdout).toBe("before\n");
  });

  test("random numbers and the order of sets are the same in every run", async () => {
    const code = "import random; print(random.random(), list({'a', 'b', 'c', 'd'}), hash('x'))";
    expect(await output(code)).toBe(await output(code));
  });

  test("programs given at once all run, and their answers do not mix", async () => {
    const results = await Promise.all([1, 2, 3, 4, 5].map((n) => output(`print(${n} * 11)`)));
    expect(results).toEqual(["11", "22", "33", "44", "55"]);
  });

  test("limits that cannot hold are refused", async () => {
    await expect(run("1", { timeoutMs: 0 })).rejects.toThrow("timeoutMs must be in [1, ");
    await expect(run("1", { memoryBytes: 1000 })).rejects.toThrow(
      `memoryBytes must be in [${minimumPythonMemoryBytes}, 2147483648), got 1000`,
    );
    await expect(run("1", { stdoutBytes: -1 })).rejects.toThrow("stdoutBytes must be in [0, ");
  });
});

describe.concurrent("limits", () => {
  test.each([
    ["an endless loop", "while True: pass"],
    ["one that catches everything", "while True:\n  try:\n    while True: pass\n  except: pass"],
    ["one inside a built-in", "sum(iter(int, 1))"],
    ["a power without end", "10 ** 10 ** 8"],
    ["an expression that backtracks", "import re; re.match('(a+)+$', 'a' * 60 + 'b')"],
    ["sleep", "import time; time.sleep(3600)"],
    ["a loop in a destructor", "class A:\n  def __del__(self):\n    while True: pass\nA()"],
    [
      "a loop in the exception's text",
      "class E(Exception):\n  def __str__(s):\n    while 1: pass\nraise E",
    ],
    ["signals", "import signal\nsignal.signal(2, lambda *_: 0)\nwhile True: pass"],
  ])("%s ends at the time limit", async (_name, code) => {
    const result = await run(code, { timeoutMs: 500 });
    expect(result).toEqual({
      ok: false,
      reason: "timeout",
      error: "ran longer than 500 ms",
      stdout: "",
    });
  });

  test.each([
    ["a growing list", "a = [0]\nwhile True: a += a"],
    ["a growing string", "a = 'x'\nwhile True: a += a"],
    ["one large allocation", "bytearray(10 ** 9)"],
    ["many small objects", "a = []\nwhile True: a.append([])"],
    ["a large range as a list", "list(range(10 ** 9))"],
  ])("%s ends at the memory limit", async (_name, code) => {
    expect(await run(code)).toMatchObject({ ok: false, reason: "memory" });
  });

  test("memory that is caught and used again is still limited", async () => {
    const code =
      "a = []\nwhile True:\n  try: a.append(bytearray(10 ** 6))\n  except MemoryError: pass";
    expect(await run(code, { timeoutMs: 2000 })).toMatchObject({ ok: false });
  });

  test.each([
    ["a large file", "f = open('f', 'wb')\nwhile True: f.write(bytes(10 ** 6))"],
    [
      "a sparse file",
      "import os; f = open('f', 'wb'); os.ftruncate(f.fileno(), 10 ** 9); f.write(b'1')",
    ],
    ["many files", "for i in range(10 ** 9): open(str(i), 'wb').write(bytes(10 ** 6))"],
  ])("%s in the file system of memory is limited", async (_name, code) => {
    const result = await run(code);
    expect(result.error).toMatch(/^OSError: .*space|^took more than/);
    expect(result.ok).toBe(false);
  });

  test("what grows outside the interpreter's memory is stopped, where the system tells sizes", async (context) => {
    context.skip(process.platform !== "linux", "needs Linux");
    const code =
      "import os\nends = []\nwhile True:\n  r, w = os.pipe()\n  ends += [r, w]\n  os.write(w, bytes(10 ** 6))";
    expect(await run(code, { timeoutMs: 60_000 })).toMatchObject({ ok: false, reason: "memory" });
  });

  test.each([
    ["a line after the other", "while True: print('x' * 1000)"],
    ["one large text", "print('x' * 10 ** 7)"],
    ["past the library", "import os\nwhile True: os.write(1, b'x' * 1000)"],
    [
      "with every error caught",
      "for _ in range(1000):\n  try: print('x' * 1000, flush=True)\n  except: pass",
    ],
  ])("output of %s ends at its limit", async (_name, code) => {
    const result = await run(code, { stdoutBytes: 10_000 });
    expect(result).toMatchObject({
      ok: false,
      reason: "output",
      error: "wrote more than 10000 bytes",
    });
    expect(result.stdout.length).toBeLessThanOrEqual(10_000);
  });

  test.each([
    "def f(): return f()\nf()",
    "class A:\n  def __repr__(self): return repr(self)\nrepr(A())",
    "import sys\nsys.setrecursionlimit(10 ** 9)\ndef f(): return f()\nf()",
    "a = []\nfor _ in range(10 ** 6): a = [a]\nrepr(a)",
    "exec('(' * 10 ** 5)",
  ])("recursion without end is an exception: %s", async (code) => {
    expect(await run(code)).toMatchObject({
      ok: false,
      reason: expect.stringMatching(/exception|memory/),
    });
  });

  test("recursion of ordinary depth works", async () => {
    expect(await output("def f(n): return n and 1 + f(n - 1)\nprint(f(900))")).toBe("900");
  });

  test("the event loop stays free while a program runs, and the next program is right", async () => {
    let ticks = 0;
    const timer = setInterval(() => ticks++, 10);
    await run("while True: pass", { timeoutMs: 500 });
    clearInterval(timer);
    expect(ticks).toBeGreaterThan(5);
    await expectNextIsRight();
  });
});

describe.concurrent("isolation", () => {
  /** Undoes what takes the bridge to JavaScript away, as far as Python can. */
  const undo =
    "import sys\nfor name in [n for n in sys.modules if sys.modules[n] is None]: del sys.modules[name]";

  test("the bridge to JavaScript cannot be imported", async () => {
    const names = [
      "js",
      "pyodide_js",
      "pyodide",
      "_pyodide",
      "_pyodide_core",
      "pyodide.http",
      "pyodide.code",
    ];
    const got = await attempts(names.map((name) => `import ${name}; return ${name}`));
    expect(new Set(got)).toEqual(new Set(["ModuleNotFoundError"]));
    const imported = await attempts(
      ["return __import__('js')", "return __import__('importlib').import_module('pyodide_js')"],
      undo,
    );
    expect(new Set(imported)).toEqual(new Set(["ModuleNotFoundError"]));
  });

  test("a bridge that is built again leads to the language, not to Node and not to code from strings", async () => {
    const before = `${undo}\nimport _pyodide_core\narray = _pyodide_core.to_js([1])\nmake = array.constructor.constructor`;
    const got = await attempts(
      [
        "return make('return process')()",
        "return make('return globalThis')()",
        "return array.map.constructor('return this')()",
        "return array.constructor.constructor.constructor('return fetch')()",
        "return make.caller",
        "return make.prototype.arguments",
        "from pyodide.code import run_js; return run_js('process')",
        "from pyodide.http import pyfetch; return pyfetch('http://127.0.0.1')",
      ],
      before,
    );
    expect(
      got.filter((line) => !/^(JsException|ModuleNotFoundError|ImportError)$/.test(line)),
    ).toEqual([]);
  });

  test("Pyodide's own objects, found by a walk over all there are, hold nothing of Node", async () => {
    const walk = `${undo}
import gc, _pyodide_core
import _pyodide._base
seen, queue, reached = set(), [*gc.get_objects(), vars(_pyodide_core)], []
for one in queue:
    if id(one) in seen: continue
    seen.add(id(one))
    if type(one).__name__.startswith("JsProxy"): reached.append(one)
    if len(queue) < 10 ** 6: queue.extend(gc.get_referents(one))
known = {one.js_id for one in reached}
for one in reached:
    for name in dir(one):
        if name.startswith("__") or len(reached) > 400: break
        try: child = getattr(one, name)
        except BaseException: continue
        if "JsProxy" in type(child).__name__ and child.js_id not in known:
            known.add(child.js_id)
            reached.append(child)
wanted = ("process", "require", "fetch", "mainModule", "binding", "dlopen", "WebSocket", "XMLHttpRequest", "Deno")
found = set()
for one in reached:
    for name in wanted:
        try: value = getattr(one, name, None)
        except BaseException: continue
        if "JsProxy" in type(value).__name__: found.add(name)
print("reached" if len(reached) > 5 else len(reached), sorted(found))`;
    const result = await run(walk, { memoryBytes: 2 ** 30, timeoutMs: 100_000 });
    expect(result).toEqual({ ok: true, reason: "done", stdout: "reached []\n" });
  });

  test("a stack shows no frame to code of the program", async () => {
    const before = `${undo}\nimport _pyodide_core
make = _pyodide_core.to_js([1]).constructor.constructor
try: make("1")()
except BaseException as error: base = error.__lookupGetter__("__proto__").call(error.constructor)
def called(*frames): print("called", frames)`;
    const got = await attempts(
      [
        "base.prepareStackTrace = _pyodide_core.create_proxy(called); return 1",
        "base.stackTraceLimit = 50; return base.stackTraceLimit",
        "return base.new('shown').stack",
      ],
      before,
    );
    expect(got).toEqual(["1", "0", "'Error: shown'"]);
  });

  test("C functions that run JavaScript or a shell do nothing", async () => {
    for (const call of [
      "emscripten_run_script(b'1')",
      "emscripten_run_script_string(b'process')",
    ]) {
      const result = await run(`import ctypes; ctypes.CDLL(None).${call}`);
      expect(result).toMatchObject({ ok: false, reason: "exception" });
      expect(result.error).toMatch(/EvalError|AttributeError/);
    }
    const path = join(tmpdir(), `foretoken-escape-${process.pid}`);
    const shell = await run(`import ctypes; print(ctypes.CDLL(None).system(b"touch ${path}"))`);
    expect(shell.stdout).not.toBe("0\n");
    expect(existsSync(path)).toBe(false);
    await expectNextIsRight();
  });

  test("no process, thread or signal", async () => {
    const got = await attempts([
      "import os; return os.fork()",
      "import os; return os.execv('/bin/sh', ['sh'])",
      "import os; return os.posix_spawn('/bin/sh', ['sh'], {})",
      "import subprocess; return subprocess.run(['ls'])",
      "import subprocess; return subprocess.check_output('ls', shell=True)",
      "import os; return os.popen('ls').read()",
      "import pty; return pty.spawn('sh')",
      "import threading; return threading.Thread(target=print).start()",
      "import multiprocessing; return multiprocessing.Process(target=print).start()",
      "import concurrent.futures as f; return f.ThreadPoolExecutor().submit(print).result()",
      "import signal; return signal.alarm(1)",
      "import os; return os.system('ls /') == 0",
    ]);
    expect(got.filter((line) => !/(Error|False|Exception)$/.test(line))).toEqual([]);
  });

  test("no network", async () => {
    let requests = 0;
    const server = createServer((_request, response) => {
      requests++;
      response.end("reached");
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as AddressInfo;
    const got = await attempts([
      `import urllib.request; return urllib.request.urlopen("http://127.0.0.1:${port}", timeout=2).read()`,
      `import socket; return socket.create_connection(("127.0.0.1", ${port}), 2)`,
      `import socket; s = socket.socket(); s.connect(("127.0.0.1", ${port})); s.send(b"GET / HTTP/1.0\\r\\n\\r\\n"); return s.recv(10)`,
      "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen(); return 1",
      "import socket; return socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b'x', ('127.0.0.1', 53))",
      `import http.client; c = http.client.HTTPConnection("127.0.0.1", ${port}); c.request("GET", "/"); return c.getresponse()`,
      `from js import fetch; return fetch("http://127.0.0.1:${port}")`,
    ]);
    server.close();
    expect(got.filter((line) => !/(Error|Exception|gaierror)$/.test(line))).toEqual([]);
    expect(requests).toBe(0);
  });

  test("no file of the host, to read or to write", async () => {
    const path = join(tmpdir(), `foretoken-python-test-${process.pid}`);
    writeFileSync(path, "secret");
    const name = JSON.stringify(path);
    const got = await attempts([
      "return open('/etc/passwd').read()",
      "return open('/proc/self/environ').read()",
      `return open(${name}).read()`,
      `return open(${JSON.stringify(process.cwd())} + '/package.json').read()`,
      "import os; return sorted(os.listdir('/'))",
      `import os; return open(${JSON.stringify(`${path}-written`)}, 'w').write('1')`,
      "import os; return 'node_modules' in os.listdir('.')",
      "return open(3, 'rb', closefd=False).read(10)",
    ]);
    rmSync(path);
    const missing = "FileNotFoundError";
    expect(got.slice(0, 4)).toEqual([missing, missing, missing, missing]);
    expect(got[4]).toBe("['dev', 'home', 'lib', 'proc', 'tmp']");
    expect(got[5]).toBe("1"); // into the file system of its memory
    expect(existsSync(`${path}-written`)).toBe(false);
    expect(got.slice(6)).toEqual(["False", "OSError"]);
  });

  test("no environment variable of the host", async () => {
    const text = await output("import os; print(dict(os.environ))");
    expect(text).toContain("web_user");
    const values = Object.entries(process.env).filter(([name]) =>
      /^(PATH|HOME|USER|VITEST)/.test(name),
    );
    expect(values.length).toBeGreaterThan(0);
    for (const [, value] of values) if ((value?.length ?? 0) > 4) expect(text).not.toContain(value);
  });
});

describe.concurrent("what a program leaves", () => {
  test.each([
    "import builtins; builtins.sum = builtins.sorted = lambda *_: 0; builtins.print = None",
    "import builtins; builtins.__import__ = lambda *_, **__: 1 / 0",
    "import sys; sys.modules['math'] = None; sys.meta_path.clear(); sys.path.clear()",
    "import sys; sys.stdout = None; sys.settrace(lambda *_: 1 / 0)",
    "import unittest, math; unittest.TestCase.assertEqual = print; math.floor = None",
    "import gc; gc.disable(); gc.set_threshold(1); gc.callbacks.append(print)",
    "import sys; sys.setrecursionlimit(60); sys.set_int_max_str_digits(700)",
    "open('/tmp/left', 'w').write('1'); open('/lib/python314.zip', 'w').write('broken')",
    "import atexit; atexit.register(lambda: print('late'))",
    "import ctypes; ctypes.memset(1024, 0, 1000000)",
    "import random; random.seed(7); import decimal; decimal.getcontext().prec = 2",
  ])("%s changes nothing for the next one", async (code) => {
    await run(code);
    const check = [
      "import math, os, random, decimal, unittest, sys, gc",
      "print(sum([1, 2]), sorted([2, 1]), math.floor(2.5), os.path.exists('/tmp/left'))",
      "print(decimal.Decimal(1) / 3, gc.isenabled(), sys.gettrace(), sys.getrecursionlimit() > 900)",
      "unittest.TestCase().assertEqual(1, 1)",
    ];
    expect(await output(check.join("\n"))).toBe(
      "3 [1, 2] 2 False\n0.3333333333333333333333333333 True None True",
    );
  });
});

describe.concurrent("forged results", () => {
  test("printing what the process would send changes nothing", async () => {
    const lines = [
      '{"reason":"done","stdout":""}',
      "ready",
      `${"0".repeat(32)} {"reason":"done","stdout":""}`,
    ];
    const code = `import os\nfor line in ${JSON.stringify(lines)}:\n  for end in (1, 2): os.write(end, (line + "\\n").encode())\n1 / 0`;
    const result = await run(code);
    expect(result).toMatchObject({ ok: false, error: "ZeroDivisionError: division by zero" });
    expect(result.stdout).toBe(`${lines.join("\n")}\n`);
  });

  test("other descriptors are not there", async () => {
    const code = "import os\nfor end in range(3, 50): os.write(end, b'{}')";
    expect((await run(code)).error).toMatch(/^OSError/);
  });

  test("no frame of a harness is above the program", async () => {
    const code =
      "import sys, gc\nprint(sys._getframe().f_back, [o for o in gc.get_objects() if type(o).__name__ == 'frame'])";
    expect(await output(code)).toBe("None []");
  });

  test.each([
    ["hooks", "import sys\nsys.excepthook = lambda *_: print('fine')\n1 / 0"],
    ["a replaced exception", "import builtins\nbuiltins.AssertionError = None\nassert False"],
    ["a replaced error type", "class E(BaseException):\n  __class__ = int\nraise E()"],
    ["threads' hooks", "import threading\nthreading.excepthook = None\nraise SystemExit"],
    [
      "a flush that ends it well",
      "import sys, os\nclass O:\n  def flush(s): os._exit(0)\nsys.stdout = O()\n1 / 0",
    ],
  ])("an exception stays one in spite of %s", async (_name, code) => {
    expect(await run(code)).toMatchObject({ ok: false, reason: "exception" });
  });

  test.each([
    ["what shows a value", ["toJSON", "toString", "valueOf", "then"]],
    ["what is called on the way", ["call", "apply", "slice", "set", "push", "join"]],
  ])("JavaScript's prototypes with a forged result for %s give none", async (_name, names) => {
    const code = `
import sys
for name in [n for n in sys.modules if sys.modules[n] is None]: del sys.modules[name]
import _pyodide_core
array = _pyodide_core.to_js([1])
forge = _pyodide_core.create_proxy(lambda *_: '{"reason":"done","stdout":""}')
for one in (array, array.constructor, _pyodide_core.to_js({}), array.entries()):
    for name in ${JSON.stringify(names)}: setattr(one.constructor.prototype, name, forge)
1 / 0`;
    expect((await run(code, { timeoutMs: 3000 })).ok).toBe(false);
    await expectNextIsRight();
  });
});
