import { expect, test } from "vitest";
import { csvRecords } from "./csv.ts";

async function parse(...chunks: string[]) {
  async function* texts() {
    yield* chunks;
  }
  const records: [number, readonly string[] | undefined][] = [];
  for await (const { line, fields } of csvRecords(texts(), "a.csv")) records.push([line, fields]);
  return records;
}

test.each<[string, readonly string[]]>([
  ["a,b", ["a", "b"]],
  ["a,", ["a", ""]],
  [",a", ["", "a"]],
  ['"a,b",c\r', ["a,b", "c"]],
  ['"",""', ["", ""]],
  ['"say ""hi""",""""', ['say "hi"', '"']],
  [" a , b", [" a ", " b"]],
])("%j has the fields %j", async (text, fields) => {
  expect(await parse(text)).toEqual([[1, fields]]);
});

test("a quoted field may hold lines, and the lines are counted", async () => {
  expect(await parse('a,"b\n', '\nc"\nd', ",e\n\n\nf,g\n")).toEqual([
    [1, ["a", "b\n\nc"]],
    [4, ["d", "e"]],
    [7, ["f", "g"]],
  ]);
});

test("quotes that do not fit together give no fields", async () => {
  expect(await parse('a"b"c\n"a"b\nd,e\n"open')).toEqual([
    [1, undefined],
    [2, undefined],
    [3, ["d", "e"]],
    [4, undefined],
  ]);
});
