import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointError, ConfigError, ModelError } from "../errors.ts";
import { openLanguageModel } from "./open-language-model.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(() => rm(directory, { recursive: true }));

const keys = { OPENAI_API_KEY: "a", ANTHROPIC_API_KEY: "b", GOOGLE_GENERATIVE_AI_API_KEY: "c" };
const open = (text: string, slots?: number) =>
  openLanguageModel(text, {
    ...{ directory, workspaceFolder: join(directory, ".foretoken"), environment: keys, slots },
  });

test.each(["openai:gpt-4o", "openai:org/model:free", "anthropic:claude", "google:gemini"])(
  "%s is a provider's model",
  async (text) => {
    const model = await open(text);
    expect([model.name, model.concurrency]).toEqual([text, 16]);
    expect((await open(text, 3)).concurrency).toBe(3);
    expect("score" in model).toBe(text.startsWith("openai"));
  },
);

test("replay: takes a path from the directory", async () => {
  const line = { messages: [], arguments: {}, texts: ["Hi"] };
  await writeFile(join(directory, "log.jsonl"), JSON.stringify(line));
  const model = await open("replay:log.jsonl");
  expect(model.name).toBe("replay:log.jsonl");
  expect((await model.chat({ messages: [], arguments: {} })).texts).toEqual(["Hi"]);
});

test("a path goes before a provider", async () => {
  await mkdir(join(directory, "openai:gpt-4o"));
  await expect(open("openai:gpt-4o")).rejects.toThrow(CheckpointError);
});

test("an unknown provider names the known ones", async () => {
  for (const text of ["mistral:large", "openai:", "toString:x"]) {
    await expect(open(text)).rejects.toThrow(ConfigError);
    await expect(open(text)).rejects.toThrow(
      `model "${text}": neither an existing path nor a run, so expected one of openai:NAME, anthropic:NAME, google:NAME, replay:NAME`,
    );
  }
});

test("what is nothing says what there is", async () => {
  for (const text of ["gpt-4o", "c:/models/mine", ""]) {
    await expect(open(text)).rejects.toThrow(ModelError);
    await expect(open(text)).rejects.toThrow(/neither an existing path nor a run .* openai:NAME/);
  }
});
