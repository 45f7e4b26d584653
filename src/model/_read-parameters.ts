import { checkTensors, type Parameter, readFloats } from "./_checkpoint-tensors.ts";
import type { FolderConfig } from "./llama-config.ts";
import { type ParameterSpec, parameterSpecs } from "./parameters.ts";
import { storedNameIn } from "./stored-names.ts";
import type { WeightFiles } from "./weight-files.ts";

/** The parameters of a folder, and what they are in another form than the files have them. */
export interface ReadParameters {
  readonly parameters: ReadonlyMap<string, Parameter>;
  /** A sentence each. */
  readonly changes: readonly string[];
}

/**
 * Reads every parameter of a model as float32; a tied head that is not stored becomes a copy of
 * the embedding. A tied head that is stored is taken as it is, as transformers 5 does.
 *
 * @throws {CheckpointError} when tensors are missing, unknown, of another shape or not floats
 */
export async function readParameters(
  files: WeightFiles,
  { model, isHeadTied }: FolderConfig,
): Promise<ReadParameters> {
  const specs = parameterSpecs(model);
  const inFile = storedNameIn(model, files.entries.keys());
  const ignored = [...files.entries.keys()].filter(isComputed);
  const entries = new Map([...files.entries].filter(([name]) => !isComputed(name)));
  const isCopied = ({ name, role }: ParameterSpec) =>
    isHeadTied && role === "head" && !entries.has(inFile(name));
  const stored = specs.filter((spec) => !isCopied(spec));
  checkTensors(
    files.path,
    stored.map((spec) => ({ ...spec, name: inFile(spec.name) })),
    entries,
  );
  const parameters = new Map<string, Parameter>();
  for (const spec of specs) {
    const source = isCopied(spec) ? "model.embed_tokens.weight" : spec.name;
    const data = await readFloats(files.path, files, inFile(source));
    parameters.set(spec.name, { shape: spec.shape, data });
  }
  const changes = [
    ...joinedFiles(files),
    ...conversions([...entries.values()].map(({ dtype }) => dtype)),
    ...(specs.some(isCopied)
      ? ["the head, tied to the embedding, is written out as a copy of it"]
      : []),
    ...(isHeadTied && !specs.some(isCopied)
      ? ["the config.json ties the head to the embedding, but it has a tensor, which was taken"]
      : []),
    ...(ignored.length > 0
      ? [
          `${counted(ignored.length, "tensor was", "tensors were")} left out, since RoPE is computed: ${ignored.join(", ")}`,
        ]
      : []),
  ];
  return { parameters, changes };
}

/** RoPE's frequencies, which transformers stored until 4.31; the configuration has them too. */
function isComputed(name: string): boolean {
  return name.endsWith(".rotary_emb.inv_freq");
}

function joinedFiles({ files }: WeightFiles): string[] {
  return files.length > 1 ? [`${files.length} files of weights were joined into one`] : [];
}

/** Which element types became float32, a sentence each. @param types - of a file's tensors */
export function conversions(types: readonly string[]): string[] {
  const others = [...new Set(types)].filter((type) => type !== "F32").sort();
  return others.map((type) => {
    const count = types.filter((each) => each === type).length;
    return `${counted(count, "tensor", "tensors")} of ${type} became F32`;
  });
}

function counted(count: number, one: string, many: string): string {
  return `${count} ${count === 1 ? one : many}`;
}
