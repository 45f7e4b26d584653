import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { ContaminationIndex } from "./contamination-index.ts";
import { hashPassage } from "./passage.ts";
import { foundIn, indexOf, respelled, wordProblem, wordProblems } from "./questions.fixture.ts";

/** Letters, `length` of them, that look like no other seed's. */
function letters(length: number, seed = 1): string {
  const random = new Random(seed);
  return Array.from({ length }, () => String.fromCharCode(random.integer(97, 122))).join("");
}

test("50 of 50 planted items are found, respelled in long documents, and none of 500 others", async () => {
  const planted = wordProblems("planted", 50, 1);
  const unseen = wordProblems("unseen", 500, 2);
  const index = await ContaminationIndex.build([...planted, ...unseen], { seed: 3 });
  expect(index.items).toBe(550);
  expect([...index.sets]).toEqual([
    ["planted", 50],
    ["unseen", 500],
  ]);
  const random = new Random(4);
  const filler = (count: number) => Array.from({ length: count }, () => wordProblem(random));
  const found = planted.flatMap(({ text }) => {
    const around = [...filler(20), respelled(text, random), ...filler(20)];
    return index.check(around.join(random.pick([" ", "\n", "\n\n"])));
  });
  expect(found.map(({ id }) => id)).toEqual(planted.map(({ id }) => id));
  expect(filler(2_000).flatMap((text) => index.check(text))).toEqual([]);
});

test("a hit tells set, id, and the passage as the document writes it", async () => {
  const text = letters(50);
  const index = await ContaminationIndex.build([{ set: "exam", id: "q-7", text }], { seed: 1 });
  const written = `${text.slice(0, 20)},\n  ${text.slice(20)}`;
  expect(index.check(`before ${written}! after`)).toEqual([
    { set: "exam", id: "q-7", excerpt: `${text.slice(0, 20)}, ${text.slice(20)}` },
  ]);
  expect(index.check(`${written}\n${text}`)).toEqual(index.check(written));
  const [hit] = index.check(text.split("").join(`${"-".repeat(30)}\n`));
  expect(hit?.excerpt).toMatch(/^.{150,200}…$/);
});

test("49 letters count only as a whole line, 50 and 51 anywhere", async () => {
  for (const length of [49, 50, 51]) {
    const item = letters(length);
    const index = await indexOf([item]);
    expect(foundIn(index, `see: ${item} and more`)).toEqual(length < 50 ? [] : ["0"]);
    expect(foundIn(index, `one\n${item}\ntwo`)).toEqual(["0"]);
    expect(foundIn(index, item.slice(1, -1))).toEqual([]);
    expect(foundIn(index, `${item.slice(0, 20)}x${item.slice(21)}`)).toEqual([]);
  }
});

test("three passages of an item are looked for, all of them when there are no more", async () => {
  for (const [length, passages] of [
    [1_000, 3],
    [53, 3],
    [52, 3],
    [51, 2],
    [50, 1],
  ] as const) {
    const item = letters(length);
    const index = await indexOf([item]);
    const windows = Array.from({ length: length - 49 }, (_, at) => item.slice(at, at + 50));
    expect(windows.filter((window) => index.check(window).length > 0)).toHaveLength(passages);
  }
});

test("a text with the hash of an item, but not its letters, is no hit", async () => {
  const beginning = letters(42);
  const seen = new Map<number, string>();
  let pairs = 0;
  for (let seed = 0; pairs < 2; seed++) {
    const text = beginning + letters(8, seed);
    const hash = hashPassage(text);
    const other = seen.get(hash);
    seen.set(hash, text);
    if (other === undefined || other === text) continue;
    pairs++;
    const index = await indexOf([text]);
    expect(foundIn(index, text)).toEqual(["0"]);
    expect(foundIn(index, other)).toEqual([]);
  }
});

test("a passage across two documents is no hit", async () => {
  const item = letters(50);
  const index = await indexOf([item]);
  expect(foundIn(index, `some text ${item.slice(0, 30)}`)).toEqual([]);
  expect(foundIn(index, `${item.slice(30)} some text`)).toEqual([]);
});

test.each([
  ["12 + 7 = 19", "12+7=19"],
  ["12 + 7 = 19", "5 + 5 = 10\n 12 + 7 = 19.\n1 + 1 = 2"],
  ["Where is Karsu?", "Q: Where is Karsu?\nA: In the north."],
  ["Where is Karsu?", "Question: Where is Karsu?"],
  ["Q: Where is Karsu?", "Where is Karsu"],
  [
    "Q: Where is Karsu?\nA: Far.",
    "Q: Who?\nA: Me.\n\nQ: Where is Karsu?\nA: Far.\nQ: Why?\nA: So.",
  ],
  [
    "Where is Karsu?",
    "<|im_start|>user\nWhere is Karsu?<|im_end|>\n<|im_start|>assistant\nFar.<|im_end|>\n",
  ],
  ["one two\nthree", "One.\r\none\ntwo three\r\n"],
  ["one two three", "\n\none\ntwo\nthree\n\n"],
  [
    "// add 3 to x\nfunction f(x) { return x + 3; }",
    "\n// add 3 to x\nfunction f(x) { return x + 3; }\n// more",
  ],
])("a short item equal to lines or a whole document is found: %j in %j", async (item, text) => {
  expect(foundIn(await indexOf([item]), text)).toEqual(["0"]);
});

