import type { DeviceName, Runtime } from "./session.ts";

/** Which runtime to open. */
export interface RuntimeOptions {
  /** `cpu` by default. */
  readonly device?: DeviceName;
  /** `native` by default in Node, `web` in a browser. */
  readonly kind?: "native" | "web";
  /**
   * Threads of the one pool that all sessions of the process share; all cores by default. The first
   * call fixes it. With 1, each graph runs on a thread of its own beside the pool: several at once
   * are how small ones use many cores. The web runtime has one thread in Node.
   */
  readonly threads?: number;
}

/**
 * Opens the runtime that allocates tensors and runs graphs.
 *
 * @throws {RuntimeError} when the library or the device is missing; the message lists what is there
 */
export async function openRuntime(options: RuntimeOptions = {}): Promise<Runtime> {
  const inNode = typeof process !== "undefined" && process.versions?.node !== undefined;
  const { device = "cpu", kind = inNode ? "native" : "web", threads } = options;
  // Imported on demand: a browser bundle holds no native code, and Node loads no WebAssembly.
  const open =
    kind === "native"
      ? (await import("./native/open.ts")).openNative
      : (await import("./web/open.ts")).openWeb;
  return open({ device, ...(threads === undefined ? {} : { threads }) });
}
