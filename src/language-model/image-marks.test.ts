import { expect, test } from "vitest";
import { contentWithImages, rawWithImages } from "./image-marks.ts";

const image = (url: string) => ({ type: "image_url", image_url: { url } });
const text = (words: string) => ({ type: "text", text: words });

test("a raw prompt has [IMG] where the user wrote [image], Markdown left alone", () => {
  expect(rawWithImages("[image] and [image], ![image](a.png)")).toBe(
    "[IMG] and [IMG], ![image](a.png)",
  );
});

test("a message has its images at the marks", () => {
  expect(contentWithImages("[image] or [image]?", ["a", "b"])).toEqual([
    ...[image("a"), text(" or "), image("b"), text("?")],
  ]);
});

test("a message without marks has its images at the beginning, without images it stays text", () => {
  expect(contentWithImages("which?", ["a", "b"])).toEqual([image("a"), image("b"), text("which?")]);
  expect(contentWithImages("which?", [])).toBe("which?");
});

test("other numbers of marks and images are refused", () => {
  expect(() => contentWithImages("[image][image]", ["a"])).toThrow(
    "message: expected one image for each mark, got 2 marks and 1 image",
  );
  expect(() => contentWithImages("[image]", [])).toThrow("got 1 mark and 0 images");
  expect(() => contentWithImages("[image]", ["a", "b"])).toThrow("got 1 mark and 2 images");
});
