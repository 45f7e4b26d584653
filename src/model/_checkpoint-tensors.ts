import { CheckpointError } from "../errors.ts";
import { elementCount } from "../tensor/dtype.ts";
import type { ModelConfig } from "./config.ts";
import { type ParameterSpec, parameterSpecs } from "./parameters.ts";
import type { SafetensorsReader, StoredTensor } from "./safetensors.ts";
import { storedName } from "./stored-names.ts";

/** A trained tensor in memory. */
export interface Parameter {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Parameters by name, with their shapes or as plain values. */
export type NamedParameters =
  | Readonly<Record<string, Float32Array>>
  | ReadonlyMap<string, Parameter>;

/** How many faults a message lists before it only counts them. */
const listedFaults = 20;

/**
 * The tensors of a model in the order of `parameterSpecs`, ready to be written, by the names that
 * they have in a file.
 *
 * @throws {CheckpointError} naming every tensor that is missing, unknown or of another size
 */
export function tensorsToSave(
  folder: string,
  config: ModelConfig,
  parameters: NamedParameters,
): [string, StoredTensor][] {
  const named: ReadonlyMap<string, Float32Array> =
    parameters instanceof Map
      ? new Map([...parameters].map(([name, { data }]) => [name, data]))
      : new Map(Object.entries(parameters));
  const specs = parameterSpecs(config);
  const inFile = storedName(config);
  const faults = unknownNames(named.keys(), specs);
  const tensors: [string, StoredTensor][] = [];
  for (const { name, shape } of specs) {
    const data = named.get(name);
    const expected = elementCount(shape);
    if (data === undefined) faults.push(`${name}: expected [${shape.join(", ")}], missing`);
    else if (data.length !== expected) {
      faults.push(
        `${name}: expected ${expected} elements of [${shape.join(", ")}], got ${data.length}`,
      );
    } else tensors.push([inFile(name), { dtype: "F32", shape, data }]);
  }
  if (faults.length > 0) {
    throw new CheckpointError(
      `${folder}: the parameters do not fit the model's configuration: ${list(faults)}`,
    );
  }
  return tensors;
}

/**
 * Compares the tensors of a file with those that a model needs.
 *
 * @param specs - with the names that the file has for them
 * @throws {CheckpointError} naming every tensor that is missing, unknown or of another shape
 */
export function checkTensors(
  path: string,
  specs: readonly ParameterSpec[],
  entries: SafetensorsReader["entries"],
): void {
  const faults = unknownNames(entries.keys(), specs);
  for (const { name, shape } of specs) {
    const entry = entries.get(name);
    const expected = `[${shape.join(", ")}]`;
    const got = entry === undefined ? undefined : `[${entry.shape.join(", ")}]`;
    if (got === undefined) faults.push(`${name}: expected ${expected}, missing`);
    else if (got !== expected) faults.push(`${name}: expected ${expected}, got ${got}`);
  }
  if (faults.length > 0) {
    throw new CheckpointError(
      `${path}: the tensors do not fit the config.json beside it: ${list(faults)}; use the ` +
        "config.json that was saved with them",
    );
  }
}

/**
 * Reads one tensor of floats.
 *
 * @throws {CheckpointError} when it holds whole numbers, as quantised models do
 */
export async function readFloats(
  path: string,
  reader: Pick<SafetensorsReader, "read">,
  name: string,
): Promise<Float32Array> {
  const { data, dtype } = await reader.read(name);
  if (data instanceof Float32Array) return data;
  throw new CheckpointError(
    `${path}: tensor ${name} must hold F32, F16 or BF16, got ${dtype}; quantised models cannot be loaded`,
  );
}

function unknownNames(names: Iterable<string>, specs: readonly ParameterSpec[]): string[] {
  const known = new Set(specs.map(({ name }) => name));
  return [...names].filter((name) => !known.has(name)).map((name) => `${name}: not of this model`);
}

function list(faults: readonly string[]): string {
  const rest = faults.length - listedFaults;
  const shown = faults.slice(0, listedFaults).join("; ");
  return rest > 0 ? `${shown}; and ${rest} more` : shown;
}
