import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import { loadModel, loadWeights, saveModel } from "./checkpoint.ts";
import { dial } from "./dial.ts";
import { exportHuggingFace } from "./export-hugging-face.ts";
import { huggingFaceConfig } from "./hugging-face-config.ts";
import { initialParameters } from "./initialise.ts";
import { parameterSpecs } from "./parameters.ts";
import { readSafetensors, type StoredTensor, writeSafetensors } from "./safetensors.ts";
import { byteTokenizer } from "./text/tokenizer.ts";

const tokenizer = byteTokenizer();
const { model: config } = dial(1, { vocabSize: tokenizer.vocabSize });
const parameters = initialParameters(config, 1);

let root = "";
let folder = "";

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "foretoken-checkpoint-"));
  folder = join(root, "model");
});
afterEach(() => rm(root, { recursive: true, force: true }));

describe("saveModel and loadModel", () => {
  it("round-trip configuration, every tensor and the tokenizer", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    const loaded = await loadModel(folder);
    expect(loaded.config).toEqual(config);
    expect([...loaded.parameters.keys()]).toEqual(parameterSpecs(config).map(({ name }) => name));
    for (const { name, shape } of parameterSpecs(config)) {
      expect(loaded.parameters.get(name)).toEqual({ shape, data: parameters[name] });
    }
    expect(loaded.tokenizer.encode("ab")).toEqual(tokenizer.encode("ab"));
  });

  it("make a Hugging Face folder of five files", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    expect((await readdir(folder)).sort()).toEqual([
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const { metadata, tensors } = await readSafetensors(join(folder, "model.safetensors"));
    expect(metadata).toEqual({ format: "pt" });
    expect(tensors.get("lm_head.weight")).toMatchObject({ dtype: "F32", shape: [266, 16] });
  });

  it("save what was loaded to the same bytes", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    const again = join(root, "again");
    await saveModel(again, await loadModel(folder));
    for (const name of await readdir(folder)) {
      expect(await readFile(join(again, name))).toEqual(await readFile(join(folder, name)));
    }
  });

  it("replace an older model and leave other files alone", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    await writeFile(join(folder, "notes.txt"), "mine");
    await saveModel(folder, { config, parameters: initialParameters(config, 2) });
    const { parameters: loaded } = await loadWeights(folder);
    const name = "model.embed_tokens.weight";
    expect(loaded.get(name)?.data).toEqual(initialParameters(config, 2)[name]);
    expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
    expect(await readdir(folder)).toHaveLength(6);
  });

  it("refuse parameters of another model, naming each, and leave the old one", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    const { "lm_head.weight": _, ...headless } = parameters;
    const wrong = {
      ...headless,
      "model.norm.weight": new Float32Array(3),
      extra: new Float32Array(1),
    };
    const saving = saveModel(folder, { config, parameters: wrong });
    await expect(saving).rejects.toBeInstanceOf(CheckpointError);
    await expect(saving).rejects.toThrow("extra: not of this model");
    await expect(saving).rejects.toThrow("model.norm.weight: expected 16 elements of [16], got 3");
    await expect(saving).rejects.toThrow("lm_head.weight: expected [266, 16], missing");
    expect(await readdir(folder)).toHaveLength(5);
    await loadModel(folder);
  });

  it("refuse a tokenizer with more tokens than the model has", async () => {
    const small = dial(1, { vocabSize: 100 }).model;
    const saving = saveModel(folder, {
      config: small,
      parameters: initialParameters(small, 1),
      tokenizer,
    });
    await expect(saving).rejects.toThrow("the tokenizer has 266 tokens and the model only 100");
  });
});

