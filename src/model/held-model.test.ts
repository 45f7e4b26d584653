import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { saveModel } from "./checkpoint.ts";
import { blockConfig, blockParameters, ggufContent, writeGguf } from "./gguf/gguf.fixture.ts";
import { openHeldModel } from "./held-model.ts";
import { type HeldParameter, isQuantised } from "./quantised-matrix.ts";
import { byteTokenizer } from "./text/tokenizer.ts";

const config = blockConfig;
const tokenizer = byteTokenizer();
const model = { config, parameters: blockParameters(), tokenizer };

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
  path = join(folder, "tiny.gguf");
});
afterAll(() => rm(folder, { recursive: true }));

describe("how weights are held", () => {
  const formOf = (held: HeldParameter | undefined) =>
    held === undefined ? "none" : isQuantised(held) ? held.bits : "f32";
  const names = [
    "model.embed_tokens.weight",
    "model.layers.0.mlp.up_proj.weight",
    "model.norm.weight",
  ];
  test.each([
    ["stored", [8, 4, "f32"], ["f32", "f32", "f32"]],
    ["q4", [8, 4, "f32"], [8, 4, "f32"]],
    ["q8", [8, 8, "f32"], [8, 8, "f32"]],
    ["f32", ["f32", "f32", "f32"], ["f32", "f32", "f32"]],
  ] as const)("%s: of a file of 4 bits, of a folder", async (form, ofFile, ofFolder) => {
    const content = ggufContent(model, { type: "Q4_1", isTied: true });
    const { tensors } = ggufContent(model, { type: "Q8_0" });
    const table = { "token_embd.weight": tensors["token_embd.weight"]! };
    await writeGguf(path, { ...content, tensors: { ...content.tensors, ...table } });
    const held = (await openHeldModel(path, form)).parameters;
    expect(names.map((name) => formOf(held.get(name)))).toEqual(ofFile);
    expect(held.get("lm_head.weight")).toBe(held.get(names[0]!));
    const saved = join(folder, "float");
    await saveModel(saved, model);
    const other = (await openHeldModel(saved, form)).parameters;
    expect(names.map((name) => formOf(other.get(name)))).toEqual(ofFolder);
  });

  test("rows without whole blocks stay float32", async () => {
    const narrow = { ...config, mlpDim: 48 };
    const saved = join(folder, "narrow");
    await saveModel(saved, { ...model, config: narrow, parameters: blockParameters(narrow) });
    const { parameters: held } = await openHeldModel(saved, "q4");
    expect(formOf(held.get("model.layers.1.mlp.down_proj.weight"))).toBe("f32");
    expect(formOf(held.get("model.layers.1.mlp.up_proj.weight"))).toBe(4);
  });
});
