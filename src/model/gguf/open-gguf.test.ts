import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { CheckpointError } from "../../errors.ts";
import {
  type GgufContent,
  ggufBytes,
  type Typed,
  type WrittenTensor,
  writeGguf,
} from "./gguf.fixture.ts";
import { openGguf } from "./open-gguf.ts";

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
  path = join(folder, "model.gguf");
});
afterAll(() => rm(folder, { recursive: true }));

const floats = (shape: readonly number[], values: readonly number[]): WrittenTensor => ({
  ...{ shape, type: 0 },
  data: Buffer.from(Float32Array.from(values).buffer),
});
const metadata: Readonly<Record<string, Typed>> = {
  "general.architecture": ["text", "llama"],
  "a.u8": ["u8", 255],
  "a.i32": ["i32", -7],
  "a.f32": ["f32", 0.5],
  "a.bool": ["bool", 1],
  "a.f64": ["f64", 0.1],
  "a.u64": ["u64", 2 ** 40],
  "a.texts": ["texts", ["", "é", "<s>"]],
  "a.i32s": ["i32s", [1, -2]],
};
const tensors = { first: floats([2, 3], [1, 2, 3, 4, 5, 6]), second: floats([2], [7, 8]) };
const content: GgufContent = { metadata, tensors };

describe("a file", () => {
  test.each([2, 3])(
    "of version %d gives its keys and its tensors, in any order",
    async (version) => {
      await writeGguf(path, { ...content, version });
      const file = await openGguf(path);
      const values = [255, -7, 0.5, true, 0.1, 2 ** 40, ["", "é", "<s>"], [1, -2]];
      expect([...file.metadata.values()]).toEqual(["llama", ...values]);
      expect(await file.read("second")).toEqual({ shape: [2], data: Float32Array.of(7, 8) });
      const data = Float32Array.of(1, 2, 3, 4, 5, 6);
      expect(await file.read("first")).toEqual({ shape: [2, 3], data });
      await expect(file.read("third")).rejects.toThrow(`${path}: has no tensor third`);
      await file.close();
    },
  );

  test("whose header is longer than what is read at first is read on", async () => {
    const words = Array.from({ length: 200_000 }, (_, i) => `a rather long token ${i}`);
    await writeGguf(path, { ...content, metadata: { ...metadata, words: ["texts", words] } });
    const file = await openGguf(path);
    expect(file.metadata.get("words")).toEqual(words);
    expect((await file.read("second")).shape).toEqual([2]);
    await file.close();
  });
});

const changed = (change: Partial<GgufContent>) => ggufBytes({ ...content, ...change });
const tensor = (change: Partial<WrittenTensor>) =>
  changed({ tensors: { first: { ...tensors.first, ...change } } });
const value = (...bytes: number[]): Typed => ["raw", Buffer.from(bytes)];
const faults: [string, () => Buffer, RegExp][] = [
  [
    "another format",
    () => Buffer.from("PK\u0003\u0004 and more bytes"),
    /not a GGUF file.*give a GGUF/,
  ],
  ["version 1", () => changed({ version: 1 }), /expected GGUF of version 2 or 3, got 1; convert/],
  ["the other byte order", () => changed({ version: 3 << 24 }), /got a big-endian file; convert/],
  ["an empty file", () => Buffer.alloc(0), /cut off or broken: its header does not end within 0/],
  [
    "a header that is cut off",
    () => ggufBytes(content).subarray(0, 150),
    /header does not end within 150/,
  ],
  [
    "data that are cut off",
    () => ggufBytes(content).subarray(0, -32),
    /cut off: the tensor second ends/,
  ],
  [
    "a type of value",
    () => changed({ metadata: { k: value(77, 0, 0, 0) } }),
    /the key k has the unknown type 77/,
  ],
  [
    "an array of more than there is",
    () =>
      changed({ metadata: { k: value(9, 0, 0, 0, 4, 0, 0, 0, 255, 255, 255, 255, 255, 0, 0, 0) } }),
    /header does not end within/,
  ],
  [
    "a length that cannot be",
    () => changed({ metadata: { k: value(8, 0, 0, 0, ...Array<number>(8).fill(255)) } }),
    /the length of the key k is 18446744073709551615/,
  ],
  [
    "a type of tensor",
    () => tensor({ type: 12 }),
    /the tensor first has the ggml type 12, read are F32, F16, BF16, Q4_0, Q4_1, Q8_0; take/,
  ],
  ["too many axes", () => tensor({ shape: [1, 1, 1, 2, 3] }), /the tensor first has 5 axes/],
  [
    "rows of broken blocks",
    () => tensor({ type: 8 }),
    /first of Q8_0 has the shape \[2, 3\], rows of whole blocks of 32/,
  ],
  [
    "a size that cannot be",
    () => tensor({ shape: [2 ** 40, 2 ** 40] }),
    /first of F32 has the shape/,
  ],
  [
    "an alignment that cannot be",
    () => changed({ metadata: { "general.alignment": ["u32", 0] } }),
    /general.alignment is 0/,
  ],
];

describe("refused, with the file and what to do", () => {
  test.each(faults)("%s", async (_, bytes, message) => {
    await writeFile(path, bytes());
    const opened = openGguf(path);
    await expect(opened).rejects.toThrow(CheckpointError);
    await expect(opened).rejects.toThrow(message);
    await expect(opened).rejects.toThrow(new RegExp(`^${path}: .*(copy|give|take|convert)`, "s"));
  });

  test("no file, a folder, tensors that overlap or are out of place, a key twice", async () => {
    await expect(openGguf(join(folder, "no.gguf"))).rejects.toThrow(/there is no such file/);
    await expect(openGguf(folder)).rejects.toThrow(CheckpointError);
    const bytes = ggufBytes(content);
    const overlapping = Buffer.from(bytes);
    overlapping.writeBigUInt64LE(0n, overlapping.indexOf("second") + 6 + 4 + 8 + 4);
    await writeFile(path, overlapping);
    await expect(openGguf(path)).rejects.toThrow(/the tensor second overlaps the one before it/);
    const shifted = Buffer.from(bytes);
    shifted.writeBigUInt64LE(4n, shifted.indexOf("second") + 6 + 4 + 8 + 4);
    await writeFile(path, shifted);
    await expect(openGguf(path)).rejects.toThrow(/second begins at 4, no multiple of 32/);
    const key = Buffer.from(bytes);
    key.write("a.f32", key.indexOf("a.i32"), "latin1");
    await writeFile(path, key);
    await expect(openGguf(path)).rejects.toThrow(/the key a.f32 is there twice/);
  });

  test("a file that becomes shorter while it is read", async () => {
    await writeGguf(path, content);
    const file = await openGguf(path);
    await truncate(path, 400);
    await expect(file.read("second")).rejects.toThrow(/became \d+ bytes shorter while it was read/);
    await file.close();
  });
});
