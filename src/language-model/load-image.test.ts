import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { randomImage } from "../generate/generate.fixture.ts";
import { encodePng } from "../model/image/decode-image.ts";
import { loadChatImages, loadImage } from "./load-image.ts";

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
  expect(await loadImage(dataUrl, { directory: undefined })).toEqual(pixels);
  const svg = "<svg xmlns='http://www.w3.org/2000/svg' width='128' height='64'/>";
  const url = `data:image/svg+xml,${encodeURIComponent(svg)}`;
  expect((await loadImage(url, { directory: undefined })).grid).toEqual({ rows: 2, columns: 4 });
});

test("a conversation's images come in their order", async () => {
  const image = (url: string) => ({ type: "image_url", image_url: { url } }) as const;
  const svg = "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg' width='96' height='96'/>";
  const messages = [
    { role: "user", content: [image(svg), { type: "text", text: "a" } as const, image(dataUrl)] },
    { role: "assistant", content: "b" },
    { role: "user", content: [image("a picture.png")] },
  ];
  const images = await loadChatImages(messages, { directory });
  expect(images.map(({ grid }) => `${grid.rows} x ${grid.columns}`)).toEqual([
    ...["3 x 3", "2 x 4", "2 x 4"],
  ]);
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

  test("paths where there is no directory", async () => {
    await expect(loadImage("a picture.png", { directory: undefined })).rejects.toThrow(
      "image: expected a data: URL, got a picture.png; nothing is fetched",
    );
  });
});
