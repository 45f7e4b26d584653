/**
 * The process that runs one Python program, started by `_spawn-python.ts` with next to no rights:
 * JavaScript, because Node has to read it as it is, without a loader that would need rights.
 *
 * Arguments: what to do, Pyodide's folder. Descriptor 3 is the snapshot of the interpreter, which
 * `snapshot` writes and `serve` reads. Then it reads one program from its input, answers and ends.
 */
import { closeSync, fstatSync, openSync, readFileSync, readSync, writeSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { createContext, Script, constants as vmConstants } from "node:vm";

const snapshotDescriptor = 3;

// Programs are short: a function is compiled well only when it is hot for long, and not beside them.
setFlagsFromString("--wasm-tiering-budget=100000000");
setFlagsFromString("--no-wasm-async-compilation");

/** How long after its time a program is ended from within. */
const watchdogGraceMs = 5_000;

/** Loaded in every interpreter: importing them costs a program nothing. */
const modules = [
  ...["abc", "bisect", "collections", "copy", "dataclasses", "datetime", "decimal", "enum"],
  ...["fractions", "functools", "hashlib", "heapq", "itertools", "json", "math", "operator"],
  ...["random", "re", "statistics", "string", "traceback", "typing"],
].join(", ");

/** Takes Pyodide's bridge to JavaScript out of Python's reach, and empties the program's namespace. */
const scrub = `
def scrub(namespace, builtins):
    import sys
    from _pyodide._importhook import unregister_js_module
    for name in ("js", "pyodide_js"):
        unregister_js_module(name)
    bridges = ("js", "pyodide_js", "pyodide", "_pyodide", "_pyodide_core")
    is_bridge = lambda name: name.split(".")[0] in bridges
    home = lambda finder: getattr(finder, "__module__", type(finder).__module__)
    sys.meta_path[:] = [finder for finder in sys.meta_path if not is_bridge(home(finder))]
    for name in [*bridges, *filter(is_bridge, sys.modules)]:
        sys.modules[name] = None
    sys.excepthook = sys.__excepthook__
    namespace.clear()
    namespace.update(__name__="__main__", __builtins__=builtins)
scrub(globals(), __builtins__)
`;

const [task, folder] = process.argv.slice(2);
for (const right of ["fs.write", "child", "worker"]) {
  if (process.permission?.has(right) !== false) {
    throw new Error(`the sandbox's process must not have the right ${right}`);
  }
}

const context = createContext(vmConstants.DONT_CONTEXTIFY, {
  codeGeneration: { strings: false, wasm: true },
});
const realm = startRealm();
loadPyodideSource();
const lock = JSON.stringify({ info: JSON.parse(read("pyodide-lock.json")).info, packages: {} });
if (task === "snapshot") await writeSnapshot();
else await serve();

function startRealm() {
  const file = new URL("./_python-realm.js", import.meta.url);
  const source = readFileSync(file, "utf8").replace("export {};", ""); // which the compiler appends
  evaluate(`"use strict"; {\n${source}\n}`, "realm.js");
  const taken =
    "(() => { const { realm } = globalThis; delete globalThis.realm; return realm; })()";
  return evaluate(taken, "realm.js");
}

function read(name) {
  return readFileSync(`${folder}/${name}`, "utf8");
}

function evaluate(code, filename, options = {}) {
  return new Script(code, { filename }).runInContext(context, options);
}

/** Pyodide's two modules as scripts: what a module can do and a script cannot is taken out. */
function loadPyodideSource() {
  const asm = read("pyodide.asm.mjs")
    .replace("initRandomFill=()=>{", "initRandomFill=()=>{return fillRandom;")
    .replace("export default _createPyodideModule", "var createPyodideModule=_createPyodideModule")
    .replaceAll("import.meta.url", '"pyodide.asm.mjs"');
  const loader = read("pyodide.mjs").replace(
    /export\s*\{\s*(\w+) as loadPyodide,.*?\}/,
    "globalThis.loadPyodide=$1",
  );
  for (const [name, source] of Object.entries({ asm, loader })) {
    evaluate(source.replace(/\bimport\(/g, "refuseImport("), `${name}.js`);
  }
}

/** A file into the realm, read into the realm's own memory: no object of this one may get there. */
function fill(name, descriptor) {
  const target = realm.allocate(name, fstatSync(descriptor).size);
  for (let start = 0; start < target.length; ) {
    const got = readSync(descriptor, target, start, target.length - start, start);
    if (got === 0) throw new Error(`${name} ended early`);
    start += got;
  }
}

function fillAll() {
  for (const name of ["pyodide.asm.wasm", "python_stdlib.zip"]) {
    const descriptor = openSync(`${folder}/${name}`);
    fill(`/${name}`, descriptor);
    closeSync(descriptor);
  }
}

async function writeSnapshot() {
  fillAll();
  const bytes = await realm.makeSnapshot(lock, modules);
  for (let start = 0; start < bytes.length; ) {
    start += writeSync(snapshotDescriptor, bytes, start);
  }
}

async function serve() {
  fillAll();
  fill("snapshot", snapshotDescriptor);
  await realm.prepare(lock, scrub);
  let text = "";
  process.stdin.setEncoding("utf8");
  process.stdin.on("end", () => process.exit()); // whoever started this is gone
  process.stdin.on("data", (chunk) => {
    text += chunk;
    if (text.endsWith("\n")) answer(JSON.parse(text));
  });
  process.stdout.write("ready\n");
}

/** Node's watchdog ends the program when whoever should do it no longer can. */
function answer({ token, code, timeoutMs, memoryBytes, stdoutBytes }) {
  const call = `runProgram(${JSON.stringify(code)}, ${memoryBytes}, ${stdoutBytes})`;
  const reply = evaluate(call, "program.js", { timeout: timeoutMs + watchdogGraceMs });
  if (typeof reply !== "string") throw new Error("the realm gave no text");
  process.stdout.write(`${token} ${reply}\n`);
}
