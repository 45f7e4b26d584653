import { expect, test } from "vitest";
import { folderWith } from "../build.fixture.ts";
import { parseEntry, readWordnet } from "./wordnet.ts";

const purge =
  '00217701 04 n 02 purge 2 sudden_removal 0 002 @ 00217590 n 0000 + 02409366 v 0101 | an abrupt removal; "he died in a purge"  ';

test("an entry reads like a dictionary", () => {
  expect(parseEntry(purge, "noun")).toBe(
    'purge, sudden removal (noun): an abrupt removal; "he died in a purge"',
  );
  expect(parseEntry("00001740 00 a 01 sandy(a) 0 000 | of sand", "adjective")).toBe(
    "sandy (adjective): of sand",
  );
  expect(parseEntry("  1 This software is free | really", "noun")).toBeUndefined();
});

test("entries come several to a document, from data files only", async () => {
  const root = await folderWith({ "data.noun": `  1 licence\n${`${purge}\n`.repeat(11)}` });
  const documents = [];
  for await (const document of readWordnet({ root, path: "data.noun", source: "w" })) {
    documents.push(document);
  }
  expect(documents.map(({ text }) => text.split("\n").length)).toEqual([8, 3]);
  for await (const _ of readWordnet({ root, path: "index.noun", source: "w" })) {
    expect.unreachable("only data files have definitions");
  }
});
