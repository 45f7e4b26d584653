import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable } from "node:stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  randomImage,
  tinyConfig,
  tinyParameters,
  tinyVisionConfig,
} from "../../generate/generate.fixture.ts";
import { saveModel } from "../../model/checkpoint.ts";
import { encodePng } from "../../model/image/decode-image.ts";
import { byteTokenizer } from "../../model/text/tokenizer.ts";
import { runCli } from "../run-cli.fixture.ts";

const tokenizer = byteTokenizer();
let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const save = (name: string, config: typeof tinyConfig) =>
    saveModel(join(directory, name), { config, parameters: tinyParameters(config), tokenizer });
  await save("seeing", tinyVisionConfig);
  await save("blind", tinyConfig);
  for (const seed of [1, 2]) {
    const png = await encodePng(randomImage({ rows: 2, columns: 4 }, seed));
    await writeFile(join(directory, `${seed}.png`), png);
  }
  await writeFile(join(directory, "broken.png"), "no image");
});
afterAll(() => rm(directory, { recursive: true }));

const image = "[IMG][IMG][IMG][IMG][IMG_BREAK][IMG][IMG][IMG][IMG][IMG_END]";

describe("generate", () => {
  const flags = ["--temperature", "0", "--max-tokens", "4", "--ignore-eos", "--json"];
  const generate = (prompt: string, ...argv: string[]) =>
    runCli(["generate", "seeing", "--prompt", prompt, ...flags, ...argv], { directory });
  const promptOf = (stdout: string) => tokenizer.decode(JSON.parse(stdout).promptTokens);

  test("shows images at their marks, or first", async () => {
    const marked = await generate("a [image] b [image]", "--image", "1.png", "--image", "2.png");
    expect(promptOf(marked.stdout)).toContain(`user\na ${image} b ${image}<|im_end|>`);
    const unmarked = await generate("a", "--image", "1.png");
    expect(promptOf(unmarked.stdout)).toContain(`user\n${image}a<|im_end|>`);
    const raw = await generate("<s>a [image]", "--raw", "--image", "1.png");
    expect(promptOf(raw.stdout)).toBe(`<s>a ${image}`);
    expect(Object.keys(JSON.parse(raw.stdout))).toEqual([
      ...["promptTokens", "tokens", "text", "finishReason"],
    ]);
  });

  test.each([
    [["[image] [image]", "--image", "1.png"], 2, /^message: .* got 2 marks and 1 image;/],
    [["[image]", "--raw"], 2, /^prompt: .* got 1 mark and 0 images;/],
    [["a", "--image", "none.png"], 1, /none.png cannot be read/],
    [["a", "--image", "broken.png"], 1, /broken.png: expected a whole image/],
    [
      [`a${"[image]".repeat(9)}`, ...Array(9).fill("--image=1.png")],
      1,
      /\(90 of them for 9 images\)/,
    ],
  ])("%j is refused in one line", async ([prompt, ...argv], code, message) => {
    const context = ["--context-tokens", "100"];
    const refused = await generate(prompt!, ...argv, ...context);
    expect(refused.code).toBe(code);
    expect(refused.stderr).toMatch(message);
    expect(refused.stderr.trim()).not.toContain("\n");
  });

  test("a model that reads no images says so", async () => {
    const argv = ["generate", "blind", "--prompt", "a", "--image", "1.png"];
    const { code, stderr } = await runCli(argv, { directory });
    expect([code, stderr]).toEqual([1, expect.stringContaining("has no vision tower")]);
  });
});

test("score reads a text with images", async () => {
  await writeFile(join(directory, "text.txt"), "<s>[image]a cat");
  const score = async (name: string) => {
    const argv = ["score", "seeing", "--file", "text.txt", "--image", name, "--json"];
    return JSON.parse((await runCli(argv, { directory })).stdout);
  };
  const first = await score("1.png");
  expect(Object.keys(first)).toEqual(["tokens", "logProbs", "lossNats", "bitsPerByte"]);
  expect(tokenizer.decode(first.tokens)).toBe(`<s>${image}a cat`);
  expect((await score("2.png")).lossNats).not.toBe(first.lossNats);
  expect(await score("1.png")).toEqual(first);
});

describe("chat", () => {
  const chat = async (lines: readonly string[], ...argv: string[]) => {
    const stdin = Readable.from([lines.join("\n")]);
    const flags = ["--temperature", "0", "--max-tokens", "2", ...argv, "--json"];
    const { stdout, stderr } = await runCli(["chat", "seeing", ...flags], { directory, stdin });
    return { messages: JSON.parse(stdout).messages, stderr };
  };
  const part = (url: string) => ({ type: "image_url", image_url: { url } });
  const text = (words: string) => ({ type: "text", text: words });

  test("takes images at the start and at any turn", async () => {
    const lines = ["a", "b", "/image 2.png", "c [image]"];
    const { messages, stderr } = await chat(lines, "--image", "1.png");
    expect(stderr).not.toContain("expected");
    expect(messages.map(({ content }: { content: unknown }) => content)).toEqual([
      [part("1.png"), text("a")],
      expect.any(String),
      "b",
      expect.any(String),
      [text("c "), part("2.png")],
      expect.any(String),
    ]);
  });

  test("says what is wrong and goes on; images wait for a turn that fits them", async () => {
    const lines = ["/image none.png", "/image", "/image 1.png", "[image] [image]", "a [image]"];
    const { messages, stderr } = await chat(lines);
    expect(stderr.split("\n").slice(0, 3)).toEqual([
      expect.stringContaining("none.png cannot be read"),
      "/image: expected a file after it, got none",
      expect.stringContaining("got 2 marks and 1 image"),
    ]);
    expect(messages[0].content).toEqual([text("a "), part("1.png")]);
    expect(messages).toHaveLength(2);
  });

  test("/reset forgets the images too", async () => {
    const { messages } = await chat(["/image 1.png", "a", "/image 2.png", "/reset", "b"]);
    expect(messages[0]).toEqual({ role: "user", content: "b" });
    expect(messages).toHaveLength(2);
  });
});
