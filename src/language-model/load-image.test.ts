import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomImage } from "../generate/generate.fixture.ts";
import { encodePng } from "../model/image/decode-image.ts";
import { loadImage } from "./load-image.ts";

const pixels = randomImage({ rows: 2, columns: 4 }, 1);
let directory: string;
let dataUrl: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  const png = await encodePng(pixels);
  await writeFile(join(directory, "a picture.png"), png);
  dataUrl = `data:image/png;base64,${Buffer.from(png).toString("base64")}`;
});
afterAll(() => rm(directory, { recursive: true }));

test("a path and data: URLs give the image", async () => {
  expect(await loadImage("a picture.png", { directory })).toEqual(pixels);
  expect(await loadImage(dataUrl, { directory })).toEqual(pixels);
  const svg = "<svg xmlns='http://www.w3.org/2000/svg' width='128' height='64'/>";
  const url = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  expect((await loadImage(url, { directory })).grid).toEqual({ rows: 2, columns: 4 });
});

describe("refused are", () => {
  test.each([
    ["http://example.com/a.png", "expected a path or a data: URL, got http://example.com/a.png"],
    ["none.png", "none.png cannot be read"],
    ["data:image/png;base64", "got data:image/png;base64 without a comma"],
    ["data:image/svg+xml,%zz", "expected a data: URL in percent encoding"],
    ["data:image/png;base64,AAAA", "expected a whole image"],
  ])("%s", async (url, message) => {
    await expect(loadImage(url, { directory })).rejects.toThrow(message);
  });
});
