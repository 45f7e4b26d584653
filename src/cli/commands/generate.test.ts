import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyConfig, tinyParameters } from "../../generate/generate.fixture.ts";
import { saveModel } from "../../model/checkpoint.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { runCli } from "../run-cli.fixture.ts";

const tokenizer = byteTokenizer();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const model = { config: tinyConfig, parameters: tinyParameters(), tokenizer };
  await saveModel(join(directory, "model"), model);
});
afterAll(() => rm(directory, { recursive: true }));

const cli = (...argv: string[]) => runCli(argv, { directory });

describe("generate", () => {
  const flags = ["--temperature", "0", "--max-tokens", "12", "--ignore-eos"];

  test("--raw --json prints the contract's object alone, the prompt exactly as given", async () => {
    const prompt = "<s>Once upon";
    const { code, stdout } = await cli(
      ...["generate", "model", "--prompt", prompt, "--raw", ...flags, "--json"],
    );
    const result = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(Object.keys(result)).toEqual(["promptTokens", "tokens", "text", "finishReason"]);
    expect(result.promptTokens).toEqual([1, ...tokenizer.encode("Once upon")]);
    expect(result.tokens).toHaveLength(12);
    expect(result.text).toBe(tokenizer.decode(result.tokens, { skipSpecial: true }));
    expect(result.finishReason).toBe("length");
    const shown = await cli("generate", "model", "--prompt", prompt, "--raw", ...flags);
    expect(shown.stdout).toBe(`${result.text}\n`);
    expect(await readdir(directory)).toEqual(["model"]); // no workspace was made
  });

  test("without --raw the prompt is a user's turn", async () => {
    const { stdout } = await cli("generate", "model", "--prompt", "Hi", ...flags, "--json");
    expect(tokenizer.decode(JSON.parse(stdout).promptTokens)).toBe(
      "<s><|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  test("what cannot be is said in one paragraph", async () => {
    const long = await cli("generate", "model", "--prompt", "x", "--raw", "--max-tokens", "64");
    expect([long.code, long.stdout]).toEqual([1, ""]);
    expect(long.stderr).toMatch(/^generate: the context holds 64 tokens, .*\n$/);
    const wrong = await cli("generate", "model", "--prompt", "x", "--top-p", "2");
    expect(wrong.code).toBe(2);
    const missing = await cli("generate", "nowhere", "--prompt", "x");
    expect([missing.code, missing.stderr]).toEqual([
      1,
      expect.stringMatching(/^model "nowhere": neither an existing path nor a run .*\n$/),
    ]);
  });
});

describe("score", () => {
  test("--json prints the contract's object; special tokens are read", async () => {
    await writeFile(join(directory, "text.txt"), "<s>Once upon a time</s>");
    const { code, stdout } = await cli("score", "model", "--file", "text.txt", "--json");
    await rm(join(directory, "text.txt"));
    const { tokens, logProbs, lossNats, bitsPerByte } = JSON.parse(stdout);
    expect(code).toBe(0);
    expect(tokens).toEqual([1, ...tokenizer.encode("Once upon a time"), 2]);
    expect(logProbs).toHaveLength(17);
    const total = logProbs.reduce((sum: number, value: number) => sum + value, 0);
    expect(lossNats).toBeCloseTo(-total / 17, 10);
    expect(bitsPerByte).toBeCloseTo(-total / Math.LN2 / 16, 10);
  });

  test("a missing file and one that is not text are refused", async () => {
    const missing = await cli("score", "model", "--file", "none.txt");
    expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining("cannot be read")]);
    await writeFile(join(directory, "bytes.bin"), Uint8Array.of(0xff, 0xfe));
    const bytes = await cli("score", "model", "--file", "bytes.bin");
    await rm(join(directory, "bytes.bin"));
    expect([bytes.code, bytes.stderr]).toEqual([1, expect.stringContaining("is not UTF-8 text")]);
  });
});

describe("chat", () => {
  const chat = async (lines: readonly string[], ...argv: string[]) => {
    const stdin = Readable.from([lines.join("\n")]);
    const flags = ["--temperature", "0", "--max-tokens", "4", ...argv, "--json"];
    const { stdout, stderr } = await runCli(["chat", "model", ...flags], { directory, stdin });
    return { messages: JSON.parse(stdout).messages, stderr };
  };
  const roles = (messages: readonly { role: string }[]) => messages.map(({ role }) => role);

  test("keeps the history, until /reset forgets all but the system's message", async () => {
    const { messages } = await chat(["a", "", "b"]);
    expect(roles(messages)).toEqual(["user", "assistant", "user", "assistant"]);
    const reset = await chat(["a", "/reset", "b", "/exit", "c"], "--system", "x");
    expect(roles(reset.messages)).toEqual(["system", "user", "assistant"]);
    expect(reset.messages[1].content).toBe("b");
  });

  test("answers again from a conversation as from one given whole", async () => {
    const { messages } = await chat(["a", "b"]);
    const again = await chat(["a", "b"]);
    expect(again.messages).toEqual(messages);
    const alone = await chat(["b"]);
    expect(alone.messages[1]).not.toEqual(messages[3]);
  });

  test("a turn that does not fit is left out and said", async () => {
    const { messages, stderr } = await chat(["x".repeat(100), "b"]);
    expect(messages.map(({ content }: { content: string }) => content)[0]).toBe("b");
    expect(stderr).toMatch(/the context holds 64 tokens.*; or begin anew with \/reset/);
  });
});
