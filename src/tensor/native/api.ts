import koffi from "koffi";
import { RuntimeError } from "../../errors.ts";
import { findLibrary } from "./library.ts";

/** Address of a native object. */
export type Pointer = bigint;

type Argument = Pointer | number | string | null | ArrayBufferView | readonly (string | null)[];

type Row = readonly [position: number, ...parameters: readonly string[]];

const pointer = "void *";
const pointerBytes = 8; // every platform of the library is a 64-bit one

/**
 * Functions that return a status, by their position in the table that `GetApi(20)` gives; positions
 * never change, new functions are appended.
 *
 * @see onnxruntime_c_api.h, struct OrtApi
 */
const statusFunctions = {
  createSessionFromArray: [8, pointer, pointer, "size_t", pointer, pointer],
  createSessionOptions: [10, pointer],
  enableProfiling: [14, pointer, process.platform === "win32" ? "str16" : "str"],
  setSessionLogSeverityLevel: [22, pointer, "int"],
  setSessionGraphOptimizationLevel: [23, pointer, "int"],
  setIntraOpNumThreads: [24, pointer, "int"],
  setInterOpNumThreads: [25, pointer, "int"],
  sessionGetInputCount: [30, pointer, pointer],
  sessionGetOutputCount: [31, pointer, pointer],
  sessionGetInputTypeInfo: [33, pointer, "size_t", pointer],
  sessionGetOutputTypeInfo: [34, pointer, "size_t", pointer],
  sessionGetInputName: [36, pointer, "size_t", pointer, pointer],
  sessionGetOutputName: [37, pointer, "size_t", pointer, pointer],
  createTensorWithDataAsOrtValue: [
    49,
    pointer,
    pointer,
    "size_t",
    pointer,
    "size_t",
    "int",
    pointer,
  ],
  castTypeInfoToTensorInfo: [55, pointer, pointer],
  getTensorElementType: [60, pointer, pointer],
  getDimensionsCount: [61, pointer, pointer],
  getDimensions: [62, pointer, pointer, "size_t"],
  createMemoryInfo: [68, "str", "int", "int", "int", pointer],
  allocatorAlloc: [75, pointer, "size_t", pointer],
  allocatorFree: [76, pointer, pointer],
  getAllocatorWithDefaultOptions: [78, pointer],
  sessionEndProfiling: [110, pointer, pointer, pointer],
  createEnvWithGlobalThreadPools: [119, "int", "str", pointer, pointer],
  disablePerSessionThreads: [120, pointer],
  createThreadingOptions: [121, pointer],
  getAvailableProviders: [125, pointer, pointer],
  releaseAvailableProviders: [126, pointer, "int"],
  addSessionConfigEntry: [130, pointer, "str", "str"],
  createAllocator: [131, pointer, pointer, pointer],
  runWithBinding: [133, pointer, pointer, pointer],
  createIoBinding: [134, pointer, pointer],
  bindInput: [136, pointer, "str", pointer],
  bindOutput: [137, pointer, "str", pointer],
  createAndRegisterAllocator: [144, pointer, pointer, pointer],
  setGlobalIntraOpNumThreads: [147, pointer, "int"],
  setGlobalInterOpNumThreads: [148, pointer, "int"],
  setGlobalSpinControl: [149, pointer, "int"],
  addInitializer: [150, pointer, "str", pointer],
  createArenaCfg: [156, "size_t", "int", "int", "int", pointer],
  createPrepackedWeights: [166, pointer],
  createSessionFromArrayWithPrepackedWeights: [
    169,
    pointer,
    pointer,
    "size_t",
    pointer,
    pointer,
    pointer,
  ],
  appendCudaProvider: [204, pointer, pointer],
  createCudaProviderOptions: [205, pointer],
  appendProvider: [216, pointer, "str", "str *", "str *", "size_t"],
} satisfies Record<string, Row>;

/** Functions that take one object and return nothing. */
const releaseFunctions = {
  status: 93,
  memoryInfo: 94,
  session: 95,
  value: 96,
  typeInfo: 98,
  sessionOptions: 100,
  threadingOptions: 122,
  allocator: 132,
  ioBinding: 135,
  arenaCfg: 157,
  prepackedWeights: 167,
  cudaProviderOptions: 208,
} satisfies Record<string, number>;

type StatusName = keyof typeof statusFunctions;

interface ForeignFunction {
  (...parameters: Argument[]): Pointer | null;
  async(...parameters: [...Argument[], (error: unknown, result: Pointer | null) => void]): void;
}

/** ONNX Runtime's C API, a failing status turned into a RuntimeError. */
export interface OrtApi {
  readonly version: string;
  readonly libraryPath: string;
  /** Calls on this thread. */
  readonly call: { readonly [name in StatusName]: (...parameters: Argument[]) => void };
  /** Calls on a worker thread; arrays that are passed stay referenced until the promise ends. */
  readonly callAsync: {
    readonly [name in StatusName]: (...parameters: Argument[]) => Promise<void>;
  };
  readonly release: {
    readonly [name in keyof typeof releaseFunctions]: (object: Pointer) => void;
  };
}

