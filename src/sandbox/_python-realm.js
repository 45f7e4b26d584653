// @ts-nocheck: the names in here are Pyodide's and a bare realm's, which nobody has typed

/**
 * All that Pyodide and the program under it can see of JavaScript: a script that
 * `_python-process.js` evaluates, within a block, in a realm of its own, which has the language and
 * nothing of Node. Code from strings is off there. It leaves `globalThis.realm` for the process.
 */

const { Module, Instance } = WebAssembly;
const { grow } = WebAssembly.Memory.prototype;
const { apply } = Reflect;
const { stringify } = JSON;
const { fromCodePoint } = String;

/** @type {Map<string, Uint8Array>} */
const files = new Map();
/** What the program may use and what it has used; set when it begins. */
const use = {
  memoryBytes: Infinity,
  isMemoryRefused: false,
  fileBytes: 0,
  stdoutBytes: Infinity,
  isStdoutRefused: false,
};
/** @type {Uint8Array[]} */
const written = [];
let writtenBytes = 0;
let seed = 1;

// Frames of a stack would show the functions and the objects that called the program.
Object.defineProperties(Error, {
  prepareStackTrace: { value: undefined, writable: false, configurable: false },
  stackTraceLimit: { value: 0, writable: false, configurable: false },
});

// What Pyodide asks of a bare JavaScript shell.
for (const name of ["console", "Atomics", "SharedArrayBuffer"]) delete globalThis[name];
const ignore = () => {};
globalThis.console = { log: ignore, warn: ignore, error: ignore, info: ignore, debug: ignore };
globalThis.load = ignore;
globalThis.read = ignore;
globalThis.readbuffer = (name) => files.get(name) ?? refuse(`no file ${name}`);
globalThis.setTimeout = () => 0;
globalThis.clearTimeout = ignore;
globalThis.performance = { now: () => Date.now() };
globalThis.refuseImport = async () => refuse("no modules");
globalThis.fillRandom = fillRandom;
globalThis.TextEncoder = class {
  encode(text) {
    return encode(text);
  }
  encodeInto(text, target) {
    const bytes = encode(text);
    target.set(bytes);
    return { read: text.length, written: bytes.length };
  }
};
globalThis.TextDecoder = class {
  constructor(encoding = "utf-8") {
    this.encoding = encoding;
  }
  decode(bytes) {
    // Pyodide reads ASCII as Latin-1; nothing of it reads UTF-16.
    return this.encoding === "utf-16le" ? refuse("no UTF-16") : decode(bytes);
  }
};

// Compiled at once: what the shell's promise would wait for is done when a function is first called.
WebAssembly.instantiate = async (source, imports) => {
  if (source instanceof Module) return new Instance(source, imports);
  const module = new Module(source);
  return { module, instance: new Instance(module, imports) };
};
WebAssembly.Memory.prototype.grow = function (pages) {
  if (this.buffer.byteLength + pages * 65_536 > use.memoryBytes) {
    use.isMemoryRefused = true;
    throw new RangeError("out of memory");
  }
  return apply(grow, this, [pages]);
};

function refuse(message) {
  throw new Error(message);
}

/** The same numbers in every process (Marsaglia's xorshift): a program's verdict can be repeated. */
function fillRandom(view) {
  for (let i = 0; i < view.length; i++) {
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    view[i] = seed;
  }
  return view;
}

function encode(text) {
  const bytes = [];
  for (const character of text) {
    const code = character.codePointAt(0);
    const more = code < 0x80 ? 0 : code < 0x800 ? 1 : code < 0x10000 ? 2 : 3;
    bytes.push(more === 0 ? code : ((0xf00 >> more) & 0xff) | (code >> (6 * more)));
    for (let i = more - 1; i >= 0; i--) bytes.push(0x80 | ((code >> (6 * i)) & 0x3f));
  }
  return Uint8Array.from(bytes);
}

function decode(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length; ) {
    const more = continuationsOf(bytes[i]);
    const code = more === 0 ? bytes[i] : codeAt(bytes, i, more);
    text += fromCodePoint(code < 0 ? 0xfffd : code);
    i += code < 0 ? 1 : 1 + more;
  }
  return text;
}

/** Bytes that follow the first one of a character; a byte that cannot be first counts as 3. */
function continuationsOf(first) {
  if (first < 0x80) return 0;
  if (first < 0xc0 || first >= 0xf0) return 3;
  return first < 0xe0 ? 1 : 2;
}

/** The character of several bytes that begins at a place, -1 where there is none. */
function codeAt(bytes, start, more) {
  let code = bytes[start] & (0x3f >> more);
  for (let i = 1; i <= more; i++) {
    const next = bytes[start + i];
    if (next === undefined || (next & 0xc0) !== 0x80) return -1;
    code = (code << 6) | (next & 0x3f);
  }
  return bytes[start] < 0xc0 || code > 0x10ffff ? -1 : code;
}

/** Room for a file of the host, which fills it in. */
function allocate(name, sizeBytes) {
  const bytes = new Uint8Array(sizeBytes);
  files.set(name, bytes);
  return bytes;
}

/** Loads the interpreter: from the file `snapshot` where there is one, else from the beginning. */
async function start(lockFileContents) {
  const snapshot = files.get("snapshot");
  const pyodide = await globalThis.loadPyodide({
    createPyodideModule: globalThis.createPyodideModule,
    indexURL: "/",
    packageBaseUrl: "/",
    lockFileContents,
    jsglobals: Object.create(null),
    ...(snapshot ? { _loadSnapshot: snapshot } : { _makeSnapshot: true }),
  });
  files.clear();
  return pyodide;
}

