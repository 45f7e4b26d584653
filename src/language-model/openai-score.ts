import { z } from "zod";
import { ConfigError, ProviderError } from "../errors.ts";
import type { ScoreRequest, TextLikelihood } from "./language-model.ts";
import type { OpenAiServer } from "./openai.ts";
import { unreadableAnswer } from "./provider-failure.ts";

const echo = z.object({
  choices: z.array(
    z.object({
      index: z.number(),
      text: z.string(),
      logprobs: z.object({
        tokens: z.array(z.string()).min(1),
        token_logprobs: z.array(z.number().nullable()),
        text_offset: z.array(z.number()),
        top_logprobs: z.array(z.record(z.string(), z.number()).nullable()),
      }),
    }),
  ),
});

type Echo = z.infer<typeof echo>["choices"][number];

/** New tokens that are asked for: none where the server allows it. */
type NewTokens = 0 | 1;

/**
 * Log-probabilities of texts by `/completions`, which echoes the prompt with those of its tokens.
 * The server cuts prompt and text into tokens together: a token across the border counts as the
 * text's.
 *
 * @returns a function that throws ProviderError when the server has no such thing, which is tried out
 *   once, and ConfigError when the prompt is a conversation or empty
 * @see https://platform.openai.com/docs/api-reference/completions/create
 */
export function openAiScore(
  server: OpenAiServer,
): (request: ScoreRequest) => Promise<readonly TextLikelihood[]> {
  let probe: Promise<NewTokens> | undefined;
  return async ({ prompt, continuations, signal }) => {
    const where = server.provider.name;
    if (typeof prompt !== "string" || prompt === "" || continuations.includes("")) {
      throw new ConfigError(
        `${where}: score expected a prompt and continuations that are texts and not empty, got ${typeof prompt === "string" ? "an empty one" : "a conversation, whose template only the server knows"}; write the prompt as one text`,
      );
    }
    if (continuations.length === 0) return [];
    probe ??= findNewTokens(server, signal);
    const newTokens = await probe.catch((error: unknown) => {
      // a server without it stays so, anything else may pass
      const isLacking = error instanceof ProviderError && error.failure.concernsAll === true;
      if (!isLacking) probe = undefined;
      throw error;
    });
    const texts = continuations.map((continuation) => prompt + continuation);
    const echoes = await askEchoes(server, { texts, newTokens, signal });
    return echoes.map((each, i) => likelihood(each, prompt, continuations[i]!));
  };
}

interface EchoRequest {
  readonly texts: readonly string[];
  readonly newTokens: NewTokens;
  readonly signal: AbortSignal | undefined;
}

async function askEchoes(
  server: OpenAiServer,
  { texts, newTokens, signal }: EchoRequest,
): Promise<Echo[]> {
  const { model, provider } = server;
  const body = { model, prompt: texts, echo: true, logprobs: 1, max_tokens: newTokens };
  const data = await server.post("/completions", { ...body, temperature: 0 }, signal);
  const found = echo.safeParse(data);
  if (!found.success || found.data.choices.length !== texts.length) {
    throw unreadableAnswer(provider, `no echo with log-probabilities: ${JSON.stringify(data)}`);
  }
  return found.data.choices.toSorted((a, b) => a.index - b.index);
}

/** Statuses by which a server says that it has no such thing. */
const lacking = [200, 400, 404, 405, 422, 501];

async function findNewTokens(
  server: OpenAiServer,
  signal: AbortSignal | undefined,
): Promise<NewTokens> {
  let refusal: unknown;
  for (const newTokens of [0, 1] as const) {
    try {
      const [found] = await askEchoes(server, { texts: ["One two three"], newTokens, signal });
      const { token_logprobs } = found!.logprobs;
      if (token_logprobs.length > 1 && token_logprobs.slice(1).every(Number.isFinite)) {
        return newTokens;
      }
      refusal = new Error("log-probabilities of the prompt are missing");
    } catch (error) {
      const isLacking =
        error instanceof ProviderError && lacking.includes(error.failure.status ?? 0);
      if (!isLacking) throw error;
      refusal = error;
    }
  }
  const { name, baseUrl } = server.provider;
  throw new ProviderError(
    `${name} at ${baseUrl}: score expected a server whose /completions has echo with logprobs, and this one has not (${(refusal as Error).message}); ask a model of ours, or a server such as vLLM`,
    { isRetryable: false, concernsAll: true },
    { cause: refusal },
  );
}

/** Offsets of servers count characters of Unicode, not UTF-16. */
function lengthOf(text: string): number {
  return [...text].length;
}

function likelihood(
  { text, logprobs }: Echo,
  prompt: string,
  continuation: string,
): TextLikelihood {
  const { tokens, token_logprobs, text_offset, top_logprobs } = logprobs;
  // some servers count what begins a document, which the text does not show
  const ends = [...text_offset.slice(1), text_offset.at(-1)! + lengthOf(tokens.at(-1)!)];
  const shift = Math.max(0, ends.at(-1)! - lengthOf(text));
  const start = shift + lengthOf(prompt);
  const end = start + lengthOf(continuation);
  const places = tokens.map((_, i) => i).filter((i) => ends[i]! > start && text_offset[i]! < end);
  const values = places.map((i) => token_logprobs[i] ?? Number.NEGATIVE_INFINITY);
  return {
    logProb: values.reduce((sum, value) => sum + value, 0),
    tokens: places.length,
    isGreedy: places.every((i, at) => {
      const best = Math.max(...Object.values(top_logprobs[i] ?? {}));
      return values[at]! >= best;
    }),
  };
}
