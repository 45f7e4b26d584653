import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { loadModel } from "../../model/checkpoint.ts";
import {
  blockConfig,
  blockParameters,
  ggufContent,
  writeGguf,
} from "../../model/gguf/gguf.fixture.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { runCli } from "../run-cli.fixture.ts";

const tokenizer = byteTokenizer();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const model = { config: blockConfig, parameters: blockParameters(), tokenizer };
  const content = ggufContent(model, { type: "Q8_0", isTied: true });
  await writeGguf(join(directory, "tiny.gguf"), content);
});
afterEach(() => remove("out"));
afterAll(() => rm(directory, { recursive: true }));

const cli = (...argv: string[]) => runCli(argv, { directory });
const remove = (name: string) => rm(join(directory, name), { recursive: true, force: true });

describe("a GGUF file", () => {
  const answer = async (model: string, ...flags: string[]) => {
    const how = ["--prompt", "blocks", "--temperature", "0", "--max-tokens", "8", "--json"];
    return JSON.parse((await cli("generate", model, ...how, ...flags)).stdout);
  };

  test("becomes a model folder that answers as the file does in float32", async () => {
    const { code, stdout } = await cli("import", "tiny.gguf", "--out", "out");
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^imported LlamaForCausalLM into .*out\n/),
    ]);
    expect(stdout).toContain("- 15 tensors of Q8_0 became F32\n- the head, tied to the embedding,");
    expect(await answer("out")).toEqual(await answer("tiny.gguf", "--dtype", "f32"));
  });

  test("is a MODEL itself, held as asked", async () => {
    const stored = await answer("tiny.gguf");
    expect(stored.tokens).toHaveLength(8);
    expect(await answer("tiny.gguf", "--dtype", "q8")).toEqual(stored);
    expect((await answer("tiny.gguf", "--dtype", "q4")).tokens).toHaveLength(8);
    await writeFile(join(directory, "text.txt"), "some text");
    const score = async (dtype: string) => {
      const flags = ["--file", "text.txt", "--dtype", dtype, "--json"];
      return JSON.parse((await cli("score", "tiny.gguf", ...flags)).stdout).lossNats;
    };
    expect(Math.abs((await score("stored")) - (await score("f32")))).toBeLessThan(0.05);
    const chat = await runCli(["chat", "tiny.gguf", "--max-tokens", "4", "--json"], {
      ...{ directory, stdin: Readable.from(["hello\n"]) },
    });
    expect(JSON.parse(chat.stdout).messages).toHaveLength(2);
  });

  test("without --out lies under its name; exported it is a folder; broken it is refused", async () => {
    const { stdout } = await cli("import", "tiny.gguf", "--json");
    expect(JSON.parse(stdout).out).toBe(join(directory, ".foretoken", "models", "tiny"));
    await remove(".foretoken");
    expect((await cli("export", "tiny.gguf", "--to", "hf", "--out", "out")).code).toBe(0);
    expect((await loadModel(join(directory, "out"))).config).toEqual(blockConfig);
    await writeFile(join(directory, "broken.gguf"), "GGUF");
    for (const command of [
      ["import", "broken.gguf"],
      ["generate", "broken.gguf", "--prompt", "a"],
    ]) {
      const { code, stderr } = await cli(...command);
      expect([code, stderr]).toEqual([
        1,
        expect.stringMatching(/broken.gguf: is cut off or broken/),
      ]);
    }
  });
});
