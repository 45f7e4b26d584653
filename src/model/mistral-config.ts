import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { type FolderConfig, readLlamaConfig } from "./llama-config.ts";

/** Where a Mistral's `config.json` has other defaults than a Llama's; they are transformers'. */
const mistralConfig = z.looseObject({
  num_key_value_heads: z.int().min(1).nullable().default(8),
  sliding_window: z.int().min(1).nullable().default(4096),
});

/**
 * Reads the shape of a Mistral from its parsed `config.json`: a Llama, as long as its sliding
 * window hides nothing of the context.
 *
 * @param path - of the file, for messages
 * @throws {CheckpointError} as `readLlamaConfig`, and for a window shorter than the context
 */
export function readMistralConfig(path: string, content: unknown): FolderConfig {
  const parsed = mistralConfig.safeParse(content);
  if (!parsed.success) {
    throw new CheckpointError(
      `${path}: not a Mistral that can be loaded here:\n${z.prettifyError(parsed.error)}`,
      { cause: parsed.error },
    );
  }
  const { sliding_window: window } = parsed.data;
  const read = readLlamaConfig(path, parsed.data);
  const { maxSeqLen } = read.model;
  if (window !== null && window < maxSeqLen) {
    throw new CheckpointError(
      `${path}: expected sliding_window to be null or at least max_position_embeddings ` +
        `${maxSeqLen}, got ${window}; this decoder looks at the whole context. If ${window} tokens ` +
        `are enough, set max_position_embeddings to ${window}`,
    );
  }
  const same = "a Mistral is written as the Llama that computes the same";
  const without = window === null ? "" : `; sliding_window ${window} hides nothing of ${maxSeqLen}`;
  return { ...read, changes: [...read.changes, `${same}${without}`] };
}
