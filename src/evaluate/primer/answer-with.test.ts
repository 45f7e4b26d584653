import { afterAll, beforeAll, expect, test } from "vitest";
import {
  randomImage,
  tinyConfig,
  tinyParameters,
  tinyVisionConfig,
} from "../../generate/generate.fixture.ts";
import { localLanguageModel } from "../../language-model/local-language-model.ts";
import { LocalModel } from "../../language-model/local-model.ts";
import { specialTokens } from "../../model/text/special-tokens.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { openRuntime } from "../../tensor/runtime.ts";
import type { Runtime } from "../../tensor/session.ts";
import { answerWith } from "./answer-with.ts";

const tokenizer = byteTokenizer();
const image = randomImage({ rows: 2, columns: 4 }, 1);
const options = { maxTokens: 6, stop: "\n" };

let runtime: Runtime;
beforeAll(async () => {
  runtime = await openRuntime({ threads: 1 });
});
afterAll(() => runtime.release());

function open(config: typeof tinyVisionConfig): Promise<LocalModel> {
  const model = { config, parameters: tinyParameters(config), tokenizer };
  return LocalModel.from(runtime, model, { slots: 2 });
}

const asked = (model: LocalModel) =>
  localLanguageModel(model, { name: "tiny", slots: 2, directory: "." });

test("a model with a tower sees the image, one without gets the same tokens and no pixels", async () => {
  const questions = [{ prompt: "[IMG]Q: Which?\nA:", image: 0 }, { prompt: "2 + 2 =" }];
  const seeing = await open(tinyVisionConfig);
  const reading = await open({ ...tinyConfig, maxSeqLen: 128 });
  try {
    const [seen, text] = await answerWith(asked(seeing), async () => image)(questions, options);
    const direct = await seeing.sample(
      { kind: "document", text: questions[0]!.prompt, images: [image] },
      1,
      { ...options, stop: ["\n"] },
    );
    expect(seen).toBe(direct[0]!.text);
    expect(text).toBe((await seeing.complete(["2 + 2 ="], { ...options, stop: ["\n"] }))[0]);

    const row = [
      specialTokens.image,
      specialTokens.image,
      specialTokens.image,
      specialTokens.image,
    ];
    const layout = [...row, specialTokens.imageBreak, ...row, specialTokens.imageEnd];
    const tokens = [specialTokens.bos, ...layout, ...tokenizer.encode("Q: Which?\nA:")];
    const [blind] = await answerWith(asked(reading), async () => image)(questions, options);
    const raw = await reading.sample({ kind: "tokens", tokens }, 1, { ...options, stop: ["\n"] });
    expect(raw[0]!.promptTokens).toEqual(direct[0]!.promptTokens);
    expect(blind).toBe(raw[0]!.text);
  } finally {
    seeing.release();
    reading.release();
  }
});
