import { spawnSync } from "node:child_process";
import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { randomImage, uncachedLogits } from "../src/generate/generate.fixture.ts";
import { uploadWeights } from "../src/generate/model-weights.ts";
import { LocalModel } from "../src/language-model/local-model.ts";
import { encodePrompt } from "../src/language-model/prompt.ts";
import { loadModel } from "../src/model/checkpoint.ts";
import { encodePng } from "../src/model/image/decode-image.ts";
import type { ImagePixels } from "../src/model/image/pixels.ts";
import { saveImageProcessor } from "../src/model/image-processor-files.ts";
import { chatTemplate } from "../src/model/text/chat.ts";
import { firstMergeToken } from "../src/model/text/special-tokens.ts";
import type { Tokenizer } from "../src/model/text/tokenizer.ts";
import { loadTokenizer, saveTokenizer } from "../src/model/text/tokenizer-file.ts";
import { trainTokenizer } from "../src/model/text/train-tokenizer.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import {
  type Answer,
  conversations,
  families,
  learnedTokens,
  makeTokenizers,
} from "./foreign-tokenizers.fixture.ts";

/** An interpreter with torch, torchvision, pillow and transformers. */
const python = process.env["FORETOKEN_PYTHON"] ?? "python3";
const imports =
  "import torch, transformers, PIL, importlib.util as u; assert u.find_spec('torchvision')";
const hasTransformers = spawnSync(python, ["-c", imports]).status === 0;
const skipReason = `${python} has no torch, torchvision, pillow and transformers; install them with pip or set FORETOKEN_PYTHON`;

const newTokens = 24;
const vocabSize = firstMergeToken + 24;
const text = {
  vocab_size: vocabSize + 10, // a padded vocabulary, as many models have
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 2,
  num_attention_heads: 4,
  num_key_value_heads: 2,
  max_position_embeddings: 256,
  pad_token_id: 0,
};
const tower = {
  model_type: "pixtral",
  hidden_size: 64,
  intermediate_size: 96,
  num_hidden_layers: 3,
  num_attention_heads: 2,
  hidden_act: "silu",
};
const seeing = {
  image_token_index: 5,
  text_config: { ...text, model_type: "llama", rms_norm_eps: 1e-5 },
  vision_config: tower,
};

/** With a tokenizer of another family, whose rows are padded as well. */
const foreign = { ...text, vocab_size: learnedTokens + 20, pad_token_id: null };

const llama = "LlamaForCausalLM";
const mistral3 = "Mistral3ForConditionalGeneration";
const joined = expect.stringMatching(/^\d+ files of weights were joined into one$/);
const became = (type: string) => expect.stringMatching(new RegExp(`of ${type} became F32$`));
const copied = "the head, tied to the embedding, is written out as a copy of it";
interface Case {
  readonly name: string;
  /** A family of `foreign-tokenizers.fixture.ts`; undefined: ours. */
  readonly tokenizer?: string;
  /** Rows of the embedding, where they are not those of our tokenizer. */
  readonly vocabulary?: number;
  readonly architecture: string;
  readonly dtype: string;
  readonly config: object;
  readonly maxShardSize?: string;
  readonly changes: readonly unknown[];
}
const cases: readonly Case[] = [
  {
    name: "llama",
    architecture: llama,
    dtype: "float32",
    config: { ...text, head_dim: 32, rope_parameters: { rope_type: "default", rope_theta: 5e4 } },
    changes: [],
  },
  {
    name: "llama, half",
    architecture: llama,
    dtype: "float16",
    config: { ...text, rms_norm_eps: 1e-3, num_key_value_heads: 4 },
    changes: [became("F16")],
  },
  {
    name: "llama, tied in pieces",
    architecture: llama,
    dtype: "bfloat16",
    config: { ...text, tie_word_embeddings: true },
    maxShardSize: "40KB",
    changes: [joined, became("BF16"), copied],
  },
  {
    name: "mistral",
    architecture: "MistralForCausalLM",
    dtype: "float32",
    config: text,
    changes: [expect.stringContaining("sliding_window 4096 hides nothing of 256")],
  },
  {
    name: "mistral3",
    architecture: mistral3,
    dtype: "float32",
    config: { ...seeing, tie_word_embeddings: false },
    changes: [],
  },
  {
    name: "mistral3, tied in pieces",
    architecture: mistral3,
    dtype: "bfloat16",
    config: { ...seeing, tie_word_embeddings: true },
    maxShardSize: "60KB",
    changes: [joined, became("BF16"), copied],
  },
  {
    name: "llama with SmolLM's tokenizer",
    tokenizer: "smollm",
    vocabulary: foreign.vocab_size,
    architecture: llama,
    dtype: "float32",
    config: { ...foreign, bos_token_id: 1 },
    changes: [expect.stringMatching(/^bos_token_id 1 was left out: the tokenizer has it at \d+$/)],
  },
  {
    name: "mistral3 with Tekken",
    tokenizer: "tekken",
    vocabulary: foreign.vocab_size,
    architecture: mistral3,
    dtype: "float32",
    config: {
      ...{ ...seeing, tie_word_embeddings: false, image_token_index: learnedTokens + 4 },
      text_config: { ...seeing.text_config, ...foreign, bos_token_id: learnedTokens },
    },
    changes: [],
  },
];

