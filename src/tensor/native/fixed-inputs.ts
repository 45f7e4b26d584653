import { RuntimeError } from "../../errors.ts";
import type { Buffer, FixedInputs } from "../session.ts";
import { type OrtApi, type Pointer, receive } from "./api.ts";
import { type NativeBuffer, nativeBuffers } from "./buffer.ts";
import type { NativeSession } from "./session.ts";

/**
 * Initializers shared by sessions, with one container for what kernels made of them (an
 * OrtPrepackedWeightsContainer): without it each session would have a copy of its own.
 */
export class NativeFixedInputs implements FixedInputs {
  readonly buffers: Readonly<Record<string, NativeBuffer>>;
  /** The container. */
  readonly prepacked: Pointer;
  readonly #api: OrtApi;
  readonly #sessions = new Set<NativeSession>();
  #isReleased = false;

  constructor(api: OrtApi, buffers: Readonly<Record<string, Buffer>>) {
    this.#api = api;
    this.buffers = nativeBuffers("fix", buffers);
    for (const buffer of Object.values(this.buffers)) buffer.hold();
    this.prepacked = receive((out) => api.call.createPrepackedWeights(out));
  }

  /** @throws {RuntimeError} when they were released */
  checkAlive(): void {
    if (this.#isReleased) throw new RuntimeError("load: the fixed inputs were released");
  }

  /** Remembers a session that reads them, until `drop`. */
  add(session: NativeSession): void {
    this.#sessions.add(session);
  }

  /** Forgets a session that was freed. */
  drop(session: NativeSession): void {
    this.#sessions.delete(session);
    this.#freeWhenUnused();
  }

  release(): void {
    if (this.#isReleased) return;
    this.#isReleased = true;
    if (this.#sessions.size === 0) this.#freeWhenUnused();
    else for (const session of [...this.#sessions]) session.release();
  }

  #freeWhenUnused(): void {
    if (!this.#isReleased || this.#sessions.size > 0) return;
    this.#api.release.prepackedWeights(this.prepacked);
    for (const buffer of Object.values(this.buffers)) buffer.drop();
  }
}
