import { expect, test } from "vitest";
import { decode, normalise } from "./decode.ts";

async function decodeAll(...chunks: readonly (readonly number[])[]) {
  const counts = { invalidSequences: 0 };
  let text = "";
  for await (const part of decode(
    chunks.map((chunk) => Uint8Array.from(chunk)),
    counts,
  ))
    text += part;
  return { text, invalid: counts.invalidSequences };
}

test("a character cut between chunks is whole again", async () => {
  expect(await decodeAll([0xe4, 0xbd], [0xa0, 0x41])).toEqual({ text: "你A", invalid: 0 });
});

test("a byte order mark at the start goes", async () => {
  expect(await decodeAll([0xef, 0xbb, 0xbf, 0x61])).toEqual({ text: "a", invalid: 0 });
});

test("invalid sequences become U+FFFD and are counted, a true U+FFFD is not", async () => {
  expect(await decodeAll([0x61, 0xff, 0x62, 0xc3])).toEqual({ text: "a\uFFFDb\uFFFD", invalid: 2 });
  expect(await decodeAll([0xef, 0xbf, 0xbd])).toEqual({ text: "\uFFFD", invalid: 0 });
  expect(await decodeAll([0x61, 0xef], [0xbf], [0xbd, 0x62])).toEqual({
    text: "a\uFFFDb",
    invalid: 0,
  });
});

test("line ends, composition and blank ends have one spelling", () => {
  expect(normalise("a\r\nb\rc\n")).toBe("a\nb\nc");
  expect(normalise("e\u0301")).toBe("\u00e9");
  expect(normalise("\n\n  code\n\n")).toBe("  code");
  expect(normalise(" \n\t")).toBe("");
});