let root: string;
let runtime: Runtime;
let picture: ImagePixels;
let foreignAnswers: Readonly<Record<string, Answer>>;

beforeAll(async () => {
  if (!hasTransformers) return;
  root = await mkdtemp(join(tmpdir(), "foretoken-import-"));
  const processors = join(root, "processors");
  const documents = Array(3).fill("the thing that they thought, then 17 + 25 = 42 and the rest");
  await saveTokenizer(processors, await trainTokenizer(documents, { vocabSize }));
  await saveImageProcessor(processors, 1024, chatTemplate);
  const used = families.filter(({ name }) => cases.some(({ tokenizer }) => tokenizer === name));
  foreignAnswers = makeTokenizers(python, join(root, "tokenizers"), { families: used });
  for (const { name, chatTemplate: template } of used) {
    await saveImageProcessor(join(root, "tokenizers", name), 1024, template!);
  }
  const asked = cases.map(({ tokenizer, vocabulary: _, ...rest }) => ({
    ...rest,
    ...(tokenizer !== undefined && { tokenizer: join(root, "tokenizers", tokenizer) }),
  }));
  ask("hugging_face_folders.py", [processors, root], asked);
  picture = randomImage({ rows: 2, columns: 3 }, 4);
  await writeFile(join(root, "image.png"), await encodePng(picture));
  runtime = await openRuntime();
}, 120_000);

afterAll(async () => {
  if (!hasTransformers) return;
  runtime?.release();
  await rm(root, { recursive: true, force: true });
});

/** What a script of `test/python` answers. */
function ask(script: string, argv: readonly string[], request: object): string {
  const path = fileURLToPath(new URL(`./python/${script}`, import.meta.url));
  const answer = spawnSync(python, [path, ...argv], {
    input: JSON.stringify(request),
    encoding: "utf8",
    maxBuffer: 1e9,
    env: { ...process.env, OMP_NUM_THREADS: "1" }, // tiny models on shared cores
  });
  if (answer.status !== 0) throw new Error(answer.stderr);
  return answer.stdout;
}

interface Sequence {
  /** The prompt and then `newTokens` greedy ones. */
  readonly tokens: readonly number[];
  readonly promptTokens: number;
  readonly logits: readonly (readonly number[])[];
}

const prompts = { text: "<s>// the thing 17 + 25 =", images: "<s>a [IMG] that 你" };

