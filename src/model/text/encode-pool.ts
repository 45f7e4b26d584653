import { availableParallelism } from "node:os";
import { ConfigError } from "../../errors.ts";
import { mapAhead } from "../../workspace/map-ahead.ts";
import type { WorkerClient } from "../../workspace/worker.ts";
import { startWorker } from "../../workspace/worker.ts";
import type { EncodedBatch } from "./encode-batch.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** One being encoded and one waiting: a thread never idles, memory stays flat. */
const BATCHES_PER_THREAD = 2;

/**
 * Encodes batches of documents in worker threads. A message costs about 0.1 ms, so batches of some
 * 100 kB of text or more keep the threads busy.
 */
export class EncodePool {
  readonly #threads: readonly WorkerClient<readonly string[], EncodedBatch>[];

  /**
   * @param options.threads - by default one a core
   * @throws {ConfigError} when threads is not a whole number above 0
   */
  constructor(tokenizer: Tokenizer, options: { readonly threads?: number } = {}) {
    const { threads = availableParallelism() } = options;
    if (!Number.isInteger(threads) || threads < 1) {
      throw new ConfigError(`EncodePool: threads must be a whole number above 0, got ${threads}`);
    }
    const data = tokenizer.toJSON();
    this.#threads = Array.from({ length: threads }, () =>
      startWorker<readonly string[], EncodedBatch>("./encode-worker", import.meta.url, data),
    );
  }

  /** Encodes one batch, in the thread with the fewest waiting. */
  encode(documents: readonly string[]): Promise<EncodedBatch> {
    const idlest = this.#threads.reduce((a, b) => (b.pending < a.pending ? b : a));
    return idlest.request(documents);
  }

  /**
   * Encodes a stream of batches, results in the order of the batches. It reads ahead two batches a
   * thread and no further, so a slow reader slows the source down.
   *
   * @param documentsOf - the texts of a batch; the batch itself comes back beside its tokens
   */
  async *encodeAll<Batch>(
    batches: AsyncIterable<Batch> | Iterable<Batch>,
    documentsOf: (batch: Batch) => readonly string[],
  ): AsyncGenerator<EncodedBatch & { readonly batch: Batch }> {
    const most = BATCHES_PER_THREAD * this.#threads.length;
    yield* mapAhead(batches, most, async (batch) => ({
      ...(await this.encode(documentsOf(batch))),
      batch,
    }));
  }

  /** Ends the threads; what is still being encoded fails. */
  async close(): Promise<void> {
    await Promise.all(this.#threads.map((thread) => thread.close()));
  }
}
