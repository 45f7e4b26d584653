import { describe, expect, it } from "vitest";
import { CheckpointError } from "../errors.ts";
import { dial } from "./dial.ts";
import { huggingFaceConfig, readHuggingFaceConfig } from "./hugging-face-config.ts";

const vision = { embedDim: 64, layers: 3, heads: 2, headDim: 32, mlpDim: 128, longestSide: 1024 };
const model = { ...dial(6, { vocabSize: 300 }).model, vision };
type Fields = Record<string, unknown>;
const written = JSON.parse(JSON.stringify(huggingFaceConfig(model))) as Fields & {
  text_config: Fields;
  vision_config: Fields;
};
const read = (content: Fields) => readHuggingFaceConfig("/model/config.json", content);

describe("huggingFaceConfig of a model with a vision tower", () => {
  it("is a Mistral3 with a Llama and a Pixtral tower", () => {
    expect(written).toMatchObject({
      architectures: ["Mistral3ForConditionalGeneration"],
      model_type: "mistral3",
      dtype: "float32",
      image_token_index: 5,
      projector_hidden_act: "gelu",
      multimodal_projector_bias: false,
      spatial_merge_size: 2,
      vision_feature_layer: -1,
      tie_word_embeddings: false,
      text_config: {
        architectures: ["LlamaForCausalLM"],
        model_type: "llama",
        hidden_size: 64,
        head_dim: 16,
        rms_norm_eps: 1e-5,
        rope_parameters: { rope_type: "default", rope_theta: 10_000 },
        tie_word_embeddings: false,
      },
      vision_config: {
        model_type: "pixtral",
        hidden_size: 64,
        intermediate_size: 128,
        num_hidden_layers: 3,
        num_attention_heads: 2,
        head_dim: 32,
        hidden_act: "silu",
        num_channels: 3,
        patch_size: 16,
        image_size: 1024,
        rope_parameters: { rope_type: "axial", rope_theta: 10_000 },
      },
    });
  });

  it("is read back as the same model", () => {
    expect(read(written)).toMatchObject({
      architecture: "Mistral3ForConditionalGeneration",
      model,
      isHeadTied: false,
      changes: [],
    });
  });

  it("refuses a norm that transformers would give to the projector as well", () => {
    const other = { ...model, rmsNormEps: 1e-6 };
    expect(() => huggingFaceConfig(other)).toThrow(CheckpointError);
    expect(() => huggingFaceConfig(other)).toThrow(
      "rmsNormEps must be 0.00001 with a vision tower",
    );
  });
});

describe("readHuggingFaceConfig of a Mistral3", () => {
  it("fills in what version 4 left out", () => {
    const { rope_parameters: _, head_dim: __, patch_size: ___, ...tower } = written.vision_config;
    const { tie_word_embeddings: ____, vision_feature_layer: _____, ...rest } = written;
    const old: Fields = { ...rest, vision_config: { ...tower, rope_theta: 10_000 } };
    expect(read(old)).toMatchObject({ model, isHeadTied: false });
    const { architectures: ______, ...unnamed } = old;
    expect(read(unnamed).model).toEqual(model);
  });

  it("may have [IMG] at another id, by default at transformers'", () => {
    for (const image_token_index of [10, undefined]) {
      const other = read({ ...written, image_token_index }).model;
      expect(other).toEqual({ ...model, vision: { ...model.vision, imageToken: 10 } });
      expect(huggingFaceConfig(other)).toMatchObject({ image_token_index: 10 });
    }
  });

  it("may have a Mistral for its text", () => {
    const text = { ...written.text_config, model_type: "mistral", sliding_window: null };
    expect(read({ ...written, text_config: text }).model).toEqual(model);
  });

  it("says when the head is the embedding, by the outer field before the text's", () => {
    expect(read({ ...written, tie_word_embeddings: true }).isHeadTied).toBe(true);
    const text = { ...written.text_config, tie_word_embeddings: true };
    expect(read({ ...written, text_config: text }).isHeadTied).toBe(false);
    const { tie_word_embeddings: _, ...rest } = written;
    expect(read({ ...rest, text_config: text }).isHeadTied).toBe(true);
  });

  it.each<[Fields, string]>([
    [{ image_token_index: -1 }, "image_token_index"],
    [{ projector_hidden_act: "relu" }, 'expected gelu, got "relu"\n  → at projector_hidden_act'],
    [{ multimodal_projector_bias: true }, "expected false, got true\n  → at multimodal_projector"],
    [{ spatial_merge_size: 1 }, "expected 2, got 1\n  → at spatial_merge_size"],
    [{ vision_feature_layer: [-1, -2] }, "expected -1, got [-1,-2]\n  → at vision_feature_layer"],
    [{ text_config: undefined }, "text_config"],
    [{ vision_config: null }, "vision_config"],
  ])("refuses %o", (change, message) => {
    expect(() => read({ ...written, ...change })).toThrow(CheckpointError);
    expect(() => read({ ...written, ...change })).toThrow("/model/config.json: not a Mistral3");
    expect(() => read({ ...written, ...change })).toThrow(message);
  });

  it.each<[Fields, string]>([
    [{ model_type: "siglip_vision_model" }, 'expected pixtral, got "siglip_vision_model"'],
    [{ hidden_act: "gelu" }, 'expected silu, got "gelu"\n  → at vision_config.hidden_act'],
    [{ hidden_act: undefined }, "expected silu, got none"],
    [{ patch_size: 14 }, "expected 16, got 14\n  → at vision_config.patch_size"],
    [{ num_channels: 1 }, "expected 3, got 1"],
    [{ rope_parameters: { rope_type: "yarn" } }, "vision_config.rope_parameters.rope_type"],
    [{ rope_parameters: { rope_theta: 5000 } }, "expected 10000, got 5000"],
    [{ rope_parameters: undefined, rope_theta: 5000 }, "expected 10000, got 5000"],
    [{ num_hidden_layers: 0 }, "vision_config.num_hidden_layers"],
    [{ head_dim: 16 }, "vision.heads * vision.headDim must be vision.embedDim 64, got 2 * 16"],
  ])("refuses a tower with %o", (change, message) => {
    const content = { ...written, vision_config: { ...written.vision_config, ...change } };
    expect(() => read(content)).toThrow(CheckpointError);
    expect(() => read(content)).toThrow(message);
  });

  it.each<[Fields, string]>([
    [{ model_type: "qwen3" }, 'llama or mistral, got "qwen3"\n  → at text_config.model_type'],
    [
      { model_type: "mistral", sliding_window: 8 },
      "text_config: expected sliding_window to be null",
    ],
    [{ rms_norm_eps: 1e-6 }, "expected 0.00001, got 0.000001\n  → at text_config.rms_norm_eps"],
    [{ attention_bias: true }, "/model/config.json: text_config: not a Llama that can be loaded"],
    [{ hidden_act: "gelu" }, "hidden_act"],
    [
      { rope_parameters: { rope_type: "yarn" } },
      "expected plain RoPE (rope_parameters.rope_type default)",
    ],
  ])("refuses a text model with %o", (change, message) => {
    const content = { ...written, text_config: { ...written.text_config, ...change } };
    expect(() => read(content)).toThrow(CheckpointError);
    expect(() => read(content)).toThrow(message);
  });
});
