import { describe, expect, test } from "vitest";
import { byteTokenizer } from "../model/text/tokenizer.ts";
import { TextStream } from "./text-stream.ts";

const tokenizer = byteTokenizer();

/** The delta after each byte of a text, until it is stopped; `end` follows when it is not. */
function deltas(text: string | Uint8Array, stop: readonly string[] = []): string[] {
  const stream = new TextStream(tokenizer, stop);
  const results: string[] = [];
  const ids = typeof text === "string" ? tokenizer.encode(text) : tokenizer.encodeBytes(text);
  for (const id of ids) {
    const delta = stream.push(id);
    results.push(delta.text);
    if (delta.isStopped) return [...results, "stopped"];
  }
  return [...results, stream.end()];
}

describe("characters", () => {
  test("come when their last byte has come", () => {
    expect(deltas("aé€😀")).toEqual(["a", "", "é", "", "", "€", "", "", "", "😀", ""]);
  });

  test("that stay unfinished become U+FFFD", () => {
    expect(deltas(Uint8Array.of(0x61, 0xe2, 0x82))).toEqual(["a", "", "", "\ufffd"]);
    expect(deltas(Uint8Array.of(0xff, 0x61))).toEqual(["\ufffd", "a", ""]);
  });

  test("special tokens give no text, a byte order mark does", () => {
    const stream = new TextStream(tokenizer, []);
    expect([1, 2, 3, 4].map((id) => stream.push(id).text)).toEqual(["", "", "", ""]);
    expect(deltas("\ufeff").join("")).toBe("\ufeff");
  });
});

describe("stop strings", () => {
  test("end the text before them, over any token borders", () => {
    expect(deltas("one two three", ["two"])).toEqual(["o", "n", "e", " ", "", "", "", "stopped"]);
    expect(deltas("a€b", ["€"])).toEqual(["a", "", "", "", "stopped"]);
  });

  test("that do not come whole are given back", () => {
    expect(deltas("aab", ["ab!"])).toEqual(["", "a", "", "ab"]);
    expect(deltas("xyxyz", ["xyz"]).join("")).toBe("xystopped");
  });

  test("the first in the text wins, whatever their order", () => {
    expect(deltas("abcd", ["cd", "bc"]).join("")).toBe("astopped");
    expect(deltas("abcd", ["b", "abc"]).join("")).toBe("astopped");
  });
});
