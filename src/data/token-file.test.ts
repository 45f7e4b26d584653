import { open } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith } from "./build.fixture.ts";
import { TokenFile } from "./token-file.ts";

test("16-bit and 32-bit streams are read anywhere, up to their end", async () => {
  const folder = await folderWith({
    "a.bin": new Uint8Array(Uint16Array.of(1, 65535, 3).buffer),
    "b.bin": new Uint8Array(Uint32Array.of(1, 70000).buffer),
  });
  const narrow = await TokenFile.open(join(folder, "a.bin"), 3, 65536);
  const target = new Int32Array(3).fill(-7);
  expect(await narrow.read(1, 3, target)).toBe(2);
  expect([...target]).toEqual([65535, 3, -7]);
  expect(await narrow.read(9, 3, target)).toBe(0);
  const wide = await TokenFile.open(join(folder, "b.bin"), 2, 65537);
  expect(await wide.read(0, 2, target)).toBe(2);
  expect([...target]).toEqual([1, 70000, -7]);
  await narrow.close();
  await wide.close();
});

test("a file that is too large for memory is read at the same places", async () => {
  const path = join(await folderWith({}), "a.bin");
  const tokens = 10 * 2 ** 20;
  const file = await open(path, "w");
  await file.write(Uint16Array.of(5, 6), 0, 4, 2 * 1000);
  await file.write(Uint16Array.of(7), 0, 2, 2 * (tokens - 1));
  await file.close();
  const large = await TokenFile.open(path, tokens, 300);
  const before = process.memoryUsage().arrayBuffers;
  const target = new Int32Array(4).fill(-7);
  expect(await large.read(999, 4, target)).toBe(4);
  expect([...target]).toEqual([0, 5, 6, 0]);
  expect(await large.read(tokens - 1, 4, target.fill(-7))).toBe(1);
  expect([...target]).toEqual([7, -7, -7, -7]);
  expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(2 ** 20);
  await large.close();
});

test("a file of another length or none says what to do", async () => {
  const folder = await folderWith({ "a.bin": new Uint8Array(5) });
  await expect(TokenFile.open(join(folder, "a.bin"), 3, 300)).rejects.toThrow(
    "expected 6 bytes, got 5; build the data set again",
  );
  await expect(TokenFile.open(join(folder, "b.bin"), 3, 300)).rejects.toThrow("cannot be opened");
});
