import { expect, test } from "vitest";
import { cut } from "./cut.ts";

async function cutAll(texts: readonly string[], limit: number): Promise<string[]> {
  const parts: string[] = [];
  for await (const part of cut(texts, limit)) parts.push(part);
  return parts;
}

test("short text stays whole", async () => {
  expect(await cutAll(["ab", "cd"], 4)).toEqual(["abcd"]);
  expect(await cutAll([], 4)).toEqual([]);
});

test("cuts lie after a blank line, else a line, else a space, else anywhere", async () => {
  expect(await cutAll(["aaaaa\n\nb\ncccc"], 10)).toEqual(["aaaaa\n\n", "b\ncccc"]);
  expect(await cutAll(["aaaaaa\nbb cccc"], 10)).toEqual(["aaaaaa\n", "bb cccc"]);
  expect(await cutAll(["aaaaaaa bbbbbb"], 10)).toEqual(["aaaaaaa ", "bbbbbb"]);
  expect(await cutAll(["aaaaaaaabbbb"], 10)).toEqual(["aaaaaaaabb", "bb"]);
});

test("a character of two units is never cut", async () => {
  expect(await cutAll(["aaa🦁🦁"], 4)).toEqual(["aaa", "🦁🦁"]);
});

test("the mark of an image is never cut, unless it alone is longer", async () => {
  expect(await cutAll(["aaaa[IMG]bbb"], 7)).toEqual(["aaaa", "[IMG]bb", "b"]);
  expect(await cutAll(["aa[IMG]bbb"], 7)).toEqual(["aa[IMG]", "bbb"]);
  expect((await cutAll(["a[IMG]"], 3)).join("")).toBe("a[IMG]");
});

test("nothing is lost, however the text arrives", async () => {
  const text = Array.from({ length: 500 }, (_, i) => `word${i}${i % 9 === 0 ? "\n\n" : " "}`).join(
    "",
  );
  const arrivals = [text.slice(0, 100), text.slice(100, 101), text.slice(101)];
  const parts = await cutAll(arrivals, 64);
  expect(parts.join("")).toBe(text);
  expect(parts.every((part) => part.length <= 64)).toBe(true);
  expect(parts).toEqual(await cutAll([text], 64));
});