/** What transformers makes of the folder as it wrote it; a text's logits are those of `tokens`. */
function theirs(
  folder: string,
  tokens: readonly number[],
  { hasImages, addsBos }: { readonly hasImages: boolean; readonly addsBos: boolean },
): Sequence {
  const maxTokens = newTokens;
  if (hasImages) {
    const images = [join(root, "image.png")];
    // where a tokenizer begins a document by itself, so does the processor
    const text = addsBos ? prompts.images.slice("<s>".length) : prompts.images;
    const asked = { prompts: [{ text, images }], maxTokens };
    return JSON.parse(ask("hugging_face_images.py", [folder], asked))[0];
  }
  const asked = { tokens, prompts: [prompts.text], maxTokens };
  const { greedy, logits } = JSON.parse(ask("hugging_face_logits.py", [folder], asked));
  const { promptTokens, tokens: generated } = greedy[0];
  return { tokens: [...promptTokens, ...generated], promptTokens: promptTokens.length, logits };
}

/** The prompt and its greedy continuation by our engine. */
async function ourTokens(folder: string, hasImages: boolean): Promise<number[]> {
  const local = await LocalModel.open(runtime, folder, { slots: 1 });
  const generation = local.generate(
    {
      kind: "raw",
      text: hasImages ? prompts.images : prompts.text,
      ...(hasImages && { images: [picture] }),
    },
    { temperature: 0, maxTokens: newTokens, ignoreEos: true },
  );
  let next = await generation.next();
  while (next.done !== true) next = await generation.next();
  local.release();
  return [...next.value.promptTokens, ...next.value.tokens];
}

/** Conversations as the engine is given them. */
function checkChats(tokenizer: Tokenizer, { chats }: Answer): void {
  for (const [index, expected] of chats.entries()) {
    const messages = conversations[index]!;
    const ask = () => encodePrompt(tokenizer, { kind: "chat", messages });
    if (expected === null) expect(ask).toThrow("refuses the conversation");
    else expect(ask()).toEqual(expected);
  }
  expect(chats.filter((chat) => chat !== null).length).toBeGreaterThan(2);
}

describe("foretoken import of a folder that transformers wrote", () => {
  test.for(cases)(
    "$name: the same logits and greedy tokens",
    { timeout: 120_000 },
    async ({ name, architecture, vocabulary, changes, tokenizer }, context) => {
      context.skip(!hasTransformers, skipReason);
      const folder = join(root, name);
      const out = join(root, "imported", name);
      const { code, stdout, stderr } = await runCli(["import", folder, "--out", out, "--json"]);
      expect([code, stderr]).toEqual([0, expect.stringContaining(`imported ${architecture}`)]);
      const hasImages = architecture === mistral3;
      const report = JSON.parse(stdout);
      expect(report).toMatchObject({
        architecture,
        vocabSize: vocabulary ?? vocabSize + 10,
        images: hasImages,
      });
      expect(report.changes).toEqual(changes);
      expect(
        (await readdir(join(root, "imported"))).filter((file) => file.startsWith(".")),
      ).toEqual([]);

      const tokens = await ourTokens(out, hasImages);
      const expected = theirs(folder, tokens, { hasImages, addsBos: tokenizer === "tekken" });
      expect(tokens).toEqual(expected.tokens);
      expect(tokens).toHaveLength(expected.promptTokens + newTokens);
      const { config, parameters, tokenizer: loaded } = await loadModel(out);
      if (tokenizer !== undefined) checkChats(loaded, foreignAnswers[tokenizer]!);
      expect(loaded.stopTokens).toEqual((await loadTokenizer(folder)).stopTokens);
      const weights = await uploadWeights(runtime, config, parameters);
      const ours = await uncachedLogits(weights, tokens, hasImages ? [picture] : []);
      weights.release();
      const logits = expected.logits.flat();
      expect(ours).toHaveLength(logits.length);
      const worst = ours.reduce((max, value, i) => Math.max(max, Math.abs(value - logits[i]!)), 0);
      expect(worst).toBeLessThan(1e-3);
      expect(Math.max(...ours.map(Math.abs))).toBeGreaterThan(1);
    },
  );
});
