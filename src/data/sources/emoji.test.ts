import { join } from "node:path";
import { create } from "tar";
import { beforeAll, expect, test } from "vitest";
import { buildAll, folderWith, recipeOf } from "../build.fixture.ts";
import { openDataset } from "../dataset.ts";
import { emojiCaption } from "./emoji-caption.ts";
import { openIn, picture, readAll } from "./image-sources.fixture.ts";

let red: Buffer;

beforeAll(async () => {
  red = await picture("red");
});

const entry = (hexcode: string, label: string, group?: number) => ({ hexcode, label, group });

const english = [
  entry("1F1E6", "regional indicator A"),
  { ...entry("1F44B", "waving hand", 1), skins: [entry("1F44B-1F3FB", "light", 1)] },
  entry("1F981", "lion", 3),
  entry("0023-FE0F-20E3", "keycap: #", 8),
  entry("1F936", "Mrs. Claus", 1),
  entry("1F3FB", "light skin tone", 2),
];
const chinese = [entry("1F981", "狮子", 3), entry("1F44B", "挥手", 1)];
const datasource = [
  { unified: "1F981", name: "LION FACE", short_name: "lion", category: "Animals & Nature" },
  { unified: "1F1E9-1F1EA", name: "Germany Flag", short_name: "de", category: "Flags" },
  { unified: "1F3FB", name: "SKIN TONE", short_name: "skin", category: "Component" },
];

const names = {
  "en/data.json": JSON.stringify(english),
  "zh/data.json": JSON.stringify(chinese),
};

/** A folder with packages as npm packs them. */
async function packages(contents: Readonly<Record<string, Record<string, string | Uint8Array>>>) {
  const base = await folderWith({});
  for (const [name, files] of Object.entries(contents)) {
    const inPackage = Object.entries(files).map(([path, content]) => [`package/${path}`, content]);
    const cwd = await folderWith(Object.fromEntries(inPackage));
    await create({ file: join(base, `${name}.tgz`), gzip: true, cwd }, ["package"]);
  }
  return base;
}

const emoji = { npm: "pictures.tgz", format: "emoji" } as const;

test("files are joined with names by code points or by name, skin tones are left out", async () => {
  const base = await packages({
    names,
    pictures: {
      "hex/1f981.png": red,
      "hex/1f44b-1f3fb.png": red,
      "hex/1f3fb.png": red,
      "hex/1f1e6.png": red,
      "hex/23-20e3.png": red,
      "upper/0023-FE0F-20E3.png": red,
      "slug/waving-hand-default.png": red,
      "slug/waving-hand-dark.png": red,
      "slug/mrs-claus.png": red,
      "readme.md": "text",
    },
  });
  const { documents, skipped, broken } = await readAll(base, { ...emoji, names: "names.tgz" });
  expect(documents.map(({ id, splitKey }) => [id, splitKey])).toEqual([
    ["hex/1f981.png en", "emoji 1f981"],
    ["hex/23-20e3.png en", "emoji 23-20e3"],
    ["slug/mrs-claus.png en", "emoji 1f936"],
    ["slug/waving-hand-default.png en", "emoji 1f44b"],
    ["upper/0023-FE0F-20E3.png en", "emoji 23-20e3"],
  ]);
  expect(documents[1]?.text).toBe(documents[4]?.text);
  expect(documents[0]).toMatchObject({ hasSpecialTokens: true, images: [{ number: 0 }] });
  expect({ skipped, broken }).toEqual({ skipped: 5, broken: [] });
});

test("every language gives a caption, where it has a name", async () => {
  const base = await packages({ names, pictures: { "1f981.png": red, "1f936.png": red } });
  const source = { ...emoji, names: "names.tgz", languages: ["zh", "en"] };
  const { documents } = await readAll(base, source);
  expect(documents.map(({ id }) => id)).toEqual(["1f936.png en", "1f981.png zh", "1f981.png en"]);
  expect(documents[1]?.text).toBe("[IMG]狮子");
});

test("the package of the pictures may have the names", async () => {
  const base = await packages({
    pictures: {
      "emoji.json": JSON.stringify(datasource),
      "img/1f981.png": red,
      "img/1f1e9-1f1ea.png": red,
      "img/1f3fb.png": red,
    },
  });
  const source = { ...emoji, files: ["img/*.png"] };
  const { texts } = await readAll(base, source);
  expect(texts).toEqual([
    expect.stringMatching(/a Germany Flag/),
    expect.stringMatching(/a lion face/),
  ]);
  await expect(readAll(base, { ...source, languages: ["zh"] })).rejects.toThrow(
    'expected names in the language "zh", found no zh/data.json; correct languages, or set names',
  );
});

test("names that are missing and pictures that are broken are said", async () => {
  const base = await packages({ names, pictures: { "1f981.png": red.subarray(0, 60) } });
  await expect(readAll(base, emoji)).rejects.toThrow(
    'source "s0" (pictures.tgz): expected names of emojis in en/data.json or emoji.json, found neither',
  );
  const { broken, documents } = await readAll(base, { ...emoji, names: "names.tgz" });
  expect(documents).toEqual([]);
  expect(broken).toEqual([
    { item: "1f981.png", reason: expect.stringMatching(/^1f981.png: expected a whole image/) },
  ]);
});

