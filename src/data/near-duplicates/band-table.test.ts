import { expect, test } from "vitest";
import { Random } from "../../statistics/random.ts";
import { BandTable, documentsPerValue } from "./band-table.ts";

const find = (table: BandTable, value: number): number[] => {
  const found: number[] = [];
  table.find(value, found);
  return found;
};

const add = (table: BandTable, value: number, document: number): void => {
  find(table, value);
  table.addToFound(value, document);
};

test("finds what a map finds, through growth and forgetting", () => {
  const random = new Random(1);
  const table = new BandTable();
  const expected = new Map<number, number[]>();
  // Few values, at the ends too, so that several documents share one and runs wrap around.
  const values = Array.from({ length: 4000 }, () => random.word());
  values.push(0, 1, 2 ** 32 - 1, 2 ** 32 - 2);
  for (let document = 0; document < 9000; document++) {
    const value = values[random.integer(values.length)]!;
    add(table, value, document);
    const documents = expected.get(value) ?? [];
    if (documents.length < documentsPerValue) expected.set(value, [...documents, document]);
  }
  const check = () => {
    for (const value of values) expect(find(table, value)).toEqual(expected.get(value) ?? []);
  };
  check();
  table.forgetBefore(4500);
  for (const [value, documents] of expected) {
    expected.set(
      value,
      documents.filter((document) => document >= 4500),
    );
  }
  check();
});

test("takes 10 to 15 bytes a document", () => {
  const random = new Random(2);
  const table = new BandTable();
  for (let document = 1; document <= 200_000; document++) {
    add(table, random.word(), document);
    if (document > 2000 && document % 1000 === 0) {
      expect(table.bytes / document).toBeGreaterThan(9.9);
      expect(table.bytes / document).toBeLessThan(15.1);
    }
  }
});
