import { existsSync, mkdtempSync, truncateSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { DataError } from "../../errors.ts";
import { RowFile } from "./row-file.ts";

const path = join(mkdtempSync(join(tmpdir(), "foretoken-")), "rows");
const rowBytes = 2 ** 20 - 3; // eight rows a block
const row = (i: number): Uint8Array => new Uint8Array(rowBytes).fill(i + 1);

test("rows are read back from the block and from the file", () => {
  const file = new RowFile(path, rowBytes);
  for (let i = 0; i < 20; i++) {
    expect(existsSync(path)).toBe(i >= 8);
    file.add(row(i));
  }
  expect(file.rows).toBe(20);
  expect(file.bytes).toBeLessThan(9.1 * 2 ** 20);
  for (const i of [0, 7, 8, 15, 16, 19]) expect(Buffer.compare(file.read(i), row(i))).toBe(0);
  file.close();
  expect(existsSync(path)).toBe(false);
});

test("says when the file was cut", () => {
  const file = new RowFile(path, rowBytes);
  for (let i = 0; i < 8; i++) file.add(row(i));
  truncateSync(path, 8 * rowBytes - 100);
  expect(() => file.read(7)).toThrow(DataError);
  expect(() => file.read(7)).toThrow("expected 1048573 bytes of row 7, found 1048473");
  file.close();
});
