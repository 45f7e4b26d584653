import { expect, test } from "vitest";
import { Random } from "../random.ts";
import { DocumentScan } from "./document-scan.ts";
import { lettersAndDigits } from "./letters-and-digits.ts";
import { passageLength } from "./passage.ts";
import { PassageTable } from "./passage-table.ts";

/** Few letters, so that texts share passages; every kind of unit that the scan tells apart. */
const characters = [
  ..."aaaaaaaabbb0é",
  "e\u0301",
  "中",
  "\u{10330}",
  "\ud800",
  "😀",
  " ",
  ".",
  "<|",
];

function randomText(random: Random, length: number): string {
  return Array.from({ length }, () => random.pick(characters)).join("");
}

function passagesIn(scan: DocumentScan, text: string): number[] {
  const found = new Set<number>();
  scan.run(text.normalize("NFC"), (passage) => found.add(passage));
  return [...found].sort((a, b) => a - b);
}

test("finds exactly the passages that a plain search finds", () => {
  const random = new Random(11);
  let matches = 0;
  for (let round = 0; round < 150; round++) {
    const texts = Array.from({ length: 8 }, () => randomText(random, random.integer(0, 300)));
    const table = new PassageTable();
    const passages = new Set<string>();
    for (const text of texts) {
      const units = lettersAndDigits(text);
      for (let start = 0; start + passageLength <= units.length; start += random.integer(1, 90)) {
        passages.add(units.slice(start, start + passageLength));
      }
    }
    for (const passage of passages) table.add(passage, 0, 0);
    const scan = new DocumentScan(table);
    // Pieces of the texts between others: many begin or end within a passage.
    const documents = texts.map((text, i) => {
      const start = random.integer(0, 40);
      const piece = text.slice(start, start + random.integer(40, 300));
      return `${randomText(random, random.integer(0, 80))}${piece}${texts[(i + 1) % texts.length]!.slice(0, 60)}`;
    });
    for (const document of [...documents, ...texts]) {
      const plain = [...passages].flatMap((passage, i) =>
        lettersAndDigits(document).includes(passage) ? [i] : [],
      );
      matches += plain.length;
      expect(passagesIn(scan, document)).toEqual(plain);
    }
  }
  expect(matches).toBeGreaterThan(1_000);
});

test("finds short passages exactly where whole lines or documents equal them", () => {
  const random = new Random(12);
  const pieces = ["a", "ab", "b0", "é", "中", " ", ".", "\n", "\r\n", "Q: ", "\n\n"];
  const draw = (length: number) =>
    Array.from({ length }, () => random.pick(pieces))
      .join("")
      .normalize("NFC");
  const linesOf = (text: string) =>
    text
      .split(/[\r\n]+/)
      .map((line) => ({
        all: lettersAndDigits(line),
        bare: lettersAndDigits(line.replace(/^Q:/, "")),
      }))
      .filter(({ all }) => all !== "");
  let matches = 0;
  for (let round = 0; round < 400; round++) {
    const table = new PassageTable();
    const items = new Map<string, number>();
    for (let i = 0; i < 12; i++) {
      const units = lettersAndDigits(draw(random.integer(1, 4)));
      if (units !== "" && !items.has(units)) items.set(units, random.integer(1, 3));
    }
    for (const [units, lines] of items) table.add(units, 0, lines);
    const document = draw(random.integer(0, 30));
    const lines = linesOf(document);
    const plain = [...items].flatMap(([units, most], i) => {
      const isRun = lines.some((_, from) =>
        lines.some((_, to) => {
          const run = lines.slice(from, to + 1).map(({ all, bare }, at) => (at === 0 ? bare : all));
          const isAllowed = run.length <= most || run.length === lines.length;
          return isAllowed && run.join("") === units;
        }),
      );
      return isRun ? [i] : [];
    });
    matches += plain.length;
    expect(passagesIn(new DocumentScan(table), document)).toEqual(plain);
  }
  expect(matches).toBeGreaterThan(200);
});
