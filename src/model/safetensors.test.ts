import { execFileSync } from "node:child_process";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import {
  openSafetensors,
  readSafetensors,
  type StoredTensor,
  writeSafetensors,
} from "./safetensors.ts";

let folder = "";
let path = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-safetensors-"));
  path = join(folder, "model.safetensors");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const matrix: StoredTensor = {
  dtype: "F32",
  shape: [2, 3],
  data: Float32Array.of(1, -2, 3.5, 0, 1e-30, Number.MAX_VALUE),
};

/** Bytes of a file with this header and so many bytes of data. */
function fileOf(header: unknown, dataBytes: number): Buffer {
  const json = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, Buffer.alloc(dataBytes)]);
}

const f32 = (shape: number[], begin: number, end: number) => ({
  dtype: "F32",
  shape,
  data_offsets: [begin, end],
});

describe("writeSafetensors and readSafetensors", () => {
  it("round-trip tensors, shapes, metadata and order", async () => {
    const tensors: [string, StoredTensor][] = [
      ["b", matrix],
      ["a", { dtype: "F32", shape: [], data: Float32Array.of(7) }],
      ["empty", { dtype: "F32", shape: [0, 4], data: new Float32Array(0) }],
    ];
    await writeSafetensors(path, tensors, { format: "pt" });
    const read = await readSafetensors(path);
    expect(read.metadata).toEqual({ format: "pt" });
    expect([...read.tensors]).toEqual(tensors);
  });

  it("round-trip whole numbers of every size, aligned whatever their order", async () => {
    const tensors: [string, StoredTensor][] = [
      ["flags", { dtype: "BOOL", shape: [3], data: Uint8Array.of(1, 0, 1) }],
      ["bytes", { dtype: "U8", shape: [1], data: Uint8Array.of(255) }],
      ["signed", { dtype: "I8", shape: [1], data: Int8Array.of(-128) }],
      ["words", { dtype: "U16", shape: [1], data: Uint16Array.of(65_535) }],
      ["ids", { dtype: "I32", shape: [2], data: Int32Array.of(-1, 2 ** 31 - 1) }],
      ["steps", { dtype: "I64", shape: [1], data: BigInt64Array.of(-(2n ** 63n)) }],
    ];
    await writeSafetensors(path, tensors);
    const read = await readSafetensors(path);
    expect(Object.fromEntries(read.tensors)).toEqual(Object.fromEntries(tensors));
    const reader = await openSafetensors(path);
    expect(reader.entries.get("steps")?.begin).toBe(0);
    expect((reader.entries.get("ids")?.begin ?? 1) % 4).toBe(0);
    await reader.close();
  });

  it("writes the documented bytes, the data at a multiple of 8", async () => {
    await writeSafetensors(path, [["x", { dtype: "F32", shape: [1], data: Float32Array.of(1) }]]);
    const bytes = await readFile(path);
    const json = '{"x":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}';
    const padded = json.padEnd(Math.ceil(json.length / 8) * 8);
    expect(bytes.readBigUInt64LE()).toBe(BigInt(padded.length));
    expect(bytes.subarray(8, 8 + padded.length).toString()).toBe(padded);
    expect([...bytes.subarray(8 + padded.length)]).toEqual([0, 0, 0x80, 0x3f]);
  });

  it("reads float16, bfloat16 and float64 as float32", async () => {
    const halves = [0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000, 0x3555];
    const brains = [0x3f80, 0xc000, 0x7f80, 0x3eab];
    await writeSafetensors(path, [
      ["half", { dtype: "F16", shape: [7], data: Uint16Array.from(halves) }],
      ["brain", { dtype: "BF16", shape: [4], data: Uint16Array.from(brains) }],
      ["double", { dtype: "F64", shape: [1], data: Float64Array.of(0.1) }],
    ]);
    const { tensors } = await readSafetensors(path);
    expect(tensors.get("half")?.data).toEqual(
      Float32Array.of(1, -2, 2 ** -24, 65_504, Number.POSITIVE_INFINITY, -0, 0.333251953125),
    );
    expect(tensors.get("brain")?.data).toEqual(
      Float32Array.of(1, -2, Number.POSITIVE_INFINITY, 0.333984375),
    );
    expect(tensors.get("double")?.data).toEqual(Float32Array.of(0.1));
  });

  it("reads one tensor without the others", async () => {
    await writeSafetensors(path, [
      ["first", { dtype: "F32", shape: [2], data: Float32Array.of(1, 2) }],
      ["second", matrix],
    ]);
    const reader = await openSafetensors(path);
    expect(reader.entries.get("second")).toEqual({
      dtype: "F32",
      shape: [2, 3],
      begin: 8,
      end: 32,
    });
    expect(await reader.read("second")).toEqual(matrix);
    await expect(reader.read("third")).rejects.toThrow(`${path}: has no tensor third`);
    await reader.close();
  });

  it("writes a view into a larger buffer, not the buffer", async () => {
    const data = Float32Array.of(9, 1, 2, 9).subarray(1, 3);
    await writeSafetensors(path, [["view", { dtype: "F32", shape: [2], data }]]);
    const { tensors } = await readSafetensors(path);
    expect(tensors.get("view")?.data).toEqual(Float32Array.of(1, 2));
  });

  it("refuses data of another size or array before touching the file", async () => {
    await writeFile(path, "old");
    const short: StoredTensor = { dtype: "F32", shape: [3], data: Float32Array.of(1) };
    await expect(writeSafetensors(path, [["x", short]])).rejects.toThrow(
      "tensor x of F32 [3] needs a Float32Array of 3 elements, got a Float32Array of 1",
    );
    const wrong: StoredTensor = { dtype: "F16", shape: [1], data: Float32Array.of(1) };
    await expect(writeSafetensors(path, [["x", wrong]])).rejects.toThrow(CheckpointError);
    expect(await readFile(path, "utf8")).toBe("old");
  });

  it("replaces a file whole and leaves nothing beside it", async () => {
    await writeSafetensors(path, [["old", matrix]]);
    await writeSafetensors(path, [["new", matrix]]);
    expect([...(await readSafetensors(path)).tensors.keys()]).toEqual(["new"]);
    expect(await readdir(folder)).toEqual(["model.safetensors"]);
  });
});

