import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { folderWith } from "../build.fixture.ts";
import { openIn, picture, readAll } from "./image-sources.fixture.ts";

let red: Buffer;
const source = { folder: ".", markdownImages: true };

beforeAll(async () => {
  red = await picture("red");
});

/** What becomes of a Markdown file in `docs/`. */
async function readMarkdown(text: string) {
  const folder = await folderWith({
    ...{ "docs/a.md": text, "docs/my red.png": red, "img/r(1).png": red, "img/red.png": red },
  });
  return readAll(folder, source);
}

test.each([
  ["See ![a red square](../img/red.png) here.", "See [IMG] here."],
  ['![](<my red.png> "Title")', "[IMG]"],
  ["![alt](my%20red.png 'title')", "[IMG]"],
  ["![alt](../img/red.png?raw=true#light)", "[IMG]"],
  ["[![a](../img/red.png)](https://example.org)", "[[IMG]](https://example.org)"],
  ["![two\nlines]( ../img/red.png )!", "[IMG]!"],
  ["![a](<../img/r(1).png>)", "[IMG]"],
])("%j becomes %j", async (markdown, text) => {
  const { documents } = await readMarkdown(markdown);
  expect(documents).toMatchObject([{ id: "docs/a.md#0", text, hasSpecialTokens: true }]);
  expect(documents[0]?.images).toHaveLength(1);
});

test.each([
  "![remote](https://example.org/a.png) and ![](//example.org/a.png)",
  "[a link](../img/red.png)",
  "`![code](../img/red.png)` and ``a ` ![code](../img/red.png)``",
  "~~~md\n![code](../img/red.png)\n~~~",
  "```\n~~~\n![code](../img/red.png)\n```",
  "````\n```\n![never closed](../img/red.png)",
  '<img src="../img/red.png">',
  "The mark [IMG] in a text about it.",
])("%j stays text", async (markdown) => {
  const { documents } = await readMarkdown(markdown);
  expect(documents).toEqual([
    { id: "docs/a.md#0", source: "s0", text: markdown, hasSpecialTokens: false },
  ]);
});

test("code ends where it does, and images after it count", async () => {
  const { texts } = await readMarkdown(
    "```js\ncode\n```\n![a](../img/red.png) a ` tick\n\nthen ![b](../img/red.png)`",
  );
  expect(texts).toEqual(["```js\ncode\n```\n[IMG] a ` tick\n\nthen [IMG]`"]);
});

test("several images keep their order; a part with a broken one is left out", async () => {
  const folder = await folderWith({
    "a.md": `![](b.png) ![](r.png) ![](b.png)\n\n${"word ".repeat(4_000)}\n\n![](none.png)`,
    "b.png": await picture("blue"),
    "r.png": red,
    "c.md": "![](../outside.png)",
    "d.md": "![](r.png) [IMG]",
    "e.md": "![](r.png) <pad>",
    "f.ts": "// ![](r.png)",
  });
  const { documents, broken, skipped } = await readAll(folder, source);
  expect(documents.map(({ id }) => id)).toEqual(["a.md#0", "f.ts#0"]);
  expect(documents[0]?.images?.map(({ number }) => number)).toEqual([0, 1, 0]);
  expect(broken).toEqual([
    { item: "a.md#1", reason: "none.png: expected an image there, found no file" },
    { item: "c.md#0", reason: expect.stringContaining("got one outside") },
    { item: "d.md#0", reason: "the mark [IMG] stands in the text without an image" },
  ]);
  expect(skipped).toBe(1);
});

test("without markdownImages nothing changes", async () => {
  const folder = await folderWith({ "a.md": "![](r.png)", "r.png": red });
  expect((await readAll(folder, { folder: "." })).texts).toEqual(["![](r.png)"]);
});

test("the fingerprint follows the images when they are read", async () => {
  const folder = await folderWith({ "a.md": "![](r.png)", "r.png": red });
  const fingerprints = () =>
    Promise.all([source, { folder: "." }].map((input) => openIn(folder, input).fingerprint()));
  const before = await fingerprints();
  await writeFile(join(folder, "r.png"), red.subarray(1));
  const after = await fingerprints();
  expect(after[0]).not.toBe(before[0]);
  expect(after[1]).toBe(before[1]);
});

test("hostile text takes no more time than its length allows", async () => {
  const started = performance.now();
  const patterns = ["![", "`", "![](", "![a](b 'c", "~~~\n", "``` \n", "![](< "];
  for (const pattern of patterns) await readMarkdown(pattern.repeat(16_000 / pattern.length));
  expect(performance.now() - started).toBeLessThan(4_000); // measured: below 0.5 s
});
