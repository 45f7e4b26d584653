import { appendFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildAll, folderWith, recipeOf } from "../build.fixture.ts";
import { openDataset } from "../dataset.ts";
import { openIn, picture, readAll } from "./image-sources.fixture.ts";

let red: Buffer;
let blue: Buffer;

beforeAll(async () => {
  [red, blue] = [await picture("red"), await picture("blue")];
});

test("text beside an image is its caption; images without one are counted", async () => {
  const folder = await folderWith({
    "p/b.png": red,
    "p/b.txt": "A red one.\n",
    "p/deep/a.webp.png": blue,
    "p/deep/a.webp.txt": "\uFEFFBlue.",
    "p/none.png": red,
    "p/readme.txt": "no image",
  });
  const { documents, skipped, broken } = await readAll(folder, { images: "p" });
  expect(documents.map(({ id, text }) => [id, text])).toEqual([
    ["b.png", "[IMG]A red one."],
    ["deep/a.webp.png", "[IMG]Blue."],
  ]);
  expect(documents[0]).toMatchObject({ hasSpecialTokens: true, images: [{ number: 0 }] });
  expect({ skipped, broken }).toEqual({ skipped: 1, broken: [] });
});

test("captions come from JSON Lines; those of one image belong together", async () => {
  const lines = [
    { image: "a.png", caption: "One." },
    { file_name: "a.png", text: "The same." },
    { image: "copy.png", caption: "A copy." },
    { image: "b.png", caption: "Other." },
  ].map((line) => JSON.stringify(line));
  const folder = await folderWith({
    ...{ "p/a.png": red, "p/copy.png": red, "p/b.png": blue, "p/c.png": blue },
    "c.jsonl": lines.join("\n\n"),
  });
  const { documents, texts, skipped } = await readAll(folder, { images: "p", captions: "c.jsonl" });
  expect(texts).toEqual(["[IMG]One.", "[IMG]The same.", "[IMG]A copy.", "[IMG]Other."]);
  const keys = documents.map(({ splitKey }) => splitKey);
  expect(keys[0]).toMatch(/^image [0-9a-f]{64}$/);
  expect(new Set(keys.slice(0, 3)).size).toBe(1);
  expect(keys[3]).not.toBe(keys[0]);
  expect(skipped).toBe(1); // c.png
});

test("captions come from CSV with quotes", async () => {
  const csv =
    'id,IMAGE,Caption\r\n1,a.png,"Red, says ""he"",\r\nin two lines"\r\n\r\n2,./a.png,Plain\r\n';
  const folder = await folderWith({ "p/a.png": red, "c.csv": csv });
  const { texts, skipped, broken } = await readAll(folder, { images: "p", captions: "c.csv" });
  expect(texts).toEqual(['[IMG]Red, says "he",\r\nin two lines', "[IMG]Plain"]);
  expect({ skipped, broken }).toEqual({ skipped: 0, broken: [] });
});

test("what is broken is named and left out, the rest stays", async () => {
  const lines = [
    '{"image": "a.png", "caption": "Good."}',
    '{"image": "missing.png", "caption": "x"}',
    '{"image": "cut.png", "caption": "x"}',
    '{"image": "../secret.png", "caption": "x"}',
    '{"image": "https://example.org/a.png", "caption": "x"}',
    '{"image": "a.png", "caption": " "}',
    '{"image": "a.png"}',
    "no JSON",
    '{"image": "a.png", "caption": "a [IMG] mark"}',
    '{"image": "a.png", "caption": "a </s> token"}',
  ];
  const folder = await folderWith({
    ...{ "p/a.png": red, "p/cut.png": red.subarray(0, red.length / 2), "secret.png": blue },
    "c.jsonl": lines.join("\n"),
  });
  const source = { images: "p", captions: "c.jsonl" };
  const { texts, skipped, broken } = await readAll(folder, source);
  expect(texts).toEqual(["[IMG]Good."]);
  expect(skipped).toBe(1); // the caption that spells a token
  expect(broken.map(({ item, reason }) => `${item}: ${reason}`)).toEqual([
    "c.jsonl, line 2: missing.png: expected an image there, found no file",
    expect.stringMatching(/^c.jsonl, line 3: cut.png: expected a whole image/),
    expect.stringContaining("line 4: ../secret.png: expected a path in the source's folder"),
    expect.stringContaining("line 5: https://example.org/a.png: expected a path or a data: URL"),
    "c.jsonl, line 6: expected a caption, got a blank one",
    "c.jsonl, line 7: expected the path of an image and its caption",
    "c.jsonl, line 8: expected the path of an image and its caption",
    "c.jsonl, line 9: the mark [IMG] stands in the text without an image",
  ]);
});

