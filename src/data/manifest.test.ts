import { expect, test } from "vitest";
import { folderWith } from "./build.fixture.ts";
import { lossesOf, readManifest } from "./manifest.ts";

function source(name: string, loss: string, weight: number, heldoutOnly = false) {
  const documents = { train: heldoutOnly ? 0 : 9, validation: 0, heldout: 1 };
  return { name, loss, weight, heldoutOnly, documents };
}

test("a pinned source measures its loss alone, weights are those of training", () => {
  const sources = [
    source("prose", "text", 0.5),
    source("facts", "text", 0.2),
    source("three", "code", 0.3),
    source("pinned", "code", 0, true),
  ];
  expect(lossesOf(sources)).toEqual([
    { name: "text", weight: 0.7, sources: ["prose", "facts"] },
    { name: "code", weight: 0.3, sources: ["pinned"] },
  ]);
});

test("a source without held-out documents measures nothing", () => {
  const empty = { ...source("b", "text", 0.5), documents: { train: 3, validation: 0, heldout: 0 } };
  expect(lossesOf([source("a", "text", 0.5), empty])[0]?.sources).toEqual(["a"]);
});

test("what is no data set, or one of another version, says how to build one", async () => {
  await expect(readManifest(await folderWith({}))).rejects.toThrow("foretoken data build RECIPE");
  const other = await folderWith({ "manifest.json": '{"version": 99}' });
  await expect(readManifest(other)).rejects.toThrow("not of this version (version:");
});
