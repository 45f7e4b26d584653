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

test("a file of another length or none says what to do", async () => {
  const folder = await folderWith({ "a.bin": new Uint8Array(5) });
  await expect(TokenFile.open(join(folder, "a.bin"), 3, 300)).rejects.toThrow(
    "expected 6 bytes, got 5; build the data set again",
  );
  await expect(TokenFile.open(join(folder, "b.bin"), 3, 300)).rejects.toThrow("cannot be opened");
});