// Compilers of shaders and of large graphs recurse deeply; the default stacks are too small for them.
const stackBytes = 8 * 2 ** 20;
koffi.config({ async_stack_size: stackBytes, sync_stack_size: stackBytes });

/** Version of the function table that is asked for: the library must be 1.20 or newer. */
const apiVersion = 20;

let loaded: OrtApi | undefined;

/** Kept referenced: koffi unloads a library, code and all, when its handle is collected. */
let library: ReturnType<typeof koffi.load> | undefined;

/** Arguments of asynchronous calls under way, so that the garbage collector keeps their memory. */
const underWay = new Set<readonly Argument[]>();

/**
 * ONNX Runtime's C API; the library is loaded once per process.
 *
 * @throws {RuntimeError} when the library is missing, cannot be loaded or is older than 1.20
 */
export function ortApi(): OrtApi {
  loaded ??= loadApi(findLibrary());
  return loaded;
}

function loadApi(libraryPath: string): OrtApi {
  const { table, version } = openTable(libraryPath);
  const at = (position: number, result: string, parameters: readonly string[]): ForeignFunction => {
    const address: Pointer = koffi.decode(table, position * pointerBytes, pointer);
    return koffi.decode(address, koffi.proto(result, [...parameters]));
  };
  const message = at(2, "str", [pointer]) as unknown as (status: Pointer) => string;
  const release = mapValues(releaseFunctions, (position) => {
    return at(position, "void", [pointer]) as unknown as (object: Pointer) => void;
  });
  const errorOf = (name: string, status: Pointer): RuntimeError => {
    const text = message(status).trim();
    release.status(status);
    return new RuntimeError(`ONNX Runtime ${version}, ${name}: ${text}`);
  };
  const foreign = mapValues(statusFunctions, ([position, ...parameters]: Row) =>
    at(position, pointer, parameters),
  );
  const call = mapValues(foreign, (invoke, name) => (...parameters: Argument[]): void => {
    const status = invoke(...parameters);
    if (status !== null) throw errorOf(name, status);
  });
  const callAsync = mapValues(
    foreign,
    (invoke, name) =>
      (...parameters: Argument[]): Promise<void> =>
        new Promise((resolve, reject) => {
          underWay.add(parameters);
          const addresses = parameters.map((parameter) =>
            ArrayBuffer.isView(parameter) ? addressOf(parameter) : parameter,
          );
          invoke.async(...addresses, (error, status) => {
            underWay.delete(parameters);
            if (error) reject(error);
            else if (status === null) resolve();
            else reject(errorOf(name, status));
          });
        }),
  );
  return { version, libraryPath, call, callAsync, release };
}

function openTable(libraryPath: string): { table: Pointer; version: string } {
  const base = apiBase(libraryPath);
  const [getApi, getVersion] = pointersAt(base, 2) as [Pointer, Pointer];
  const version: string = koffi.call(getVersion, koffi.proto("str", []));
  // A library that is too old would also print to standard error: decide before asking.
  const [major = 0, minor = 0] = version.split(".").map(Number);
  const isOld = major < 1 || (major === 1 && minor < apiVersion);
  const getTable = koffi.proto(pointer, ["uint32_t"]);
  const table: Pointer | null = isOld ? null : koffi.call(getApi, getTable, apiVersion);
  if (table !== null) return { table, version };
  throw new RuntimeError(
    `native runtime: expected ONNX Runtime 1.${apiVersion} or newer, got ${version} (${libraryPath}); ` +
      "set FORETOKEN_ONNXRUNTIME to a newer library or unset it",
  );
}

function apiBase(libraryPath: string): Pointer {
  try {
    library ??= koffi.load(libraryPath);
    return library.func("OrtGetApiBase", pointer, [])();
  } catch (cause) {
    throw new RuntimeError(
      `native runtime: ${libraryPath} cannot be loaded as ONNX Runtime: ${(cause as Error).message}; ` +
        "check that it was built for this machine, or unset FORETOKEN_ONNXRUNTIME",
      { cause },
    );
  }
}

function mapValues<Name extends string, In, Out>(
  table: { readonly [name in Name]: In },
  change: (value: In, name: Name) => Out,
): { [name in Name]: Out } {
  const entries = Object.entries(table) as [Name, In][];
  return Object.fromEntries(entries.map(([name, value]) => [name, change(value, name)])) as {
    [name in Name]: Out;
  };
}

/**
 * Calls a function whose last parameter receives a pointer.
 *
 * @returns that pointer
 */
export function receive(create: (out: BigUint64Array) => void): Pointer {
  const out = new BigUint64Array(1);
  create(out);
  return out[0]!;
}

/** Address of an array's first element; the array must stay referenced while native code uses it. */
export function addressOf(array: ArrayBufferView): Pointer {
  return koffi.address(array);
}

/** The string at an address (UTF-8, ended by a zero). */
export function stringAt(address: Pointer): string {
  return koffi.decode.string(address);
}

/** The pointers in an array of pointers at an address. */
export function pointersAt(address: Pointer, count: number): readonly Pointer[] {
  return count === 0
    ? []
    : [...new BigUint64Array(koffi.view(address, count * pointerBytes).slice(0))];
}
