import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { buildAll, folderWith, recipeOf } from "../../data/build.fixture.ts";
import { picture } from "../../data/sources/image-sources.fixture.ts";
import { tinyConfig, tinyParameters, tinyVisionConfig } from "../../generate/generate.fixture.ts";
import { saveModel } from "../../model/checkpoint.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { runCli } from "../run-cli.fixture.ts";

const names = ["red", "green", "blue", "black", "orange", "purple"];

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const save = (name: string, config: typeof tinyConfig) => {
    const model = { config, parameters: tinyParameters(config), tokenizer: byteTokenizer() };
    return saveModel(join(directory, name), model);
  };
  await save("seeing", tinyVisionConfig);
  await save("blind", { ...tinyConfig, maxSeqLen: 128 });
  const files: Record<string, Uint8Array> = {};
  for (const [i, name] of names.entries()) {
    files[`kept-out/${i}.png`] = await picture(name);
    files[`kept-out/${i}.txt`] = Buffer.from(`This is ${name}.`);
  }
  const root = await folderWith(files);
  const recipe = recipeOf(
    root,
    [
      { name: "kept-out", images: "kept-out", loss: "image", heldoutOnly: true },
      { name: "shapes", drawing: "shapes", loss: "image", maxBytes: 2000 },
    ],
    { nearDuplicateImages: false, testItems: 2, longestImageSide: 96 },
  );
  const { folder } = await buildAll(recipe, await folderWith({}));
  await writeFile(join(directory, "data-path"), folder);
}, 60_000);
afterAll(() => rm(directory, { recursive: true }));

test("captions and questions are measured, against a model without images too, with a page", async () => {
  const dataset = await readFile(join(directory, "data-path"), "utf8");
  const flags = ["--dataset", dataset, "--against", "blind", "--examples", "3"];
  const argv = ["measure", "images", "seeing", ...flags, "--out", "page.html"];
  const { code, stdout, stderr } = await runCli([...argv, "--json"], { directory });
  expect([code, stderr.includes("captions")]).toEqual([0, true]);
  const { captions, questions } = JSON.parse(stdout);
  expect(captions).toHaveLength(1);
  const [set] = captions;
  expect(set).toMatchObject({ set: "never seen in any style", concepts: 6, candidates: 6 });
  expect(set.samples).toHaveLength(6);
  expect(set.lossDifference.mean).toBeCloseTo(set.shuffledLossNats.mean - set.lossNats.mean, 12);
  expect(questions.samples.length).toBeGreaterThan(7);
  const all = questions.comparison.filter(({ task }: { task: string }) => task === "all");
  expect(all.reduce((sum: number, { n }: { n: number }) => sum + n, 0)).toBe(
    questions.samples.length,
  );
  const page = await readFile(join(directory, "page.html"), "utf8");
  expect(page.match(/<img src="data:image\/png;base64,/g)).toHaveLength(3);
  expect(page).toContain("images kept-out, CC0");

  const shown = await runCli(argv, { directory });
  expect(shown.stdout).toMatch(/^images +concepts +caption loss/);
  expect(shown.stdout).toContain("baseline");
}, 60_000);

test("what cannot be measured is said with its fix", async () => {
  const dataset = await readFile(join(directory, "data-path"), "utf8");
  const blind = await runCli(["measure", "images", "blind", "--dataset", dataset], { directory });
  expect([blind.code, blind.stderr]).toEqual([2, expect.stringContaining("no vision tower")]);
  const nothing = await runCli(["measure", "images", "seeing"], { directory });
  expect([nothing.code, nothing.stderr]).toEqual([
    ...[2, expect.stringContaining("expected --dataset")],
  ]);
});

test("data with captions alone is measured by these; data with neither is refused", async () => {
  const files: Record<string, string | Uint8Array> = { "own.jsonl": '{"text": "one"}\n' };
  for (const [i, name] of names.entries()) {
    files[`kept-out/${i}.png`] = await picture(name);
    files[`kept-out/${i}.txt`] = Buffer.from(name);
  }
  const root = await folderWith(files);
  const split = { validation: 0, heldout: 0 };
  const own = { name: "own", jsonl: "own.jsonl", loss: "image", split };
  const build = async (image: string, captions: number) => {
    const keptOut = { name: "kept-out", images: "kept-out", loss: "image", heldoutOnly: true };
    const sources = [own, { ...keptOut, maxBytes: captions }];
    const rest = { nearDuplicateImages: false as const, longestImageSide: 96, name: image };
    return (await buildAll(recipeOf(root, sources, rest), await folderWith({}))).folder;
  };
  const measure = (dataset: string) =>
    runCli(["measure", "images", "seeing", "--dataset", dataset, "--json"], { directory });
  const captioned = await measure(await build("captioned", 1000));
  expect(captioned.code).toBe(0);
  expect(JSON.parse(captioned.stdout)).toMatchObject({
    captions: [{ concepts: 6 }],
    questions: { samples: [] },
  });
  const one = await measure(await build("one", 1));
  expect([one.code, one.stderr]).toEqual([1, expect.stringContaining("found neither")]);
}, 60_000);