test("files that cannot be used as a whole stop the build", async () => {
  const folder = await folderWith({
    ...{ "p/a.png": red, "empty/x.txt": "no image" },
    "c.csv": "file,words\na.png,x",
    "open.csv": `image,caption\na.png,"${"never closed\n".repeat(100_000)}`,
  });
  const read = (captions: string) => readAll(folder, { images: "p", captions });
  await expect(read("c.csv")).rejects.toThrow(
    /c\.csv: expected a first line with the columns image,caption, got file,words/,
  );
  await expect(read("open.csv")).rejects.toThrow("line 2: the quote that begins there is never");
  await expect(read("none.jsonl")).rejects.toThrow("expected a readable file, got ENOENT");
  await expect(readAll(folder, { images: "empty" })).rejects.toThrow("found none of 1 files");
});

test("the fingerprint follows images and captions", async () => {
  const files = { "p/a.png": red, "p/a.txt": "A", "c.csv": "image,caption\n" };
  const folder = await folderWith(files);
  const source = { images: "p", captions: "c.csv" };
  const fingerprints = async () => [
    await openIn(folder, { images: "p" }).fingerprint(),
    await openIn(folder, source).fingerprint(),
  ];
  const before = await fingerprints();
  expect(await fingerprints()).toEqual(before);
  await writeFile(join(folder, "p/a.txt"), "A longer one");
  const sidecar = await fingerprints();
  expect(sidecar[0]).not.toBe(before[0]);
  expect(sidecar[1]).toBe(before[1]);
  await appendFile(join(folder, "c.csv"), "a.png,x\n");
  expect((await fingerprints())[1]).not.toBe(before[1]);
  await writeFile(join(folder, "p/a.png"), blue.subarray(1));
  expect((await fingerprints())[0]).not.toBe(sidecar[0]);
});

test("a build names broken records in its manifest, unless they are too many", async () => {
  const colours = Array.from({ length: 30 }, (_, i) => `rgb(${i * 8}, 0, 0)`);
  const pictures = await Promise.all(colours.map(picture));
  const files = Object.fromEntries(pictures.map((png, i) => [`p/${i}.png`, png]));
  const captions = colours.map((_, i) =>
    JSON.stringify({ image: `${i}.png`, caption: `No ${i}.` }),
  );
  const missing = JSON.stringify({ image: "missing.png", caption: "Missing." });
  const base = await folderWith({ ...files, "c.jsonl": [...captions, missing].join("\n") });
  const source = { name: "pictures", images: "p", captions: "c.jsonl" };
  const split = { validation: 0.2, heldout: 0.2 };
  const recipe = recipeOf(base, [source], { split, nearDuplicateImages: false });
  const dataset = await openDataset((await buildAll(recipe, join(base, "w"))).folder);
  const [made] = dataset.manifest.sources;
  const reason = "missing.png: expected an image there, found no file";
  expect(made).toMatchObject({ broken: 1, brokenItems: [{ item: "c.jsonl, line 31", reason }] });
  const { train, validation, heldout } = made!.images;
  expect(train + validation + heldout).toBe(30);
  const { images } = await dataset.batch({ seed: 1, step: 0, batchSize: 4, seqLen: 64 });
  expect(images.length).toBeGreaterThan(3);
  await dataset.close();

  const strict = recipeOf(base, [source], { split, maxBrokenShare: 0.01 });
  await expect(buildAll(strict, join(base, "w"))).rejects.toThrow(
    `source "pictures": 1 of 31 records are broken, expected at most a share of 0.01 (maxBrokenShare); the first: c.jsonl, line 31: ${reason}`,
  );
});
