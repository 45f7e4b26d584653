import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWith } from "../build.fixture.ts";
import { readSpool, type SpooledDocument, SpoolWriter } from "./spool.ts";

test("documents come back as they went, larger than any buffer or empty", async () => {
  const path = join(await folderWith({}), "a.spool");
  const documents: SpooledDocument[] = [0, 5, 3_000_000, 100, 1 << 20].map((length, i) => ({
    bytes: new Uint8Array(length).fill(i + 65),
    sampleShare: i / 7,
    hasSpecialTokens: i % 2 === 1,
    images: Array.from({ length: i }, (_, image) => 1000 * i + image),
  }));
  const writer = await SpoolWriter.create(path);
  for (const document of documents) await writer.write(document);
  await writer.finish();
  let i = 0;
  for await (const { bytes, ...rest } of readSpool(path)) {
    const { bytes: expected, ...expectedRest } = documents[i++]!;
    expect(Buffer.compare(bytes, expected)).toBe(0);
    expect(rest).toEqual(expectedRest);
  }
  expect(i).toBe(documents.length);
});