describe("a broken file", () => {
  it.each<[string, Buffer, string]>([
    ["of no bytes", Buffer.alloc(0), "the file has 0 in all"],
    ["of text", Buffer.from("<!doctype html><html>"), "not a safetensors file, or cut off"],
    ["with a header length of 0", Buffer.alloc(16), "should have 0 bytes"],
    ["with a header cut off", fileOf({ x: f32([2], 0, 8) }, 8).subarray(0, 20), "cut off"],
    ["with a header not JSON", fileOf("{{{{", 0), "it is not JSON"],
    ["with a header that is a list", fileOf([], 0), "it must be a JSON object"],
    ["with numbers in metadata", fileOf({ __metadata__: { step: 1 } }, 0), "strings only"],
    ["without offsets", fileOf({ x: { dtype: "F32", shape: [1] } }, 4), "tensor x must have dtype"],
    ["with a negative size", fileOf({ x: f32([-1], 0, 4) }, 4), "tensor x must have dtype"],
    ["of an unknown type", fileOf({ x: { ...f32([4], 0, 4), dtype: "F4" } }, 4), "type F4, known"],
    ["with a range too short", fileOf({ x: f32([2], 0, 4) }, 4), "needs 8 bytes, its range 0 to 4"],
    [
      "with ranges that overlap",
      fileOf({ x: f32([2], 0, 8), y: f32([2], 4, 12) }, 12),
      "tensor y overlaps the tensor before it: it starts at byte 4, expected 8",
    ],
    [
      "with a gap between ranges",
      fileOf({ x: f32([1], 0, 4), y: f32([1], 8, 12) }, 12),
      "tensor y leaves a gap before it: it starts at byte 8, expected 4",
    ],
    [
      "whose data are cut off",
      fileOf({ x: f32([4], 0, 16) }, 10),
      "take 16 bytes and 10 are there",
    ],
    ["with bytes left over", fileOf({ x: f32([1], 0, 4) }, 6), "there are bytes after the last"],
  ])("%s is refused with the path and what to do", async (_, bytes, message) => {
    await writeFile(path, bytes);
    const reading = readSafetensors(path);
    await expect(reading).rejects.toBeInstanceOf(CheckpointError);
    await expect(reading).rejects.toThrow(path);
    await expect(reading).rejects.toThrow(message);
    await expect(reading).rejects.toThrow(/copy (it|the file) again|convert the file/);
  });

  it("that is not there is named", async () => {
    await expect(readSafetensors(path)).rejects.toThrow(`${path}: there is no such file`);
  });

  it("that is a folder is refused", async () => {
    await expect(readSafetensors(folder)).rejects.toBeInstanceOf(CheckpointError);
  });
});

/** Mounts a file system of 256 KiB, or says that this user may not. */
function mountSmallDisk(at: string): boolean {
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=256k", "tmpfs", at], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}

describe("a full disk", () => {
  it("is said, and the old file stays", async ({ skip }) => {
    if (!mountSmallDisk(folder)) skip("mounting a small tmpfs needs root");
    try {
      await writeSafetensors(path, [["old", matrix]]);
      const large: StoredTensor = {
        dtype: "F32",
        shape: [100_000],
        data: new Float32Array(100_000),
      };
      const writing = writeSafetensors(path, [["large", large]]);
      await expect(writing).rejects.toBeInstanceOf(CheckpointError);
      await expect(writing).rejects.toThrow(/disk is full.*400\d\d\d bytes.*Free some space/s);
      expect([...(await readSafetensors(path)).tensors.keys()]).toEqual(["old"]);
      expect(await readdir(folder)).toEqual(["model.safetensors"]);
    } finally {
      execFileSync("umount", [folder]);
    }
  });
});