test.each([
  ["12 + 7 = 19", "we know that 12 + 7 = 19"],
  ["12 + 7 = 19", "112 + 7 = 19"],
  ["12 + 7 = 19", "a\n12\n7\n19\nb"],
  ["one two\nthree", "a\none\ntwo\nthree\nb"],
  ["Where is Karsu?", "A: Where is Karsu?"],
  ["Where is Karsu?", "where is Karsu?"],
  ["+ - =", "+ - ="],
  ["+ - =", ""],
])("a short item inside other text is not: %j in %j", async (item, text) => {
  expect(foundIn(await indexOf([item, letters(80)]), text)).toEqual([]);
});

test("case counts", async () => {
  const item = letters(60);
  expect(foundIn(await indexOf([item]), item.toUpperCase())).toEqual([]);
});

test("composed and decomposed accents are the same text", async () => {
  const item =
    "Où étaient les élèves quand l’été a cédé à l’hiver, et où êtes-vous allés après la fête ?";
  for (const form of ["NFC", "NFD"] as const) {
    const index = await indexOf([item.normalize(form), "Éléonore?".normalize(form)]);
    expect(foundIn(index, `Avant. ${item.normalize("NFD")} Après.`)).toEqual(["0"]);
    expect(foundIn(index, `Avant. ${item.normalize("NFC")} Après.`)).toEqual(["0"]);
    expect(foundIn(index, "x\nÉléonore".normalize("NFD"))).toEqual(["1"]);
    expect(foundIn(index, item.normalize("NFD").replace(/\p{M}/gu, ""))).toEqual([]);
  }
});

test("Chinese and letters outside the basic plane are found, pairs are not torn", async () => {
  const chinese = Array.from({ length: 60 }, (_, i) => String.fromCharCode(0x4e00 + i * 37)).join(
    "",
  );
  const gothic = Array.from({ length: 30 }, (_, i) =>
    String.fromCodePoint(0x10330 + (i % 26)),
  ).join("");
  const index = await indexOf([chinese, gothic, "山在哪里？"]);
  const commas = (text: string) => [...text].join("，\u{1f600} ");
  expect(foundIn(index, `前言。${commas(chinese)}后记。`)).toEqual(["0"]);
  expect(foundIn(index, `x ${commas(gothic)} y`)).toEqual(["1"]);
  expect(foundIn(index, "河。\n山在哪里\n")).toEqual(["2"]);
  expect(foundIn(index, `${chinese.slice(0, 30)}异${chinese.slice(30)}`.slice(5, 56))).toEqual([]);
  const halves = [...gothic].map((letter) => `${letter[0]} ${letter[1]}`).join("");
  expect(foundIn(index, halves)).toEqual([]);
  for (const { excerpt } of index.check(`x ${commas(gothic)} y`)) {
    expect(Buffer.from(excerpt).toString()).toBe(excerpt);
  }
});

test("seed and text alone decide the passages, not the order of the items", async () => {
  const items = wordProblems("a", 40, 5);
  const random = new Random(6);
  // Half an item: whether it is found depends on where its passages lie.
  const halves = items.map(({ text }) => text.slice(0, random.integer(70, 120)));
  const hits = async (from: typeof items, seed: number) => {
    const index = await ContaminationIndex.build(from, { seed });
    return halves.flatMap((half) => foundIn(index, half));
  };
  const first = await hits(items, 1);
  expect(first.length).toBeGreaterThan(5);
  expect(first.length).toBeLessThan(40);
  expect(await hits(items.toReversed(), 1)).toEqual(first);
  expect(await hits(items, 2)).not.toEqual(first);
});

test("equal items of several sets are all reported, once each", async () => {
  const text = letters(200);
  const items = ["a", "b", "c"].map((set) => ({ set, id: "1", text }));
  const index = await ContaminationIndex.build(items, { seed: 1 });
  const hits = index.check(`${text}\n${text}`);
  expect(hits.map(({ set }) => set).sort()).toEqual(["a", "b", "c"]);
});

test("items are read from a stream, and a document's hits do not depend on the one before", async () => {
  async function* stream() {
    yield* wordProblems("a", 2_000, 7);
  }
  const index = await ContaminationIndex.build(stream(), { seed: 1 });
  const documents = wordProblems("a", 2_000, 7);
  for (const { id, text } of documents) {
    expect(foundIn(index, text)).toEqual([id]);
    expect(foundIn(index, "nothing")).toEqual([]);
  }
});
