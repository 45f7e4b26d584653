import { ModelError } from "../../errors.ts";
import type { LocalLanguageModel } from "../../language-model/local-language-model.ts";

/** A call that is under way. */
export interface ModelCall {
  readonly model: LocalLanguageModel;
  /** Aborted by the caller, or because the model is closed. */
  readonly signal: AbortSignal;
  /** Says that the call is over; the model is freed after its last call. */
  end(): void;
}

/** A model that is loaded for its first call, and freed when it is closed and its calls have ended. */
export class LazyModel {
  readonly #load: () => Promise<LocalLanguageModel>;
  #loaded: Promise<LocalLanguageModel> | undefined;
  /** What ends each call that is under way, and when it has ended. */
  readonly #calls = new Map<AbortController, Promise<void>>();
  #closing: Promise<void> | undefined;

  constructor(load: () => Promise<LocalLanguageModel>) {
    this.#load = load;
  }

  /**
   * Begins a call.
   *
   * @throws {ModelError} when the model was closed
   * @throws what loading throws, which the next call tries again; the signal's reason
   */
  async begin(signal: AbortSignal | undefined): Promise<ModelCall> {
    signal?.throwIfAborted();
    this.#checkOpen();
    this.#loaded ??= this.#load();
    const loading = this.#loaded;
    const model = await loading.catch((error: unknown) => {
      if (this.#loaded === loading) this.#loaded = undefined;
      throw error;
    });
    signal?.throwIfAborted();
    this.#checkOpen();
    const controller = new AbortController();
    const forward = () => controller.abort(signal?.reason);
    signal?.addEventListener("abort", forward, { once: true });
    let tellEnd: () => void = () => undefined;
    this.#calls.set(
      controller,
      new Promise((resolve) => {
        tellEnd = resolve;
      }),
    );
    const end = () => {
      signal?.removeEventListener("abort", forward);
      this.#calls.delete(controller);
      tellEnd();
    };
    return { model, signal: controller.signal, end };
  }

  /** Aborts the calls that are under way and frees the model. */
  close(): Promise<void> {
    this.#closing ??= this.#end();
    return this.#closing;
  }

  async #end(): Promise<void> {
    const ends = [...this.#calls.values()];
    for (const controller of this.#calls.keys()) controller.abort(closed());
    await Promise.all(ends);
    const model = await this.#loaded?.catch(() => undefined);
    await model?.close();
  }

  #checkOpen(): void {
    if (this.#closing !== undefined) throw closed();
  }
}

function closed(): ModelError {
  return new ModelError(
    "model: expected an open provider, got one that was closed; make another with createForetoken",
  );
}
