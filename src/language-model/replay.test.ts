import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { DataError, ProviderError } from "../errors.ts";
import { openReplay } from "./replay.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(() => rm(folder, { recursive: true }));

async function log(...lines: readonly unknown[]): Promise<string> {
  const path = join(folder, "log.jsonl");
  await writeFile(path, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));
  return path;
}

const hello = { messages: [{ role: "user", content: "Hello" }], arguments: { temperature: 0 } };

test("a request gets its answer, whatever the order of its fields", async () => {
  const toolCalls = [[{ id: "1" }]];
  const rest = { finishReasons: ["tool_calls"], toolCalls, model: "theirs" };
  const model = await openReplay(await log({ ...hello, texts: ["Hi"], ...rest }), "replay:log");
  const asked = {
    messages: [{ content: "Hello", role: "user" }],
    arguments: { temperature: 0 },
  };
  const expected = { texts: ["Hi"], ...rest, usage: undefined, unsupported: [] };
  expect(await model.chat(asked)).toEqual(expected);
  expect(await model.chat(asked)).toEqual(expected);
});

test("a request that was recorded several times gets the answers in turn", async () => {
  const model = await openReplay(
    await log({ ...hello, texts: ["one"] }, { ...hello, texts: ["two"] }),
  );
  const texts = [];
  for (let i = 0; i < 3; i++) texts.push((await model.chat(hello)).texts[0]);
  expect(texts).toEqual(["one", "two", "one"]);
});

test("an evaluation's log is understood: conversations and texts that were gone on with", async () => {
  const calls = [
    { ...hello, texts: ["Hi"], role: "policy", milliseconds: 3 },
    { ...hello, messages: [{ role: "document", content: "2 + 2 =" }], texts: [" 4"] },
  ];
  const path = await log(
    { type: "eval-start", task: "greetings" },
    { type: "sample-part", id: "1", calls: calls.slice(0, 1), answers: [] },
    { type: "sample-end", id: "1", calls, scores: {} },
    { type: "eval-end", report: {} },
  );
  const model = await openReplay(path);
  expect((await model.chat(hello)).texts).toEqual(["Hi"]);
  const text = { prompt: "2 + 2 =", arguments: { temperature: 0 } };
  expect((await model.complete!(text)).texts).toEqual([" 4"]);
});

test("an unknown request names what differs from the nearest one", async () => {
  const other = { messages: [{ role: "user", content: "Bye" }], arguments: { seed: 1 } };
  const path = await log({ ...other, texts: ["x"] }, { ...hello, texts: ["Hi"] });
  const model = await openReplay(path, "replay:log");
  const asked = model.chat({ ...hello, arguments: { temperature: 1, seed: 2 } });
  await expect(asked).rejects.toThrow(ProviderError);
  await expect(asked).rejects.toThrow(
    "replay:log: expected one of the 2 requests of the log, got another; the nearest is answer 2 (arguments.temperature: it has 0, asked was 1; arguments.seed: it has nothing, asked was 2)",
  );
  const longer = [...hello.messages, { role: "assistant", content: "Hi" }];
  await expect(model.chat({ ...hello, messages: longer })).rejects.toThrow(
    'messages[1]: it has nothing, asked was {"content":"Hi","role":"assistant"}',
  );
});

test("what is no log is refused, with the line", async () => {
  await expect(openReplay(join(folder, "none"))).rejects.toThrow("cannot be read");
  await expect(openReplay(await log())).rejects.toThrow("got an empty file");
  const bad = openReplay(await log({ ...hello, texts: ["Hi"] }, { ...hello, texts: [] }));
  await expect(bad).rejects.toThrow(DataError);
  await expect(bad).rejects.toThrow(/log\.jsonl:2: expected .* got texts: /);
  await writeFile(join(folder, "log.jsonl"), "Hi");
  await expect(openReplay(join(folder, "log.jsonl"))).rejects.toThrow("log.jsonl:1: expected");
});
