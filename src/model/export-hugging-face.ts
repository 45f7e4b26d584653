import { checkNewFolder, saveNewModel } from "./checkpoint.ts";
import { openModel } from "./open-model.ts";

/**
 * Copies a model as a plain Hugging Face folder that transformers, vLLM and others load as
 * it is: only the model's files, in float32.
 *
 * @param path - what `openModel` reads
 * @param out - as in `saveNewModel`
 * @throws {CheckpointError} when `path` cannot be loaded or `out` holds something
 */
export async function exportHuggingFace(path: string, out: string): Promise<void> {
  await checkNewFolder(out);
  await saveNewModel(out, await openModel(path));
}
