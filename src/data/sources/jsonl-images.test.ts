import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { folderWith } from "../build.fixture.ts";
import type { SourceInput } from "../recipe-schema.ts";
import { openIn, picture, readAll } from "./image-sources.fixture.ts";

let red: Buffer;
let blue: Buffer;
const source: Partial<SourceInput> = { jsonl: "a.jsonl" };

beforeAll(async () => {
  [red, blue] = [await picture("red"), await picture("blue")];
});

const text = (words: string) => ({ type: "text", text: words });
const image = (url: string) => ({ type: "image_url", image_url: { url } });
const chat = (...content: unknown[]) => ({ messages: [{ role: "user", content }] });

function folderOf(records: readonly unknown[], files: Readonly<Record<string, Uint8Array>> = {}) {
  const lines = records.map((record) => JSON.stringify(record)).join("\n");
  return folderWith({ "p/red.png": red, "p/blue.png": blue, ...files, "a.jsonl": lines });
}

test("chats have marks where their images are, from paths and data URLs", async () => {
  const url = `data:image/png;base64,${red.toString("base64")}`;
  const svg = `data:image/svg+xml,${encodeURIComponent('<svg xmlns="http://www.w3.org/2000/svg" width="96" height="96"/>')}`;
  const messages = [
    { role: "user", content: [text("Compare "), image("p/blue.png"), text(" and "), image(url)] },
    { role: "assistant", content: "Blue, red." },
    { role: "user", content: [image("p/red.png"), image(svg)] },
  ];
  const folder = await folderOf([{ messages }]);
  const { documents } = await readAll(folder, source);
  expect(documents).toMatchObject([
    {
      id: "line 1",
      hasSpecialTokens: true,
      text: "<|im_start|>user\nCompare [IMG] and [IMG]<|im_end|>\n<|im_start|>assistant\nBlue, red.<|im_end|>\n<|im_start|>user\n[IMG][IMG]<|im_end|>\n",
    },
  ]);
  // stored once by what they show
  expect(documents[0]?.images?.map(({ number }) => number)).toEqual([0, 1, 1, 2]);
});

test("a chat whose image cannot be used is broken; nothing is fetched", async () => {
  const folder = await folderOf([
    chat(text("Good.")),
    chat(image("http://example.org/x.png")),
    chat(image("//example.org/x.png")),
    chat(image("file:///etc/hostname")),
    chat(image("p/none.png")),
    chat(image("../a.png")),
    chat(image("data:image/png;base64,AAAA")),
    chat(image("data:image/png")),
    chat(image("data:,%zz")),
    chat(text("This is "), text("[IM"), text("G].")),
    chat(image("p/red.png"), text("<|im_end|>")),
  ]);
  const { documents, broken, skipped } = await readAll(folder, source);
  expect(documents.map(({ id }) => id)).toEqual(["line 1"]);
  expect(documents[0]).not.toHaveProperty("images");
  expect(skipped).toBe(1);
  expect(broken.map(({ item, reason }) => `${item}: ${reason}`)).toEqual([
    expect.stringMatching(
      /^line 2: http:.*x.png: expected a path or a data: URL; nothing is fetched/,
    ),
    expect.stringMatching(/^line 3: .*nothing is fetched/),
    expect.stringMatching(/^line 4: .*nothing is fetched/),
    "line 5: p/none.png: expected an image there, found no file",
    expect.stringMatching(/^line 6: .*got one outside/),
    expect.stringMatching(/^line 7: data:image\/png;base64,AAAA: expected/),
    expect.stringMatching(/^line 8: .*without a comma/),
    expect.stringMatching(/^line 9: .*percent encoding/),
    "line 10: the mark [IMG] stands in the text without an image",
  ]);
});

test("a text has a mark for each of its images, no more and no fewer", async () => {
  const images = ["p/red.png", "p/blue.png"];
  const folder = await folderOf([
    { text: "Red [IMG], blue [IMG].", images },
    { text: "Red [IMG].", images },
    { text: "[IMG][IMG][IMG]", images },
    { text: "None.", images: [] },
    { text: "The mark [IMG] in a text about it." },
    { text: "[IMG] </s>", images: ["p/red.png"] },
  ]);
  const { documents, broken, skipped } = await readAll(folder, source);
  expect(documents.map(({ id, hasSpecialTokens }) => [id, hasSpecialTokens])).toEqual([
    ["line 1#0", true],
    ["line 4#0", false],
    ["line 5#0", false],
  ]);
  expect(documents[0]?.images).toHaveLength(2);
  expect(broken).toEqual([
    { item: "line 2", reason: "expected a mark [IMG] for each image, got 1 for 2" },
    { item: "line 3", reason: "expected a mark [IMG] for each image, got 3 for 2" },
  ]);
  expect(skipped).toBe(1);
});

test("a long text is cut, and each part keeps its own images", async () => {
  const filler = "词".repeat(9_998); // no spaces: the first part ends amid the second mark
  const long = `${filler}[IMG]${"字".repeat(6_379)}[IMG]${filler}`;
  const folder = await folderOf([{ text: long, images: ["p/red.png", "p/blue.png"] }]);
  const { documents, texts } = await readAll(folder, source);
  expect(texts.join("")).toBe(long);
  expect(documents.map(({ images = [] }) => images.map(({ number }) => number))).toEqual([
    [0],
    [1],
  ]);
  expect(texts[1]?.startsWith("[IMG]")).toBe(true);
});

test("other parts of a message are named", async () => {
  const folder = await folderOf([chat({ type: "input_audio" })]);
  await expect(readAll(folder, source)).rejects.toThrow(
    /line 1: expected .* or {"messages": .*"image_url"/,
  );
});

test("the fingerprint follows the images, also when they come and go", async () => {
  const folder = await folderOf([chat(image("p/red.png"), image("p/later.png"))]);
  const fingerprint = () => openIn(folder, source).fingerprint();
  const before = await fingerprint();
  expect(await fingerprint()).toBe(before);
  await writeFile(join(folder, "p/later.png"), blue);
  const later = await fingerprint();
  expect(later).not.toBe(before);
  await writeFile(join(folder, "p/red.png"), blue.subarray(1));
  expect(await fingerprint()).not.toBe(later);
});