/** An image of the interpreter's memory with these modules loaded. */
async function makeSnapshot(lockFileContents, modules) {
  const pyodide = await start(lockFileContents);
  pyodide.runPython(`import ${modules}`);
  return pyodide.makeMemorySnapshot();
}

/** Loads the interpreter and makes `globalThis.runProgram`, which works once. */
async function prepare(lockFileContents, scrub) {
  const pyodide = await start(lockFileContents);
  const module = pyodide._module;
  pyodide.setStdin({ error: true });
  pyodide.setStdout({ write: (bytes) => write(bytes, true) });
  pyodide.setStderr({ write: (bytes) => write(bytes, false) });
  limitFiles(module.FS);
  const interpreter = interpreterOf(module);
  if (module._PyRun_SimpleString(module.stringToNewUTF8(scrub)) !== 0) refuse("scrubbing failed");
  globalThis.runProgram = (code, memoryBytes, stdoutBytes) => {
    delete globalThis.runProgram;
    use.memoryBytes = memoryBytes;
    use.stdoutBytes = stdoutBytes;
    return run(interpreter, code);
  };
}

function write(bytes, isStdout) {
  if (!isStdout) return bytes.length;
  if (use.isStdoutRefused || writtenBytes + bytes.length > use.stdoutBytes) {
    use.isStdoutRefused = true;
    throw new RangeError("too much output");
  }
  writtenBytes += bytes.length;
  written[written.length] = bytes.slice();
  return bytes.length;
}

/** Files lie in JavaScript's memory, outside the interpreter's: what they grow by counts as well. */
function limitFiles(FS) {
  const { MEMFS } = FS.filesystems;
  const noSpaceLeft = 51; // ENOSPC of WASI
  for (const name of ["expandFileStorage", "resizeFileStorage"]) {
    const change = MEMFS[name];
    MEMFS[name] = (node, sizeBytes) => {
      const growth = sizeBytes - (node.contents?.length ?? 0);
      if (growth > 0) use.fileBytes += growth;
      if (use.fileBytes > use.memoryBytes) throw new FS.ErrnoError(noSpaceLeft);
      return change(node, sizeBytes);
    };
  }
}

/** CPython's C functions, taken before the program can replace what holds them. */
function interpreterOf(module) {
  return {
    toText: module.UTF8ToString,
    fromText: module.stringToNewUTF8,
    allocate: module._malloc,
    setInteger: (pointer, value) => module.HEAP32.set([value], pointer >> 2),
    addModule: module._PyImport_AddModule,
    dictionaryOf: module._PyModule_GetDict,
    compile: module._Py_CompileStringExFlags,
    evaluate: module._PyEval_EvalCode,
    takeException: module._PyErr_GetRaisedException,
    matches: module._PyErr_GivenExceptionMatches,
    typeOf: module._PyObject_Type,
    nameOf: module._PyType_GetName,
    show: module._PyObject_Str,
    textOf: module._PyUnicode_AsUTF8,
    clearError: module._PyErr_Clear,
    memoryError: module.HEAPU32[module._PyExc_MemoryError >> 2],
    runText: module._PyRun_SimpleString,
  };
}

function run(interpreter, code) {
  let result;
  try {
    const globals = interpreter.dictionaryOf(
      interpreter.addModule(interpreter.fromText("__main__")),
    );
    const compiled = compile(interpreter, code);
    const value = compiled === 0 ? 0 : interpreter.evaluate(compiled, globals, globals);
    result = value === 0 ? failure(interpreter) : { __proto__: null, reason: "done" };
    interpreter.runText(interpreter.fromText("import sys; sys.stdout.flush()"));
  } catch (thrown) {
    result ??= broken(thrown);
  }
  if (use.isStdoutRefused) result = { __proto__: null, reason: "output" };
  return stringify({ __proto__: null, ...result, stdout: output() });
}

function compile(interpreter, code) {
  const flags = interpreter.allocate(8);
  interpreter.setInteger(flags, 0x0800); // PyCF_IGNORE_COOKIE: the text is UTF-8 whatever it says
  interpreter.setInteger(flags + 4, 14); // the minor version of the language
  const fileInput = 257; // Py_file_input
  const name = interpreter.fromText("program.py");
  return interpreter.compile(interpreter.fromText(code), name, fileInput, flags, -1);
}

/** The exception that the program ended with. */
function failure(interpreter) {
  const exception = interpreter.takeException();
  if (exception === 0) return { __proto__: null, reason: "exception", error: "no exception" };
  const isMemory = interpreter.matches(exception, interpreter.memoryError) === 1;
  const reason = isMemory ? "memory" : "exception";
  const result = { __proto__: null, reason, error: "an error that cannot be shown" };
  try {
    const name = interpreter.nameOf(interpreter.typeOf(exception));
    const message = interpreter.show(exception);
    const text = message === 0 ? 0 : interpreter.textOf(message);
    if (text === 0) interpreter.clearError();
    else {
      const shown = interpreter.toText(text, 2000);
      const kind = interpreter.toText(interpreter.textOf(name), 200);
      result.error = shown === "" ? kind : `${kind}: ${shown}`;
    }
  } catch {
    // the interpreter broke while the exception described itself
  }
  return result;
}

/** What JavaScript threw through the interpreter: it ended itself, or is broken. */
function broken(thrown) {
  if (use.isMemoryRefused) return { __proto__: null, reason: "memory", error: "out of memory" };
  const error = `the interpreter ended: ${thrown?.name}: ${thrown?.message}`.slice(0, 2000);
  return { __proto__: null, reason: "exception", error };
}

function output() {
  const bytes = new Uint8Array(writtenBytes);
  let end = 0;
  for (let i = 0; i < written.length; i++) {
    bytes.set(written[i], end);
    end += written[i].length;
  }
  return decode(bytes);
}

globalThis.realm = { allocate, makeSnapshot, prepare };
