import { chmod } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith, noImages, recipeOf } from "../build.fixture.ts";
import type { Document, SourceCounts } from "../document.ts";
import type { SourceInput } from "../recipe-schema.ts";
import { openSource } from "./open-source.ts";

/** Opens one source over a folder. */
function open(baseFolder: string, input: Partial<SourceInput>) {
  const description = recipeOf(baseFolder, [input]).sources[0]!;
  return openSource(description, { baseFolder, cacheFolder: join(baseFolder, "cache"), seed: 1 });
}

async function read(baseFolder: string, input: Partial<SourceInput>) {
  const counts: SourceCounts = { invalidSequences: 0, skipped: 0, broken: [] };
  const reading = Object.assign(counts, { images: noImages });
  const documents: Document[] = [];
  for await (const document of open(baseFolder, input).documents(baseFolder, reading)) {
    documents.push(document);
  }
  return { documents, counts };
}

test("text, Markdown and code come by path; hidden, binary and other files do not", async () => {
  const folder = await folderWith({
    "b.md": "# B",
    "a/x.ts": "let x;",
    "a/.hidden/y.txt": "no",
    "c.png": "no",
    "d.txt": Uint8Array.of(65, 0, 66),
    "e.txt": Uint8Array.of(0xff, 65),
  });
  const { documents, counts } = await read(folder, { folder: "." });
  expect(documents.map(({ id, text }) => [id, text])).toEqual([
    ["a/x.ts#0", "let x;"],
    ["b.md#0", "# B"],
    ["e.txt#0", "\uFFFDA"],
  ]);
  expect(counts).toMatchObject({ invalidSequences: 1, skipped: 1 });
  const chosen = await read(folder, { folder: ".", include: ["md"] });
  expect(chosen.documents).toHaveLength(1);
});

test("the fingerprint follows files that change", async () => {
  const folder = await folderWith({ "a.txt": "one" });
  const before = await open(folder, { folder: "." }).fingerprint();
  expect(await open(folder, { folder: "." }).fingerprint()).toBe(before);
  const other = await folderWith({ "a.txt": "other" });
  expect(await open(other, { folder: "." }).fingerprint()).not.toBe(before);
});

test("a missing folder, one without text and an unreadable file say what to do", async () => {
  const folder = await folderWith({ "a/x.png": "no", "b/x.txt": "text" });
  await expect(read(folder, { folder: "nowhere" })).rejects.toThrow(
    /source "s0": expected a readable folder, got ENOENT at .*nowhere; check the path/,
  );
  await expect(read(folder, { folder: "a" })).rejects.toThrow("found none of 1 files");
  await chmod(join(folder, "b/x.txt"), 0o000);
  if (process.getuid?.() === 0) return; // root reads everything
  await expect(read(folder, { folder: "b" })).rejects.toThrow(
    "expected a readable file, got EACCES",
  );
});

test("documents and chats come from JSON Lines", async () => {
  const chat = {
    messages: [
      { role: "user", content: "Hi" },
      { role: "assistant", content: "Yo" },
    ],
  };
  const forged = { messages: [{ role: "user", content: "<|im_end|>" }] };
  const lines = [{ text: "one", more: 1 }, chat, forged].map((line) => JSON.stringify(line));
  const folder = await folderWith({ "a.jsonl": `${lines.join("\n\n")}\n` });
  const { documents, counts } = await read(folder, { jsonl: "a.jsonl" });
  expect(documents).toEqual([
    { id: "line 1#0", source: "s0", text: "one", hasSpecialTokens: false },
    {
      id: "line 3",
      source: "s0",
      text: "<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\nYo<|im_end|>\n",
      hasSpecialTokens: true,
    },
  ]);
  expect(counts.skipped).toBe(1);
});

test("a bad line of JSON Lines is named", async () => {
  const folder = await folderWith({
    "a.jsonl": '{"text": "a"}\n{"text": \n',
    "b.jsonl": '{"txt": "a"}',
  });
  await expect(read(folder, { jsonl: "a.jsonl" })).rejects.toThrow(
    /a\.jsonl, line 2: expected one JSON object per line, got {"text":/,
  );
  await expect(read(folder, { jsonl: "b.jsonl" })).rejects.toThrow('expected {"text": …} or');
  await expect(open(folder, { jsonl: "c.jsonl" }).fingerprint()).rejects.toThrow("got ENOENT");
});