describe("loadWeights", () => {
  it("takes a tied head from the embedding, and float16", async () => {
    const untied = parameterSpecs(config).filter(({ role }) => role !== "head");
    const tensors = untied.map(({ name, shape }): [string, StoredTensor] => [
      name,
      { dtype: "F16", shape, data: new Uint16Array(parameters[name]!.length).fill(0x3c00) },
    ]);
    await mkdir(folder);
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    const content = { ...huggingFaceConfig(config), tie_word_embeddings: true };
    await writeFile(join(folder, "config.json"), JSON.stringify(content));
    const loaded = await loadWeights(folder);
    expect(loaded.parameters.get("lm_head.weight")?.data).toEqual(
      new Float32Array(266 * 16).fill(1),
    );
  });

  it("names every tensor of another shape", async () => {
    await saveModel(folder, { config, parameters });
    const other = { ...config, mlpDim: 64, layers: 1 };
    await writeFile(join(folder, "config.json"), JSON.stringify(huggingFaceConfig(other)));
    const loading = loadWeights(folder);
    await expect(loading).rejects.toBeInstanceOf(CheckpointError);
    for (const name of ["gate_proj", "up_proj"]) {
      await expect(loading).rejects.toThrow(
        `0.mlp.${name}.weight: expected [64, 16], got [48, 16]`,
      );
    }
    await expect(loading).rejects.toThrow(
      "0.mlp.down_proj.weight: expected [16, 64], got [16, 48]",
    );
    await expect(loading).rejects.toThrow("layers.1.mlp.up_proj.weight: not of this model");
  });

  it("lists at most twenty faults and counts the rest", async () => {
    await saveModel(folder, { config, parameters });
    const other = { ...config, layers: 9 };
    await writeFile(join(folder, "config.json"), JSON.stringify(huggingFaceConfig(other)));
    await expect(loadWeights(folder)).rejects.toThrow(/missing; and 43 more;/);
  });

  it("refuses quantised weights", async () => {
    const tensors = parameterSpecs(config).map(({ name, shape }): [string, StoredTensor] => [
      name,
      { dtype: "I8", shape, data: new Int8Array(parameters[name]!.length) },
    ]);
    await mkdir(folder);
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    await writeFile(join(folder, "config.json"), JSON.stringify(huggingFaceConfig(config)));
    await expect(loadWeights(folder)).rejects.toThrow("must hold F32, F16 or BF16, got I8");
  });

  it("says what is missing or broken", async () => {
    await expect(loadWeights(folder)).rejects.toThrow(
      `${folder}: not a model folder, config.json cannot be read (ENOENT)`,
    );
    await mkdir(folder);
    await writeFile(join(folder, "config.json"), JSON.stringify(huggingFaceConfig(config)));
    await expect(loadWeights(folder)).rejects.toThrow(`${folder}: model.safetensors is missing`);
    await writeFile(join(folder, "config.json"), "{");
    await expect(loadWeights(folder)).rejects.toThrow("config.json: not JSON");
    await writeFile(join(folder, "config.json"), '{"architectures":["GPT2LMHeadModel"]}');
    await expect(loadWeights(folder)).rejects.toThrow(
      "Mistral3ForConditionalGeneration, got GPT2LMHeadModel",
    );
  });
});

