import { readFile } from "node:fs/promises";
import { z } from "zod";
import { DataError, ProviderError } from "../errors.ts";
import { documentMessage } from "./document-message.ts";
import type { LanguageModel, ModelAnswer, ModelRequest } from "./language-model.ts";

const line = z.object({
  messages: z.array(z.record(z.string(), z.unknown())),
  arguments: z.record(z.string(), z.unknown()).default({}),
  texts: z.array(z.string()).min(1),
  finishReasons: z.array(z.string().nullable()).optional(),
  toolCalls: z.array(z.array(z.unknown())).optional(),
  usage: z
    .object({
      prompt_tokens: z.number(),
      completion_tokens: z.number(),
      total_tokens: z.number(),
    })
    .optional(),
  model: z.string().optional(),
});

type Line = z.infer<typeof line>;

/**
 * A line of `foretoken eval run`'s log: a sample with its calls, or what stands around them. Of a sample
 * that was interrupted the calls stand in its later line, too.
 */
const evalLine = z.union([
  z.object({ type: z.literal("sample-end"), calls: z.array(line) }),
  z
    .object({ type: z.enum(["eval-start", "sample-part", "eval-end"]) })
    .transform(({ type }) => ({ type, calls: [] as Line[] })),
]);

/**
 * The answers of a log instead of a model: of the samples of `foretoken eval run` that have ended, or
 * JSON Lines of `{messages, arguments, texts}`, with `finishReasons`, `toolCalls`, `usage` and `model`
 * as a `ModelAnswer` has them. The same messages and arguments get the same answer, in whatever order
 * their fields are. A request that the log has several times gets its answers one after the other, and
 * then again from the first.
 *
 * @throws {DataError} when the file cannot be read or a line is none of a log; `chat` throws
 *   ProviderError when the log has no such request, naming what differs from the nearest one
 */
export async function openReplay(path: string, name = `replay:${path}`): Promise<LanguageModel> {
  const lines = await readLog(path);
  const recorded = new Map<string, { readonly answers: Line[]; next: number }>();
  for (const each of lines) {
    const key = keyOf(each);
    const known = recorded.get(key);
    if (known === undefined) recorded.set(key, { answers: [each], next: 0 });
    else known.answers.push(each);
  }
  const chat = async (request: ModelRequest) => {
    request.signal?.throwIfAborted();
    const found = recorded.get(keyOf(request));
    if (found === undefined) throw unknownRequest(name, request, lines);
    return answerOf(name, found.answers[found.next++ % found.answers.length]!);
  };
  return {
    name,
    concurrency: 1, // answers of equal requests keep their order
    chat,
    complete: ({ prompt, images, ...request }) =>
      chat({ ...request, messages: [documentMessage({ prompt, images })] }),
    close: async () => undefined,
  };
}

async function readLog(path: string): Promise<Line[]> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (cause) {
    throw new DataError(
      `replay: ${path} cannot be read (${(cause as Error).message}); give the path of a log`,
      { cause },
    );
  }
  const lines = text
    .split("\n")
    .flatMap((each, i) => (each.trim() ? [...readLine(each, path, i)] : []));
  if (lines.length === 0) {
    throw new DataError(`replay: ${path}: expected a line for each answer, got an empty file`);
  }
  return lines;
}

/** The answers of a line: one, or those of an evaluation's sample. */
function readLine(text: string, path: string, index: number): readonly Line[] {
  let problem: string;
  try {
    const value: unknown = JSON.parse(text);
    const ofEval = evalLine.safeParse(value);
    if (ofEval.success) return ofEval.data.calls;
    const found = line.safeParse(value);
    if (found.success) return [found.data];
    const [first] = found.error.issues;
    problem = `${first!.path.join(".")}: ${first!.message}`;
  } catch (error) {
    problem = (error as Error).message;
  }
  throw new DataError(
    `replay: ${path}:${index + 1}: expected {"messages": …, "arguments": …, "texts": […]}, got ${problem}; correct the line`,
  );
}

function answerOf(name: string, recorded: Line): ModelAnswer {
  const { texts, finishReasons, toolCalls } = recorded;
  return {
    texts,
    finishReasons: texts.map((_, i) => finishReasons?.[i] ?? null),
    toolCalls: texts.map((_, i) => toolCalls?.[i] ?? []),
    usage: recorded.usage,
    model: recorded.model ?? name,
    unsupported: [],
  };
}

/** What is the same for equal requests. */
function keyOf(request: { readonly messages: unknown; readonly arguments: unknown }): string {
  return canonical({ messages: request.messages, arguments: request.arguments });
}

/** JSON with the fields of objects in one order. */
function canonical(value: unknown): string {
  return (
    JSON.stringify(value, (_, inner: unknown) =>
      inner !== null && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : 1)))
        : inner,
    ) ?? "nothing"
  );
}

/** Where two values differ: one line for each place. */
function differences(place: string, had: unknown, got: unknown): string[] {
  if (canonical(had) === canonical(got)) return [];
  const isTree = [had, got].every((value) => value !== null && typeof value === "object");
  if (!isTree) return [`${place}: it has ${shown(had)}, asked was ${shown(got)}`];
  const [ours, theirs] = [had as Record<string, unknown>, got as Record<string, unknown>];
  const names = new Set([...Object.keys(ours), ...Object.keys(theirs)]);
  const inside = (name: string) => (Array.isArray(had) ? `${place}[${name}]` : `${place}.${name}`);
  return [...names].flatMap((name) => differences(inside(name), ours[name], theirs[name]));
}

function shown(value: unknown): string {
  const text = canonical(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

function unknownRequest(
  name: string,
  { messages, arguments: callArguments }: ModelRequest,
  lines: readonly Line[],
): ProviderError {
  const compared = lines.map((each, i) => ({
    number: i + 1,
    differing: [
      ...differences("messages", each.messages, messages),
      ...differences("arguments", each.arguments, callArguments),
    ],
  }));
  const nearest = compared.reduce((best, each) =>
    each.differing.length < best.differing.length ? each : best,
  );
  const first = nearest.differing.slice(0, 3).join("; ");
  const more = nearest.differing.length > 3 ? `; and ${nearest.differing.length - 3} more` : "";
  return new ProviderError(
    `${name}: expected one of the ${lines.length} requests of the log, got another; the nearest is answer ${nearest.number} (${first}${more}); ask as it did, or record this request`,
    { isRetryable: false },
  );
}
