import { createHash } from "node:crypto";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { expect, onTestFinished, test } from "vitest";
import { ImageError } from "../../errors.ts";
import { decodeImage } from "../../model/image/decode-image.ts";
import { imageHash } from "../../model/image/pixels.ts";
import type { StoredImage } from "../document.ts";
import { ImageFile } from "./image-file.ts";
import { imageFiles } from "./image-index.ts";
import { ImageStore } from "./image-store.ts";

/** A pattern that differs with its seed. */
function picture(seed: number, width = 128, height = 96) {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => (i * (seed + 7)) % 253);
  return sharp(data, { raw: { width, height, channels: 3 } });
}

async function opened(folder: string): Promise<ImageFile> {
  const file = await ImageFile.open(folder);
  onTestFinished(() => file.close());
  return file;
}

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "images-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

async function addTo(store: ImageStore, bytes: Uint8Array, where: string): Promise<StoredImage> {
  return store.add(await store.prepare(bytes, where));
}

function newStore(folder: string, nearDuplicates: number | false = false): Promise<ImageStore> {
  return ImageStore.create(folder, { nearDuplicates, scratchFolder: folder });
}

test("what comes twice, in whatever file, is stored once", async () => {
  const folder = await newFolder();
  const store = await newStore(folder);
  const first = await addTo(store, await picture(1).png().toBuffer(), "first");
  const second = await addTo(store, await picture(2).png().toBuffer(), "second");
  const again = await addTo(store, await picture(1).webp({ lossless: true }).toBuffer(), "again");
  expect(again).toEqual(first);
  expect([first.number, second.number, store.count]).toEqual([0, 1, 2]);
  expect(store.grid(0)).toEqual({ rows: 3, columns: 4 });
  await store.finish();
  const index = JSON.parse(await readFile(join(folder, imageFiles.index), "utf8"));
  expect(index).toHaveLength(2);
  expect(index[1]).toMatchObject({ hash: second.hash, offset: index[0].length });
});

test("images are read back as they were decoded", async () => {
  const folder = await newFolder();
  const store = await newStore(folder);
  const originals = await Promise.all([
    picture(3).png().toBuffer(),
    picture(4, 640, 333).jpeg().toBuffer(),
    picture(5, 20, 11).webp().toBuffer(),
  ]);
  const stored = [];
  for (const bytes of originals) stored.push(await addTo(store, bytes, "original"));
  await store.finish();
  const file = await opened(folder);
  expect(file.count).toBe(3);
  for (const [number, bytes] of originals.entries()) {
    const expected = await decodeImage(bytes, "original");
    const pixels = await file.read(number);
    expect(stored[number]).toMatchObject({ number, hash: imageHash(expected) });
    expect(file.grid(number)).toEqual(expected.grid);
    expect(pixels.grid).toEqual(expected.grid);
    expect(Buffer.compare(pixels.data, expected.data)).toBe(0);
  }
});

test("an equal order gives equal files, whose hashes are told; another order another", async () => {
  const build = async (seeds: readonly number[]) => {
    const folder = await newFolder();
    const store = await newStore(folder);
    for (const seed of seeds) await addTo(store, await picture(seed).png().toBuffer(), `${seed}`);
    const hashes = await store.finish();
    for (const name of Object.values(imageFiles)) {
      const content = await readFile(join(folder, name));
      expect(hashes[name]).toBe(createHash("sha256").update(content).digest("hex"));
    }
    return hashes;
  };
  const hashes = await build([1, 2, 3, 2]);
  expect(Object.keys(hashes)).toEqual(["images.bin", "images.json"]);
  expect(await build([1, 2, 3, 1])).toEqual(hashes);
  expect((await build([2, 1, 3]))["images.bin"]).not.toBe(hashes["images.bin"]);
});

test("images that are added at once are numbered in the order of the calls", async () => {
  const store = await newStore(await newFolder());
  const sides = [1024, 96, 512, 96];
  const bytes = await Promise.all(sides.map((side, i) => picture(i, side, side).png().toBuffer()));
  const preparing = [...bytes, bytes[0]!].map((image, i) => store.prepare(image, `${i}`));
  const added = (await Promise.all(preparing)).map((image) => store.add(image));
  expect((await Promise.all(added)).map(({ number }) => number)).toEqual([0, 1, 2, 3, 0]);
  sides.forEach((side, number) => {
    expect(store.grid(number)).toEqual({ rows: side / 32, columns: side / 32 });
  });
  await store.finish();
});

test("a broken image leaves no trace, and the store goes on", async () => {
  const folder = await newFolder();
  const store = await newStore(folder);
  const bytes = await picture(1).png().toBuffer();
  const broken = addTo(store, bytes.subarray(0, 200), "a/broken.png");
  await expect(broken).rejects.toThrow(ImageError);
  await expect(broken).rejects.toThrow(/^a\/broken\.png: expected a whole image/);
  expect(store.count).toBe(0);
  expect((await addTo(store, bytes, "whole")).number).toBe(0);
  await store.finish();
  expect((await opened(folder)).count).toBe(1);
});

test("near duplicates are kept, in the cluster of the first; without the setting each is its own", async () => {
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="256" height="256"><rect width="256" height="256" fill="#fff"/>
<rect x="30" y="50" width="90" height="120" fill="#a22"/><circle cx="180" cy="90" r="50" fill="#22a"/></svg>`;
  const drawing = sharp(Buffer.from(svg)).flatten();
  const images = [
    await picture(9, 256, 256).png().toBuffer(),
    await drawing.clone().png().toBuffer(),
    await drawing.clone().jpeg({ quality: 60 }).toBuffer(),
  ];
  const clusters = async (nearDuplicates: number | false) => {
    const store = await newStore(await newFolder(), nearDuplicates);
    const stored = [];
    for (const bytes of images) stored.push(await addTo(store, bytes, "image"));
    await store.finish();
    expect(stored.map(({ number }) => number)).toEqual([0, 1, 2]);
    return stored.map(({ cluster }) => cluster);
  };
  expect(await clusters(8)).toEqual([0, 1, 1]);
  expect(await clusters(false)).toEqual([0, 1, 2]);
});

test("generated images repeat each other on purpose: near duplicates are not looked for", async () => {
  const store = await newStore(await newFolder(), 8);
  const png = await picture(9, 256, 256).png().toBuffer();
  const jpeg = await picture(9, 256, 256).jpeg({ quality: 95 }).toBuffer();
  const add = async (bytes: Uint8Array, isGenerated: boolean) =>
    (await store.add(await store.prepare(bytes, "image", { isGenerated }))).cluster;
  expect([await add(png, true), await add(jpeg, true)]).toEqual([0, 1]);
  const other = await picture(3, 256, 256).png().toBuffer();
  const again = await picture(3, 256, 256).jpeg({ quality: 95 }).toBuffer();
  // clusters are numbers of the store, also behind images that were not compared
  expect([await add(other, false), await add(again, false)]).toEqual([2, 2]);
  await store.finish();
});

test("images longer than the store's longest side are brought to it", async () => {
  const folder = await newFolder();
  const store = await ImageStore.create(folder, {
    ...{ nearDuplicates: false, scratchFolder: folder },
    longestSide: 96,
  });
  const { grid } = await addTo(store, await picture(1, 512, 512).png().toBuffer(), "large");
  expect(grid).toEqual({ rows: 3, columns: 3 });
  await store.finish();
  expect((await (await opened(folder)).read(0)).grid).toEqual(grid);
});
