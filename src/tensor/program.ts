import { createHash } from "node:crypto";
import { RuntimeError } from "../errors.ts";
import { compile, type Outputs } from "./compile.ts";
import type { FixedInputs, Runtime, Session } from "./session.ts";

const sessions = new WeakMap<Runtime | FixedInputs, Map<string, Promise<Session>>>();

/**
 * Compiles a program and makes it ready to run. A program that the runtime already holds is not
 * made twice: equal programs share one session, which lives as long as the runtime, or with fixed
 * inputs as long as these.
 *
 * @param fixed - the values of the program's fixed inputs, when it has some
 * @throws {RuntimeError} when the device cannot run an op, or a fixed input is missing
 */
export function loadProgram(
  runtime: Runtime,
  outputs: Outputs,
  fixed?: FixedInputs,
): Promise<Session> {
  const program = compile(outputs, runtime.device);
  const given = program.fixed.length === 0 ? undefined : fixed;
  for (const { node } of program.fixed) {
    const name = String(node.attributes["name"]);
    if (given?.buffers[name] !== undefined) continue;
    throw new RuntimeError(`load: the program's fixed input "${name}" is missing; fix its buffer`);
  }
  const key = createHash("sha256").update(program.model).digest("base64");
  const owner = given ?? runtime;
  const known = sessions.get(owner) ?? new Map<string, Promise<Session>>();
  sessions.set(owner, known);
  const session = known.get(key) ?? runtime.load(program.model, { fixed: given });
  known.set(key, session);
  return session;
}
