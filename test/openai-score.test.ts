import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { ConfigError, ProviderError } from "../src/errors.ts";
import { tinyConfig, tinyParameters } from "../src/generate/generate.fixture.ts";
import type { LanguageModel } from "../src/language-model/language-model.ts";
import { localLanguageModel } from "../src/language-model/local-language-model.ts";
import { LocalModel } from "../src/language-model/local-model.ts";
import { openOpenAi } from "../src/language-model/openai.ts";
import { byteTokenizer } from "../src/model/text/tokenizer.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";

const tokenizer = byteTokenizer();
let runtime: Runtime;
let local: LocalModel;
let inProcess: LanguageModel;
let server: Server | undefined;
beforeAll(async () => {
  runtime = await openRuntime();
  const loaded = { config: tinyConfig, parameters: tinyParameters(), tokenizer };
  local = await LocalModel.from(runtime, loaded, { slots: 1 });
  inProcess = localLanguageModel(local, { name: "tiny", slots: 1, directory: "." });
});
afterAll(async () => {
  await inProcess?.close();
  runtime?.release();
});
afterEach(() => {
  server?.closeAllConnections();
  server?.close();
});

interface Completions {
  prompt: string[];
  echo: boolean;
  logprobs: number;
  max_tokens: number;
}

/** How servers differ. */
interface ServerKind {
  /** vLLM shows what begins a document among the tokens, and counts it. */
  readonly showsStart?: boolean;
  /** Old ones want a new token. */
  readonly leastTokens?: number;
  /** What it answers to the n-th request instead. */
  readonly instead?: (count: number) => { status: number; content: unknown } | undefined;
}

/** The completions of a server that holds the tiny model. */
async function serve(kind: ServerKind): Promise<{ model: LanguageModel; asked: Completions[] }> {
  const asked: Completions[] = [];
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body = JSON.parse(Buffer.concat(chunks).toString()) as Completions;
    asked.push(body);
    const other = kind.instead?.(asked.length) ?? refused(kind, body, request.url);
    const content = other?.content ?? { choices: await echoes(kind, body) };
    response.writeHead(other?.status ?? 200, { "content-type": "application/json" });
    response.end(JSON.stringify(content));
  });
  await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/v1`;
  return { model: await openOpenAi("tiny", { baseUrl, environment: {} }), asked };
}

function refused({ leastTokens = 0 }: ServerKind, body: Completions, url: string | undefined) {
  const isRight = url === "/v1/completions" && body.echo && body.logprobs === 1;
  if (isRight && body.max_tokens >= leastTokens) return undefined;
  return { status: 400, content: { error: { message: "max_tokens must be at least 1" } } };
}

async function echoes({ showsStart = false }: ServerKind, body: Completions) {
  const choices = [];
  for (const [index, prompt] of body.prompt.entries()) {
    const text = body.max_tokens === 0 ? prompt : `${prompt}!`;
    const start = { kind: "document", text: "" } as const;
    const [scored] = await local.scoreEachAfter(start, [text]);
    const { logProbs } = scored!;
    const letters = [...text];
    const isLikeliest: boolean[] = [];
    for (let at = 0; at < letters.length; at++) {
      const before = { kind: "document", text: letters.slice(0, at).join("") } as const;
      const [letter] = await local.scoreEachAfter(before, [letters[at]!]);
      isLikeliest.push(letter!.isGreedy);
    }
    const shift = showsStart ? 3 : 0;
    choices.push({
      ...{ index, text, finish_reason: "length" },
      logprobs: {
        tokens: [...(showsStart ? ["<s>"] : []), ...letters],
        token_logprobs: [...(showsStart ? [null] : []), ...logProbs],
        text_offset: [...(showsStart ? [0] : []), ...letters.map((_, i) => i + shift)],
        top_logprobs: [
          ...(showsStart ? [null] : []),
          ...letters.map((letter, i) =>
            isLikeliest[i]
              ? { [letter]: logProbs[i]! }
              : { [letter]: logProbs[i]!, other: logProbs[i]! + 0.5 },
          ),
        ],
      },
    });
  }
  return choices.reverse(); // a client goes by the index
}

const prompt = "Is it so? ";
/** The tiny model's likeliest letter among them, if any, makes one of them greedy. */
const continuations = ["yes", "no, not", ...Array.from("abcdefghijklmnopqrstuvwxyz")];

describe.each<[string, ServerKind, number]>([
  ["no new token", {}, 0],
  ["what begins a document", { showsStart: true }, 0],
  ["at least one new token", { leastTokens: 1 }, 1],
  ["at least one and the beginning", { leastTokens: 1, showsStart: true }, 1],
])("a server that gives %s", (_, kind, maxTokens) => {
  test("scores as the same model does in this process", async () => {
    const { model, asked } = await serve(kind);
    const found = await model.score!({ prompt, continuations });
    const expected = await inProcess.score!({ prompt, continuations });
    for (const [i, { logProb, tokens, isGreedy }] of found.entries()) {
      expect(logProb).toBeCloseTo(expected[i]!.logProb, 4); // float32, in other batches
      expect({ tokens, isGreedy }).toEqual({
        ...{ tokens: expected[i]!.tokens, isGreedy: expected[i]!.isGreedy },
      });
    }
    expect(asked.at(-1)!.max_tokens).toBe(maxTokens);
    const before = asked.length;
    await model.score!({ prompt, continuations: ["yes"] });
    expect(asked.length - before).toBe(1); // what the server can is tried out once
  });
});

test("some letter is greedy, so that the comparison sees both", async () => {
  const letters = Array.from("abcdefghijklmnopqrstuvwxyz");
  const found = [];
  for (const text of letters) {
    found.push(...(await inProcess.score!({ prompt: text, continuations: letters })));
  }
  expect(new Set(found.map(({ isGreedy }) => isGreedy)).size).toBe(2);
});

test("a server without it is named, and asked about it once", async () => {
  const content = { error: { message: "echo is not supported" } };
  const { model, asked } = await serve({ instead: () => ({ status: 400, content }) });
  for (let i = 0; i < 2; i++) {
    const scored = model.score!({ prompt, continuations: ["yes"] });
    await expect(scored).rejects.toThrow(ProviderError);
    await expect(scored).rejects.toThrow(
      /score expected a server whose \/completions has echo .* \(.*echo is not supported.*\)/,
    );
  }
  expect(asked).toHaveLength(2); // with no and with one new token
});

test("one that leaves the log-probabilities out has none", async () => {
  const content = { choices: [{ index: 0, text: "One two three", logprobs: null }] };
  const { model } = await serve({ instead: () => ({ status: 200, content }) });
  await expect(model.score!({ prompt, continuations: ["yes"] })).rejects.toThrow(ProviderError);
});

test("a failure that passes does not count", async () => {
  const { model } = await serve({
    instead: (count) => (count === 1 ? { status: 503, content: {} } : undefined),
  });
  const scored = () => model.score!({ prompt, continuations: ["yes"] });
  await expect(scored()).rejects.toThrow(ProviderError);
  expect(await scored()).toHaveLength(1);
});

test("what cannot be scored is refused", async () => {
  const { model, asked } = await serve({});
  const conversation = [{ role: "user", content: "Hello" }];
  for (const request of [
    { prompt: conversation, continuations: ["a"] },
    { prompt: "", continuations: ["a"] },
    { prompt, continuations: ["a", ""] },
  ]) {
    await expect(model.score!(request)).rejects.toThrow(ConfigError);
  }
  expect(await model.score!({ prompt, continuations: [] })).toEqual([]);
  expect(asked).toEqual([]);
});