test("an icon set has one picture of each concept, under any of its names", async () => {
  const icon = (fill: string, more = {}) => ({
    body: `<path fill="${fill}" d="M0 0h96v96H0z"/>`,
    ...more,
  });
  const set = {
    icons: {
      a: icon("red"),
      "mrs-claus": icon("blue"),
      hand: icon("lime", { width: 192 }),
      x: icon("tan"),
    },
    aliases: {
      "waving-hand": { parent: "hand" },
      lion: { parent: "x" },
      "mrs-claus-2": { parent: "no" },
    },
    width: 96,
    height: 96,
  };
  const pictures = {
    "icons.json": JSON.stringify(set),
    "chars.json": '{"1f981": "a", "1f44b-1f3fb": "hand"}',
  };
  const base = await packages({ names, pictures, broken: { "icons.json": "{}" } });
  const source = { ...emoji, names: "names.tgz", files: ["icons.json", "chars.json"] };
  const { documents } = await readAll(base, source);
  expect(documents.map(({ id }) => id)).toEqual([
    "icons.json 1f981 en",
    "icons.json mrs-claus en",
    "icons.json waving-hand en",
  ]);
  const grids = documents.map(({ images }) => images![0]!.grid);
  expect(grids).toEqual([
    { rows: 3, columns: 3 },
    { rows: 3, columns: 3 },
    { rows: 3, columns: 6 },
  ]);
  await expect(readAll(base, { ...source, npm: "broken.tgz" })).rejects.toThrow(
    "expected an icon set in Iconify's format",
  );
});

test("a concept lies in one split in every style; the names' package is fetched and announced", async () => {
  const codes = Array.from({ length: 40 }, (_, i) => (0x1f400 + i).toString(16));
  const list = codes.map((code) => entry(code, `thing ${code}`, 3));
  const style = async (channel: number) =>
    Object.fromEntries(
      await Promise.all(
        codes.map(async (code, i) => {
          const rgb = [0, 0, 0].with(channel, i * 6 + 5);
          return [`${code}.png`, await picture(`rgb(${rgb})`)] as const;
        }),
      ),
    );
  const base = await packages({
    names: { "en/data.json": JSON.stringify(list) },
    ...{ one: await style(0), two: await style(1), test: await style(2) },
  });
  const source = { format: "emoji", names: "names.tgz", loss: "image" } as const;
  const sources = [
    { ...source, name: "one", npm: "one.tgz" },
    { ...source, name: "two", npm: "two.tgz" },
    { ...source, name: "test", npm: "test.tgz", heldoutOnly: true },
  ];
  const rest = { split: { validation: 0.2, heldout: 0.3 }, nearDuplicateImages: false } as const;
  const { folder, events } = await buildAll(recipeOf(base, sources, rest), join(base, "w"));
  const dataset = await openDataset(folder);
  const [one, two, heldout] = dataset.manifest.sources;
  expect(one?.documents).toEqual(two?.documents);
  expect(one?.documents.heldout).toBeGreaterThan(3);
  expect(one?.documents.train).toBeGreaterThan(10);
  expect(heldout?.documents).toEqual({ train: 0, validation: 0, heldout: 40 });
  const announced = events.flatMap((event) => (event.type === "fetch-start" ? event.packages : []));
  expect(announced.map(({ specifier }) => specifier)).toEqual([
    ...["one.tgz", "names.tgz", "two.tgz", "names.tgz", "test.tgz", "names.tgz"],
  ]);
  await dataset.close();
});

test("the fingerprint follows both packages", async () => {
  const pictures = { "1f981.png": red };
  const two = [
    await packages({ names, pictures }),
    await packages({ names: { "en/data.json": "[]" }, pictures }),
  ];
  const source = { ...emoji, names: "names.tgz", integrity: "sha512-AAAA" };
  const [one, other] = await Promise.all(two.map((base) => openIn(base, source).fingerprint()));
  expect(one).toMatch(/^sha512-AAAA sha512-/);
  expect(other).not.toBe(one);
  const fixed = { format: "emoji", npm: "x@1.0.0", names: "y@2.0.0" } as const;
  expect(await openIn("/", fixed).fingerprint()).toBe("x@1.0.0 y@2.0.0");
});

test("English captions have an article where one belongs", () => {
  const things = ["lion", "owl", "grapes", "unicorn", "flag: France", "keycap: 1", "men wrestling"];
  const keys = Array.from({ length: 20 }, (_, i) => String(i));
  const captions = things.map((thing) => keys.map((key) => emojiCaption(thing, "en", key)));
  expect(captions.map((list) => [...new Set(list)].sort()[2])).toEqual([
    "a lion",
    "an owl",
    "grapes",
    "a unicorn",
    "a flag of France",
    "a keycap 1",
    "men wrestling",
  ]);
  expect(new Set(captions[0])).toEqual(
    new Set(["a lion", "This is a lion.", "An emoji of a lion."]),
  );
  expect(emojiCaption("Löwe", "de", "1")).toBe("Löwe");
});
