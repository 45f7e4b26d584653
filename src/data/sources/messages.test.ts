import { expect, test } from "vitest";
import { folderWith, noImages } from "../build.fixture.ts";
import type { Document, SourceCounts } from "../document.ts";
import { readMessages } from "./messages.ts";

async function read(content: string) {
  const root = await folderWith({ "zh-cn/messages.json": content });
  const counts: SourceCounts = { invalidSequences: 0, skipped: 0, broken: [] };
  const documents: Document[] = [];
  const file = { root, path: "zh-cn/messages.json", source: "languages" };
  for await (const document of readMessages(file, Object.assign(counts, { images: noImages }))) {
    documents.push(document);
  }
  return { documents, ...counts };
}

test("eight messages make a document, a line each; blank ones are left out", async () => {
  const messages = Array.from({ length: 9 }, (_, i) => [`key ${i}`, `消息 ${i}`]);
  const content = Object.fromEntries([["blank", " "], ...messages]);
  const { documents, broken } = await read(JSON.stringify(content));
  expect(documents.map(({ text }) => text.split("\n").length)).toEqual([8, 1]);
  expect(documents[0]!.text).toMatch(/^消息 0\n消息 1\n/);
  expect(documents.map(({ id }) => id)).toEqual(["zh-cn/messages.json#0", "zh-cn/messages.json#1"]);
  expect(broken).toEqual([]);
});

test.each(["{", "[1]", '{"a": {"b": "c"}}'])("%s is counted as broken", async (content) => {
  expect((await read(content)).broken).toEqual([
    { item: "zh-cn/messages.json", reason: "expected a JSON object of strings" },
  ]);
});
