import type { Outputs } from "../tensor/compile.ts";
import { loadProgram } from "../tensor/program.ts";
import { rotaryTables } from "../tensor/rotary.ts";
import type { Binding, Buffer, Session } from "../tensor/session.ts";
import { input } from "../tensor/tensor.ts";
import { cachedDecoder } from "./cached-decoder.ts";
import { featureInput } from "./feature-input.ts";
import { type ModelWeights, weightsFor } from "./model-weights.ts";
import { cacheNames, SlotCache } from "./slot-cache.ts";

/** Sizes of the memory that a runner works in. */
export interface RunnerSize {
  readonly slots: number;
  /** Positions of a slot. */
  readonly capacity: number;
  /** Most tokens of a prompt that one run reads. */
  readonly prefillChunk: number;
}

/** Tokens of a prompt that are read at once. */
export interface PromptChunk {
  /** At least one, at most `prefillChunk`. */
  readonly tokens: readonly number[];
  /** The first token's position; everything before it is in the cache. */
  readonly position: number;
  /** [tokens, embedDim], read where the token is `[IMG]`; undefined when there is none. */
  readonly features?: Float32Array | undefined;
}

/**
 * Rows of a run: one for each of several slots (decode), or several of one slot (prefill, with
 * images when there are some among them).
 */
interface RunShape {
  readonly kind: "decode" | "prefill" | "image prefill";
  readonly rows: number;
}

/** Graphs are static, so runs of other sizes are padded to one of these. */
const decodeRows = [1, 2, 4, 8, 16, 32, 64, 128];
const prefillRows = [16, 32, 64, 128];

/**
 * Runs a decoder over a cache of slots in place. Each size's graph is compiled on first use; all of
 * them read the same weights and write the same cache.
 */
export class SlotRunner {
  readonly cache: SlotCache;
  readonly #weights: ModelWeights;
  readonly #size: RunnerSize;
  readonly #buffers: Readonly<
    Record<"tokens" | "lengths" | "longest" | "cos" | "sin" | "logits", Buffer>
  >;
  /** Features of a chunk, [prefillChunk, embedDim], when the model reads images. */
  readonly #features: Buffer | undefined;
  readonly #bindings = new Map<string, Binding>();
  readonly #views: Buffer[] = [];

