import { z } from "zod";
import { CheckpointError } from "../errors.ts";
import { elementCount } from "../tensor/dtype.ts";
import { type DTypeName, dtypes } from "./safetensors-dtypes.ts";

/** Where one tensor lies; `begin` and `end` are bytes from the start of the data. */
export interface TensorEntry {
  readonly dtype: DTypeName;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A checked header. */
export interface SafetensorsHeader {
  readonly metadata: Readonly<Record<string, string>>;
  readonly entries: ReadonlyMap<string, TensorEntry>;
  /** Byte of the file at which the data start. */
  readonly dataStart: number;
}

/** Readers of the format refuse longer headers. */
const maxHeaderBytes = 100_000_000;

const size = z.int().min(0);
const headerEntry = z.object({
  dtype: z.string(),
  shape: z.array(size),
  data_offsets: z.tuple([size, size]),
});

/**
 * Parses and checks the JSON of a header: known element types, each range as long as its shape
 * says, ranges that fill the data without a gap or an overlap.
 *
 * @param json - the header's bytes
 * @param fileBytes - length of the whole file
 * @throws {CheckpointError} that names the tensor and says what to do
 */
export function parseHeader(path: string, json: Uint8Array, fileBytes: number): SafetensorsHeader {
  if (json.byteLength > maxHeaderBytes) {
    throw broken(path, `it has ${json.byteLength} bytes, at most ${maxHeaderBytes} are allowed`);
  }
  const { __metadata__: givenMetadata = {}, ...tensors } = parseObject(path, json);
  const metadata = z.record(z.string(), z.string()).safeParse(givenMetadata);
  if (!metadata.success) throw broken(path, "__metadata__ must hold strings only");
  const entries = new Map<string, TensorEntry>();
  for (const [name, value] of Object.entries(tensors)) {
    entries.set(name, parseEntry(path, name, value));
  }
  const dataStart = 8 + json.byteLength;
  checkRanges(path, entries, fileBytes - dataStart);
  return { metadata: metadata.data, entries, dataStart };
}

/**
 * The first bytes of a file: header length and JSON, padded with spaces so that the data start at
 * a multiple of 8.
 */
export function encodeHeader(
  tensors: readonly (readonly [string, { dtype: DTypeName; shape: readonly number[] }])[],
  metadata: Readonly<Record<string, string>>,
): Uint8Array {
  const header: Record<string, unknown> =
    Object.keys(metadata).length > 0 ? { __metadata__: metadata } : {};
  let begin = 0;
  for (const [name, { dtype, shape }] of tensors) {
    const end = begin + elementCount(shape) * dtypes[dtype].bytes;
    header[name] = { dtype, shape, data_offsets: [begin, end] };
    begin = end;
  }
  const json = Buffer.from(JSON.stringify(header));
  const bytes = Buffer.alloc(8 + Math.ceil(json.length / 8) * 8, " ");
  bytes.writeBigUInt64LE(BigInt(bytes.length - 8));
  json.copy(bytes, 8);
  return bytes;
}

function parseObject(path: string, json: Uint8Array): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(json));
  } catch (error) {
    throw broken(path, "it is not JSON", error);
  }
  const result = z.record(z.string(), z.unknown()).safeParse(parsed);
  if (!result.success) throw broken(path, "it must be a JSON object of tensors");
  return result.data;
}

function parseEntry(path: string, name: string, value: unknown): TensorEntry {
  const result = headerEntry.safeParse(value);
  if (!result.success) {
    throw broken(path, `tensor ${name} must have dtype, shape and data_offsets`, result.error);
  }
  const { dtype, shape, data_offsets: offsets } = result.data;
  if (!isDTypeName(dtype)) {
    throw new CheckpointError(
      `${path}: tensor ${name} has the element type ${dtype}, known are ` +
        `${Object.keys(dtypes).join(", ")}; convert the file to F32, F16 or BF16 first`,
    );
  }
  const [begin, end] = offsets;
  const expected = elementCount(shape) * dtypes[dtype].bytes;
  if (end - begin !== expected) {
    throw broken(
      path,
      `tensor ${name} of ${dtype} [${shape.join(", ")}] needs ${expected} bytes, its range ` +
        `${begin} to ${end} has ${end - begin}`,
    );
  }
  return { dtype, shape, begin, end };
}

function checkRanges(
  path: string,
  entries: ReadonlyMap<string, TensorEntry>,
  dataBytes: number,
): void {
  let covered = 0;
  const inOrder = [...entries].sort(([, a], [, b]) => a.begin - b.begin || a.end - b.end);
  for (const [name, { begin, end }] of inOrder) {
    if (begin !== covered) {
      const fault = begin < covered ? "overlaps the tensor before it" : "leaves a gap before it";
      throw broken(
        path,
        `tensor ${name} ${fault}: it starts at byte ${begin}, expected ${covered}`,
      );
    }
    covered = end;
  }
  if (covered !== dataBytes) {
    const fault = dataBytes < covered ? "the file is cut off" : "there are bytes after the last";
    throw new CheckpointError(
      `${path}: the tensors take ${covered} bytes and ${dataBytes} are there, ${fault}; copy the ` +
        "file again, or use an earlier checkpoint",
    );
  }
}

function isDTypeName(name: string): name is DTypeName {
  return Object.hasOwn(dtypes, name);
}

function broken(path: string, what: string, cause?: unknown): CheckpointError {
  return new CheckpointError(
    `${path}: the safetensors header is broken: ${what}; copy the file again, or use an earlier checkpoint`,
    { cause },
  );
}