describe("a model with a vision tower", () => {
  const vision = { embedDim: 8, layers: 2, heads: 2, headDim: 4, mlpDim: 12, longestSide: 1024 };
  const seeing = { config: { ...config, vision } };
  const values = initialParameters(seeing.config, 1);

  /** The model as another program would have saved it. */
  async function saveAs(
    rename: (name: string) => string | undefined,
    fields: Record<string, unknown> = {},
  ) {
    const tensors = parameterSpecs(seeing.config).flatMap(({ name, shape }) => {
      const renamed = rename(name);
      if (renamed === undefined) return [];
      const tensor: StoredTensor = { dtype: "F32", shape, data: values[name]! };
      return [[renamed, tensor] as const];
    });
    await mkdir(folder, { recursive: true });
    await writeSafetensors(join(folder, "model.safetensors"), tensors);
    const content = { ...huggingFaceConfig(seeing.config), ...fields };
    await writeFile(join(folder, "config.json"), JSON.stringify(content));
  }

  /** As transformers 5 has it in memory. */
  function inMemoryName(name: string): string {
    if (name === "lm_head.weight") return name;
    return name.startsWith("model.")
      ? name.replace("model.", "model.language_model.")
      : `model.${name}`;
  }

  it("has [IMG] where its tokenizer has it", async () => {
    const other = { ...seeing.config, vision: { ...vision, imageToken: 7 } };
    await saveModel(folder, { config: other, parameters: values, tokenizer });
    expect((await loadWeights(folder)).config).toEqual(other);
    await expect(loadModel(folder)).rejects.toThrow(CheckpointError);
    await expect(loadModel(folder)).rejects.toThrow(
      "tokenizer.json: expected [IMG] at 7, as the model's image_token_index says, with [IMG_BREAK] and [IMG_END], got 5",
    );
  });

  it("round-trips in the files of a Mistral3 and its processor", async () => {
    await saveModel(folder, { ...seeing, parameters: values, tokenizer });
    expect((await readdir(folder)).sort()).toEqual([
      "chat_template.jinja",
      "config.json",
      "generation_config.json",
      "model.safetensors",
      "preprocessor_config.json",
      "processor_config.json",
      "tokenizer.json",
      "tokenizer_config.json",
    ]);
    const { tensors } = await readSafetensors(join(folder, "model.safetensors"));
    for (const name of [
      "language_model.model.embed_tokens.weight",
      "language_model.model.layers.0.self_attn.q_proj.weight",
      "language_model.lm_head.weight",
      "vision_tower.patch_conv.weight",
      "multi_modal_projector.patch_merger.merging_layer.weight",
    ]) {
      expect([...tensors.keys()]).toContain(name);
    }
    const loaded = await loadModel(folder);
    expect(loaded.config).toEqual(seeing.config);
    for (const { name, shape } of parameterSpecs(seeing.config)) {
      expect(loaded.parameters.get(name)).toEqual({ shape, data: values[name] });
    }
  });

  it("is read with the names that transformers 5 has in memory", async () => {
    await saveAs(inMemoryName);
    const { parameters: loaded } = await loadWeights(folder);
    expect([...loaded.keys()]).toEqual(parameterSpecs(seeing.config).map(({ name }) => name));
    for (const [name, { data }] of loaded) expect(data).toEqual(values[name]);
  });

  it("may have a tied head", async () => {
    const isHead = (name: string) => name === "lm_head.weight";
    await saveAs((name) => (isHead(name) ? undefined : inMemoryName(name)), {
      tie_word_embeddings: true,
    });
    const { parameters: loaded } = await loadWeights(folder);
    expect(loaded.get("lm_head.weight")?.data).toEqual(values["model.embed_tokens.weight"]);
  });

  it("has no tensor missing or of another name, as the file would have it", async () => {
    const isNorm = (name: string) => name === "vision_tower.ln_pre.weight";
    await saveAs((name) => (isNorm(name) ? "model.vision_tower.bias" : inMemoryName(name)));
    const loading = loadWeights(folder);
    await expect(loading).rejects.toBeInstanceOf(CheckpointError);
    await expect(loading).rejects.toThrow(": model.vision_tower.bias: not of this model");
    await expect(loading).rejects.toThrow(
      "; model.vision_tower.ln_pre.weight: expected [8], missing;",
    );
  });
});

describe("loadModel", () => {
  it("says that the tokenizer is missing, broken or too large", async () => {
    await saveModel(folder, { config, parameters });
    await expect(loadModel(folder)).rejects.toBeInstanceOf(CheckpointError);
    await expect(loadModel(folder)).rejects.toThrow("the model has no tokenizer (tokenizer.json");
    await writeFile(join(folder, "tokenizer.json"), "{}");
    await expect(loadModel(folder)).rejects.toBeInstanceOf(CheckpointError);
    const small = dial(1, { vocabSize: 100 }).model;
    await saveModel(folder, { config: small, parameters: initialParameters(small, 1) });
    await writeFile(join(folder, "tokenizer.json"), JSON.stringify(tokenizer.toJSON()));
    await expect(loadModel(folder)).rejects.toThrow("has 266 tokens, the model beside it 100");
  });
});

describe("exportHuggingFace", () => {
  it("copies the model's files and nothing else", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    await writeFile(join(folder, "optimizer.safetensors"), "state");
    const out = join(root, "deep", "export");
    await exportHuggingFace(folder, out);
    expect(await readdir(out)).toHaveLength(5);
    expect(await readFile(join(out, "model.safetensors"))).toEqual(
      await readFile(join(folder, "model.safetensors")),
    );
  });

  it("refuses a folder that holds something", async () => {
    await saveModel(folder, { config, parameters, tokenizer });
    await expect(exportHuggingFace(folder, folder)).rejects.toThrow(`${folder}: is not empty`);
  });
});
