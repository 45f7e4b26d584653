import { cp, mkdir, mkdtemp, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
  randomImage,
  tinyConfig,
  tinyParameters,
  tinyVisionConfig,
} from "../../generate/generate.fixture.ts";
import { loadModel, saveModel } from "../../model/checkpoint.ts";
import { encodePng } from "../../model/image/decode-image.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "../../model/safetensors.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { runCli } from "../run-cli.fixture.ts";

const tokenizer = byteTokenizer();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const save = (name: string, config: typeof tinyConfig) =>
    saveModel(join(directory, name), { config, parameters: tinyParameters(config), tokenizer });
  await save("blind", tinyConfig);
  await save("seeing", tinyVisionConfig);
  await writeFile(
    join(directory, "image.png"),
    await encodePng(randomImage({ rows: 2, columns: 3 }, 1)),
  );
});
afterEach(() => Promise.all([remove("theirs"), remove("out")]));
afterAll(() => rm(directory, { recursive: true }));

const cli = (...argv: string[]) => runCli(argv, { directory });
const at = (...names: string[]) => join(directory, "theirs", ...names);
const remove = (name: string) => rm(join(directory, name), { recursive: true, force: true });

/** A copy of a model that a test changes. */
async function theirs(name: "blind" | "seeing" = "blind"): Promise<void> {
  await cp(join(directory, name), at(), { recursive: true });
}

async function changeJson(file: string, change: (content: Record<string, unknown>) => void) {
  const content = JSON.parse(await readFile(at(file), "utf8"));
  change(content);
  await writeFile(at(file), JSON.stringify(content));
}

type Tensors = Map<string, StoredTensor>;

async function changeTensors(change: (tensors: Tensors) => void): Promise<void> {
  const { tensors } = await readSafetensors(at("model.safetensors"));
  change(tensors);
  await writeSafetensors(at("model.safetensors"), tensors, { format: "pt" });
}

/** Puts the weights into two files and an index. */
async function split(change: (index: Record<string, string>) => void = () => undefined) {
  const { tensors } = await readSafetensors(at("model.safetensors"));
  await rm(at("model.safetensors"));
  const fileOf: Record<string, string> = {};
  for (const [number, isMine] of [
    [1, even],
    [2, odd],
  ] as const) {
    const part = [...tensors].filter((_, i) => isMine(i));
    const file = `model-0000${number}-of-00002.safetensors`;
    for (const [name] of part) fileOf[name] = file;
    await writeSafetensors(at(file), part, { format: "pt" });
  }
  change(fileOf);
  await writeFile(at("model.safetensors.index.json"), JSON.stringify({ weight_map: fileOf }));
}
const even = (i: number) => i % 2 === 0;
const odd = (i: number) => i % 2 === 1;