  private constructor(weights: ModelWeights, size: RunnerSize) {
    const { runtime, config } = weights;
    // a padded chunk may reach past the last position
    const capacity = size.capacity + size.prefillChunk;
    this.#weights = weights;
    this.#size = size;
    this.cache = new SlotCache(runtime, config, { slots: size.slots, capacity });
    const table = [capacity, config.headDim / 2];
    this.#buffers = {
      tokens: runtime.allocate("int32", [Math.max(size.slots, size.prefillChunk)]),
      lengths: runtime.allocate("int32", [size.slots]),
      longest: runtime.allocate("int32", []),
      cos: runtime.allocate("float32", table),
      sin: runtime.allocate("float32", table),
      logits: runtime.allocate("float32", [size.slots, config.vocabSize]),
    };
    if (config.vision !== undefined) {
      this.#features = runtime.allocate("float32", [size.prefillChunk, config.embedDim]);
    }
  }

  /** Allocates the cache of all slots. */
  static async open(weights: ModelWeights, size: RunnerSize): Promise<SlotRunner> {
    const runner = new SlotRunner(weights, size);
    const { headDim, ropeTheta } = weights.config;
    const tables = rotaryTables(runner.cache.capacity, headDim, ropeTheta);
    await runner.#buffers.cos.write(tables.cos);
    await runner.#buffers.sin.write(tables.sin);
    return runner;
  }

  /** Reads tokens into a slot's cache without computing logits. */
  async prefill(slot: number, { tokens, position, features }: PromptChunk): Promise<void> {
    const rows = smallestFitting(prefillRows, tokens.length, this.#size.prefillChunk);
    const end = position + rows;
    await this.#feed(tokens, rows, { lengths: [end - 1], longest: end });
    if (features !== undefined) {
      await this.#features!.view([features.length]).write(features);
    }
    await this.#run({ kind: features === undefined ? "prefill" : "image prefill", rows }, slot);
  }

  /**
   * Reads one token for each of some slots.
   *
   * @param positions - of every slot, how many positions its cache holds
   * @param tokens - the next token, by slot; the other slots stay as they are
   * @returns a slot's logits [vocabSize], valid until the next run
   */
  async decode(
    positions: readonly number[],
    tokens: ReadonlyMap<number, number>,
  ): Promise<(slot: number) => Float32Array> {
    const { slots } = this.#size;
    const first = Math.min(...tokens.keys());
    const rows = smallestFitting(decodeRows, Math.max(...tokens.keys()) - first + 1, slots);
    const start = Math.min(first, slots - rows);
    // A slot without a token reads a padding one, behind its end, where the next real one goes.
    const window = positions.slice(start, start + rows);
    const padded = window.map((_, row) => tokens.get(start + row) ?? 0);
    await this.#feed(padded, rows, { lengths: window, longest: Math.max(...window) + 1 });
    await this.#run({ kind: "decode", rows }, start);
    const { vocabSize } = this.#weights.config;
    const { logits } = this.#buffers;
    const values = (logits.data ?? (await logits.read())) as Float32Array;
    return (slot) => values.subarray((slot - start) * vocabSize, (slot - start + 1) * vocabSize);
  }

  /** Frees cache and graphs' bindings; the weights stay. */
  release(): void {
    for (const binding of this.#bindings.values()) binding.release();
    for (const buffer of [...this.#views, ...Object.values(this.#buffers)]) buffer.release();
    this.#features?.release();
    this.cache.release();
  }

  async #feed(
    tokens: readonly number[],
    rows: number,
    { lengths, longest }: { readonly lengths: readonly number[]; readonly longest: number },
  ): Promise<void> {
    const padded = new Int32Array(rows);
    padded.set(tokens);
    await this.#buffers.tokens.view([rows]).write(padded);
    await this.#buffers.lengths.view([lengths.length]).write(Int32Array.from(lengths));
    await this.#buffers.longest.write(Int32Array.of(longest));
  }

  async #run(shape: RunShape, start: number): Promise<void> {
    const key = `${shape.kind} ${shape.rows} ${start}`;
    const binding = this.#bindings.get(key) ?? (await this.#bind(shape, start));
    this.#bindings.set(key, binding);
    await binding.run();
  }

  async #bind(shape: RunShape, start: number): Promise<Binding> {
    const { config, runtime } = this.#weights;
    const slots = slotsOf(shape);
    const program = runProgram(this.#weights, shape, this.cache);
    const session: Session = await loadProgram(runtime, program, this.#weights.fixed);
    const { longest, cos, sin } = this.#buffers;
    const fed = {
      tokens: this.#buffers.tokens.view([shape.rows]),
      lengths: this.#buffers.lengths.view([slots]),
      ...(shape.kind === "image prefill" && {
        features: this.#features!.view([shape.rows, config.embedDim]),
      }),
    };
    const logits = this.#buffers.logits.view([slots, config.vocabSize]);
    const cache = Object.entries(this.cache.slotsFrom(start, slots));
    const updated = cache.map(([name, buffer]) => [`${name}.new`, buffer] as const);
    this.#views.push(...Object.values(fed), logits, ...cache.map(([, buffer]) => buffer));
    return session.bind(
      {
        ...weightsFor(this.#weights, session.inputNames),
        ...{ ...fed, longest, cos, sin, ...Object.fromEntries(cache) },
      },
      { ...(shape.kind === "decode" && { logits }), ...Object.fromEntries(updated) },
    );
  }
}

function slotsOf({ kind, rows }: RunShape): number {
  return kind === "decode" ? rows : 1;
}

function runProgram(weights: ModelWeights, shape: RunShape, cache: SlotCache): Outputs {
  const { config } = weights;
  const slots = slotsOf(shape);
  const table = [cache.capacity, config.headDim / 2];
  const { logits, caches } = cachedDecoder(weights.tensors(), config, {
    tokens: input("tokens", "int32", [shape.rows]),
    images: shape.kind === "image prefill" ? featureInput(shape.rows, config.embedDim) : undefined,
    caches: Array.from({ length: config.layers }, (_, layer) => {
      const [keys, values] = cacheNames(layer).map((name) =>
        input(name, "float32", cache.shape(slots)),
      );
      return { keys: keys!, values: values! };
    }),
    position: {
      lengths: input("lengths", "int32", [slots]),
      longest: input("longest", "int32", []),
      cos: input("cos", "float32", table),
      sin: input("sin", "float32", table),
    },
  });
  const updated = caches.flatMap(({ keys, values }, layer) => {
    const names = cacheNames(layer);
    return [[`${names[0]}.new`, keys] as const, [`${names[1]}.new`, values] as const];
  });
  return { ...(shape.kind === "decode" && { logits }), ...Object.fromEntries(updated) };
}

/** The smallest of some sizes that holds `count`, at most `largest`. */
function smallestFitting(sizes: readonly number[], count: number, largest: number): number {
  return Math.min(largest, sizes.find((size) => size >= count) ?? largest);
}
