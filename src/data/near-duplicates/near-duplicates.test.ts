import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { Random } from "../../statistics/random.ts";
import { NearDuplicates, type NearDuplicatesOptions } from "./near-duplicates.ts";
import { plantPair, randomWords } from "./planted-pair.fixture.ts";

const signatureFile = join(mkdtempSync(join(tmpdir(), "foretoken-")), "signatures");
const open: NearDuplicates[] = [];

const nearDuplicates = (options: Partial<NearDuplicatesOptions> = {}): NearDuplicates => {
  const made = new NearDuplicates({ jaccard: 0.75, signatureFile, ...options });
  open.push(made);
  return made;
};

afterEach(() => {
  for (const one of open.splice(0)) one.close();
  expect(existsSync(signatureFile)).toBe(false);
});

test.each([0.7, 0.75])(
  "threshold %f: 200 of 200 pairs at 0.9 are found, 200 at 0.5 kept",
  (jaccard) => {
    const random = new Random(1);
    const plant = (similarity: number) =>
      Array.from({ length: 200 }, () => plantPair(random, similarity, 150 + random.integer(600)));
    const [near, far] = [plant(0.9), plant(0.5)];
    for (const { exact } of near) expect(Math.abs(exact - 0.9)).toBeLessThan(0.01);
    for (const { exact } of far) expect(Math.abs(exact - 0.5)).toBeLessThan(0.01);
    const stream = nearDuplicates({ jaccard });
    const pairs = [...near, ...far];
    for (const { first } of pairs) expect(stream.find(first)).toBeUndefined();
    const twins = pairs.map(({ second }) => stream.find(second)?.document);
    expect(twins.slice(0, 200)).toEqual(near.map((_, i) => i));
    expect(twins.slice(200)).toEqual(far.map(() => undefined));
    expect(stream.documents).toBe(800);
  },
);

test("the first of a cluster is kept, later ones name it; only kept ones are compared", () => {
  const stream = nearDuplicates();
  const words = randomWords(new Random(2), 200);
  const text = (replaced: number) =>
    words.map((word, i) => (i < replaced ? `other${i}` : word)).join(" ");
  const answers = [0, 10, 20, 0, 45].map((replaced) => stream.find(text(replaced))?.document);
  // The last is like the third (0.77) and not like the first (0.65), and the third is not kept.
  expect(answers).toEqual([undefined, 0, 0, 0, undefined]);
  expect(stream.find(text(0).toUpperCase().replaceAll(" ", ",\n"))).toEqual({
    document: 0,
    jaccard: 1,
  });
});

test("short texts are duplicates when their words are the same; texts without words never", () => {
  const stream = nearDuplicates();
  const texts = ["What is 3 + 4? It is 7.", "What is 3 + 5? It is 8.", "what is 3 4 it is 7"];
  const more = ["?!", "?!", "", "yes", "no", "Yes."];
  const answers = [...texts, ...more].map((text) => stream.find(text)?.document);
  const none = undefined;
  expect(answers).toEqual([none, none, 0, none, none, none, none, none, 6]);
});

test("a hundred thousand different short texts have no twin", () => {
  const stream = nearDuplicates();
  let twins = 0;
  for (let i = 0; i < 100_000; i++) if (stream.find(`Say ${i} once`) !== undefined) twins++;
  expect(twins).toBe(0);
  // They outgrow the block in memory, and those in the file are found.
  expect(existsSync(signatureFile)).toBe(true);
  for (const i of [0, 1, 32_767, 32_768, 65_536, 99_999]) {
    expect(stream.find(`say ${i} once`)).toEqual({ document: i, jaccard: 1 });
  }
});

test("memory grows with the texts, below 275 bytes each, up to the bound", () => {
  const random = new Random(3);
  const [free, bounded] = [nearDuplicates(), nearDuplicates({ maxDocuments: 4000 })];
  const atStart = free.bytes;
  const text = () => randomWords(random, 30).join(" ");
  const texts = Array.from({ length: 20_000 }, text);
  let bound = 0;
  for (const [i, one] of texts.entries()) {
    free.find(one);
    bounded.find(one);
    if (i === 4000) bound = bounded.bytes;
    if (i < 4000 || i % 1000 !== 0) continue;
    const each = (free.bytes - atStart) / i;
    expect(each).toBeGreaterThan(140);
    expect(each).toBeLessThan(275);
  }
  expect(bounded.bytes).toBe(bound);
  expect(free.forgotten).toBe(0);
  // With the 4,001st, and every 2,001 later, the older half goes.
  expect(bounded.forgotten).toBe(8 * 2001);
  expect(bounded.find(texts[15_000]!)).toBeUndefined();
  expect(bounded.find(texts[19_000]!)?.document).toBe(19_000);
  expect(free.find(texts[0]!)?.document).toBe(0);
});

test("says which options cannot be used", () => {
  for (const jaccard of [0.5, 1.1, Number.NaN]) {
    expect(() => nearDuplicates({ jaccard })).toThrow(ConfigError);
  }
  expect(() => nearDuplicates({ jaccard: 0.5 })).toThrow(
    "expected a Jaccard threshold from 0.7 to 1",
  );
  expect(() => nearDuplicates({ maxDocuments: 1 })).toThrow("expected maxDocuments from 2 to 2^31");
});