describe("import", () => {
  test("makes the model that the folder held, and says what it is", async () => {
    await theirs();
    const { code, stdout } = await cli("import", "theirs", "--out", "out");
    expect(code).toBe(0);
    expect(stdout).toMatch(/^imported LlamaForCausalLM into .*out\n/);
    expect(stdout).toContain("parameters, vocabulary 266, context 64, images no\n");
    const before = await loadModel(join(directory, "blind"));
    const after = await loadModel(join(directory, "out"));
    expect(after.parameters).toEqual(before.parameters);
    expect(after.config).toEqual(before.config);
  });

  test("without --out, the model lies in the workspace", async () => {
    await theirs();
    const { stdout } = await cli("import", "theirs", "--json");
    const { out, source } = JSON.parse(stdout);
    expect([source, out]).toEqual([at(), join(directory, ".foretoken", "models", "theirs")]);
    await loadModel(out);
    const again = await cli("import", "theirs");
    expect([again.code, again.stderr]).toEqual([1, expect.stringContaining("is not empty")]);
    await remove(".foretoken");
  });

  test("joins several files, leaves out what is computed, and says so", async () => {
    await theirs();
    await changeTensors((tensors) => {
      const frequencies: StoredTensor = { dtype: "F32", shape: [8], data: new Float32Array(8) };
      tensors.set("model.layers.0.self_attn.rotary_emb.inv_freq", frequencies);
    });
    await writeFile(at("chat_template.jinja"), "{{ messages }}");
    await split();
    const { stdout } = await cli("import", "theirs", "--out", "out", "--json");
    expect(JSON.parse(stdout).changes).toEqual([
      "2 files of weights were joined into one",
      "1 tensor was left out, since RoPE is computed: model.layers.0.self_attn.rotary_emb.inv_freq",
      "its chat template was left out: conversations are written as ChatML",
    ]);
    const before = await loadModel(join(directory, "blind"));
    expect((await loadModel(join(directory, "out"))).parameters).toEqual(before.parameters);
  });

  test("a head that is stored although it is tied is taken, as transformers does", async () => {
    await theirs();
    await changeJson("config.json", (content) => (content["tie_word_embeddings"] = true));
    const { stdout } = await cli("import", "theirs", "--out", "out", "--json");
    expect(JSON.parse(stdout).changes[0]).toMatch(/ties the head .* has a tensor, which was taken/);
    const before = await loadModel(join(directory, "blind"));
    expect((await loadModel(join(directory, "out"))).parameters).toEqual(before.parameters);
  });

  const config = (change: object) => () =>
    changeJson("config.json", (content) => Object.assign(content, change));
  const refused: [string, () => Promise<unknown>, RegExp][] = [
    ["a folder that is not there", () => remove("theirs"), /not a model folder, config.json/],
    ["one without weights", () => rm(at("model.safetensors")), /model.safetensors is missing/],
    ["one without a tokenizer", () => rm(at("tokenizer.json")), /tokenizer.json is missing/],
    [
      "a tensor too few",
      () => changeTensors((tensors) => tensors.delete("model.norm.weight")),
      /model.norm.weight: expected \[32\], missing/,
    ],
    [
      "a tensor too many",
      () =>
        changeTensors((tensors) =>
          tensors.set("model.layers.0.self_attn.q_proj.bias", {
            dtype: "F32",
            shape: [1],
            data: new Float32Array(1),
          }),
        ),
      /q_proj.bias: not of this model/,
    ],
    [
      "a file of weights that is not there",
      () => split((index) => (index["model.norm.weight"] = "model-3.safetensors")),
      /model-3.safetensors: there is no such file/,
    ],
    [
      "a file of weights elsewhere",
      () => split((index) => (index["model.norm.weight"] = "../model.safetensors")),
      /expected a weight_map of tensors to safetensors files of this folder/,
    ],
    [
      "an index of other files",
      async () => {
        await split();
        await rename(at("model-00001-of-00002.safetensors"), at("x"));
        await cp(at("model-00002-of-00002.safetensors"), at("model-00001-of-00002.safetensors"));
      },
      /does not fit the files beside it: model-00001-of-00002.safetensors has no model\./,
    ],
    ["scaled RoPE", config({ rope_scaling: { rope_type: "yarn" } }), /rope_scaling.*got yarn/],
    ["biases", config({ attention_bias: true }), /expected false, got true\s+→ at attention_bias/],
    [
      "a window",
      config({ architectures: ["MistralForCausalLM"], sliding_window: 8 }),
      /expected sliding_window .* got 8/,
    ],
    [
      "heads that the engine has not",
      config({ head_dim: 8, num_attention_heads: 8, num_key_value_heads: 4 }),
      /head_dim.*16.*got 8/,
    ],
    [
      "a tokenizer of another family",
      () =>
        changeJson("tokenizer.json", (content) =>
          Object.assign(content, { pre_tokenizer: { type: "Metaspace" } }),
        ),
      /tokenizer.json: expected .*, got BPE, pre-tokenizer Metaspace/,
    ],
  ];
  test.each(refused)("refuses %s, and leaves nothing behind", async (_, change, message) => {
    await theirs();
    await change();
    const before = await readdir(directory);
    const { code, stdout, stderr } = await cli("import", "theirs", "--out", "out");
    expect([code, stdout]).toEqual([1, ""]);
    expect(stderr).toMatch(message);
    expect(await readdir(directory)).toEqual(before);
  });

  test("refuses a folder that holds something, or a file; takes an empty one", async () => {
    await theirs();
    const full = await cli("import", "theirs", "--out", "blind");
    expect([full.code, full.stderr]).toEqual([1, expect.stringContaining("blind: is not empty")]);
    const file = await cli("import", "theirs", "--out", "image.png");
    expect([file.code, file.stderr]).toEqual([1, expect.stringContaining("a new or an empty")]);
    await mkdir(join(directory, "out"));
    expect((await cli("import", "theirs", "--out", "out")).code).toBe(0);
    expect(await readdir(join(directory, "out"))).toHaveLength(5);
  });
});

describe("import of a model that reads images", () => {
  test("refuses pixels that are scaled in another way; another filter is said", async () => {
    await theirs("seeing");
    await changeJson("preprocessor_config.json", (content) => (content["resample"] = 3));
    const { stdout } = await cli("import", "theirs", "--out", "out", "--json");
    expect(JSON.parse(stdout)).toMatchObject({
      architecture: "Mistral3ForConditionalGeneration",
      images: true,
      changes: ["images: resample is 2 here, not 3"],
    });
    await remove("out");
    const inner = {
      image_processor: { image_mean: [0.48, 0.46, 0.41], image_std: [0.5, 0.5, 0.5] },
    };
    await writeFile(at("processor_config.json"), JSON.stringify(inner));
    const { code, stderr } = await cli("import", "theirs", "--out", "out");
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(
        "processor_config.json: expected image_mean [0.5,0.5,0.5], got [0.48,0.46,0.41]",
      ),
    ]);
  });

  test("without an image processor, ours is taken and said", async () => {
    await theirs("seeing");
    await rm(at("preprocessor_config.json"));
    const { stdout } = await cli("import", "theirs", "--out", "out", "--json");
    expect(JSON.parse(stdout).changes).toEqual([
      expect.stringContaining("nothing says how images were prepared"),
    ]);
  });
});

describe("export of a model that reads images", () => {
  test("holds what AutoProcessor reads, and comes back by import as the same model", async () => {
    const { code, stdout } = await cli("export", "seeing", "--to", "hf", "--out", "theirs");
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^exported .*seeing to theirs\n$/)]);
    expect((await readdir(at())).sort()).toEqual([
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "preprocessor_config.json",
      "processor_config.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const { stdout: imported } = await cli("import", "theirs", "--out", "out", "--json");
    expect(JSON.parse(imported)).toMatchObject({ images: true, changes: [] });
    const flags = ["--prompt", "a [image]", "--image", "image.png", "--temperature", "0"];
    const answer = (model: string) =>
      cli("generate", model, ...flags, "--max-tokens", "8", "--json");
    const first = await answer("seeing");
    expect(JSON.parse(first.stdout).tokens).toHaveLength(8);
    expect(await answer("out")).toEqual(first);
  });

  test("its help says how the folder is loaded", async () => {
    const { stdout } = await cli("export", "--help");
    for (const word of [
      "processor_config.json",
      "AutoProcessor",
      "Mistral3ForConditionalGeneration",
    ]) {
      expect(stdout).toContain(word);
    }
  });
});
