import { expect, onTestFinished, test } from "vitest";
import { buildAll, folderWith, recipeOf } from "../../data/build.fixture.ts";
import { openDataset } from "../../data/dataset.ts";
import { picture } from "../../data/sources/image-sources.fixture.ts";
import { captionSets, neverSeen } from "./captions.ts";

const colours = {
  red: "#dd22",
  green: "#22dd",
  blue: "#2222",
  black: "#0000",
  grey: "#8888",
};

/** Images named by their colours, in a folder of their own; `shade` tells the folders' apart. */
async function pictures(folder: string, names: readonly (keyof typeof colours)[], shade: string) {
  const files: Record<string, Uint8Array> = {};
  for (const name of names) {
    files[`${folder}/${name}.png`] = await picture(colours[name] + shade);
    files[`${folder}/${name}.txt`] = Buffer.from(name);
  }
  return files;
}

test("held-out captions are sorted by what training has seen of them", async () => {
  const root = await folderWith({
    ...(await pictures("known", ["red", "green"], "22")),
    ...(await pictures("style", ["red", "green", "blue"], "44")),
    ...(await pictures("unknown", ["black", "grey"], "66")),
    "lines.jsonl": [{ text: "one" }, { text: "two" }]
      .map((line) => JSON.stringify(line))
      .join("\n"),
  });
  const none = { validation: 0, heldout: 0 };
  const recipe = recipeOf(
    root,
    [
      { name: "known", images: "known", loss: "image", split: none },
      { name: "style", images: "style", loss: "new-style", heldoutOnly: true },
      { name: "unknown", images: "unknown", loss: "new-style", heldoutOnly: true },
      { name: "shapes", drawing: "shapes", loss: "image", maxBytes: 3000 },
      { name: "lines", jsonl: "lines.jsonl", split: none },
    ],
    // pictures of one colour are alike in structure
    { nearDuplicateImages: false, split: { validation: 0.2, heldout: 0.4 } },
  );
  const { folder } = await buildAll(
    { ...recipe, sources: recipe.sources.slice(0, 4) },
    await folderWith({}),
  );
  const dataset = await openDataset(folder);
  onTestFinished(() => dataset.close());
  const sets = await captionSets(dataset);
  const texts = sets.map(({ name, captions }) => [name, captions.map(({ text }) => text).sort()]);
  expect(texts).toEqual([
    ["new style: style", ["green", "red"]],
    [neverSeen, ["black", "blue", "grey"]],
  ]);
  const red = sets[0]!.captions.find(({ text }) => text === "red");
  expect(red!.source).toBe("style");
  const { data } = await dataset.image(red!.image);
  expect([...data.subarray(0, 3)]).toEqual([0xdd, 0x22, 0x44]);
});
