import { createHash } from "node:crypto";
import { compile, type Outputs } from "./compile.ts";
import type { Runtime, Session } from "./session.ts";

const sessions = new WeakMap<Runtime, Map<string, Promise<Session>>>();

/**
 * Compiles a program and makes it ready to run. A program that the runtime already holds is not
 * made twice: equal programs share one session, which lives as long as the runtime.
 *
 * @throws {RuntimeError} when the device cannot run an op
 */
export function loadProgram(runtime: Runtime, outputs: Outputs): Promise<Session> {
  const { model } = compile(outputs, runtime.device);
  const key = createHash("sha256").update(model).digest("base64");
  const known = sessions.get(runtime) ?? new Map<string, Promise<Session>>();
  sessions.set(runtime, known);
  const session = known.get(key) ?? runtime.load(model);
  known.set(key, session);
  return session;
}
