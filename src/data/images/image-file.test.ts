import { mkdtemp, readFile, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { DataError } from "../../errors.ts";
import { ImageFile } from "./image-file.ts";
import { imageFiles } from "./image-index.ts";
import { ImageStore } from "./image-store.ts";

/** A folder with images of these sides in pixels, and the paths of its two files. */
async function stored(sides: readonly number[]) {
  const folder = await mkdtemp(join(tmpdir(), "images-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  const store = await ImageStore.create(folder, { nearDuplicates: false, scratchFolder: folder });
  for (const [number, side] of sides.entries()) {
    const background = { r: number, g: 100, b: 200 };
    const image = sharp({ create: { width: side, height: side, channels: 3, background } });
    await store.add(await store.prepare(await image.png().toBuffer(), `${number}`));
  }
  await store.finish();
  const [pixels, index] = [join(folder, imageFiles.pixels), join(folder, imageFiles.index)];
  return { folder, pixels, index };
}

async function opened(...open: Parameters<typeof ImageFile.open>): Promise<ImageFile> {
  const file = await ImageFile.open(...open);
  onTestFinished(() => file.close());
  return file;
}

test("what was read lately is kept; what was dropped is decoded again and equal", async () => {
  const { folder } = await stored([96, 96, 128, 96]);
  const file = await opened(folder, { keptBytes: (2 * 96 ** 2 + 128 ** 2) * 3 });
  const first = await file.read(0);
  const second = await file.read(1);
  expect(first.data.subarray(0, 3)).toEqual(Uint8Array.of(0, 100, 200));
  const third = await file.read(2);
  expect(await file.read(0)).toBe(first); // the second is now the oldest
  await file.read(3);
  expect(await file.read(2)).toBe(third);
  expect(await file.read(0)).toBe(first);
  const again = await file.read(1);
  expect(again).not.toBe(second);
  expect(again).toEqual(second);
});

test("an image larger than what is kept is read all the same", async () => {
  const file = await opened((await stored([96, 128])).folder, { keptBytes: 1 });
  const first = await file.read(0);
  expect(await file.read(0)).toBe(first);
  expect((await file.read(1)).grid).toEqual({ rows: 4, columns: 4 });
  expect(await file.read(0)).not.toBe(first);
  expect(await file.read(0)).toEqual(first);
});

test("readers at the same time share one decoded image", async () => {
  const file = await opened((await stored([96, 128])).folder);
  const [one, two, three] = await Promise.all([file.read(1), file.read(0), file.read(1)]);
  expect(one).toBe(three);
  expect([one?.grid.rows, two?.grid.rows]).toEqual([4, 3]);
});

test("a folder without images has none", async () => {
  const file = await opened((await stored([])).folder);
  expect(file.count).toBe(0);
});

test.each<[string, RegExp, (paths: { pixels: string; index: string }) => Promise<void>]>([
  ["no pixels", /ENOENT/, ({ pixels }) => rm(pixels)],
  ["no index", /ENOENT/, ({ index }) => rm(index)],
  ["short pixels", /expected \d+ bytes, got 10\b/, ({ pixels }) => truncate(pixels, 10)],
  ["an index cut off", /JSON/, ({ index }) => truncate(index, 20)],
  ["another index", /expected array/, ({ index }) => writeFile(index, '{"a":1}')],
])("%s: the folder is refused", async (_, message, damage) => {
  const paths = await stored([96]);
  await damage(paths);
  const error = await ImageFile.open(paths.folder).catch((cause: unknown) => cause);
  expect(error).toBeInstanceOf(DataError);
  expect((error as Error).message).toMatch(message);
  expect((error as Error).message).toMatch(/^images of .+: cannot be opened .+build the data set/s);
});

async function flipMiddle(path: string): Promise<void> {
  const bytes = await readFile(path);
  bytes[bytes.length >> 1]! ^= 1;
  await writeFile(path, bytes);
}

test.each<[string, RegExp, (paths: { pixels: string; index: string }) => Promise<void>]>([
  ["lost", /ENOENT/, ({ pixels }) => rm(pixels)],
  ["cut off", /expected \d+ bytes at 0, got 10\b/, ({ pixels }) => truncate(pixels, 10)],
  ["changed by a bit", /incorrect|invalid|unexpected/, ({ pixels }) => flipMiddle(pixels)],
])("pixels %s after they were opened are a DataError", async (_, message, damage) => {
  const paths = await stored([96]);
  const file = await opened(paths.folder);
  const whole = await readFile(paths.pixels);
  await damage(paths);
  for (let attempt = 0; attempt < 2; attempt++) {
    const error = await file.read(0).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(DataError);
    expect((error as Error).message).toMatch(message);
    expect((error as Error).message).toMatch(
      /^image 0 of .+: cannot be read .+build the data set/s,
    );
  }
  await writeFile(paths.pixels, whole);
  expect((await file.read(0)).grid).toEqual({ rows: 3, columns: 3 });
});

test.each([
  [{ rows: 4 }, "expected 36864 bytes of pixels, got 27648"],
  [{ rows: 9, columns: 1 }, "its size or pixels are not those of its hash"],
])("an index that tells another grid, %o, is a DataError", async (grid, message) => {
  const { folder, index } = await stored([96]);
  const records = JSON.parse(await readFile(index, "utf8"));
  await writeFile(index, JSON.stringify([{ ...records[0], ...grid }]));
  const reading = (await opened(folder)).read(0);
  await expect(reading).rejects.toThrow(DataError);
  await expect(reading).rejects.toThrow(message);
});
