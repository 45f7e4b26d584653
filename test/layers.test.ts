import { readdirSync, readFileSync } from "node:fs";
import { join, normalize, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** The folders of src from the bottom up: a file imports from its own folder and from lower ones. */
const layers = [
  ...["statistics", "workspace", "tensor", "model", "data", "generate", "language-model"],
  ...["sandbox", "evaluate", "train", "scaling", "safeguard", "report", "serve", "studio"],
  ...["quickstart", "cli"],
];

const src = fileURLToPath(new URL("../src/", import.meta.url));

/** Errors are below everything; the other files of src itself assemble what is there, so above. */
function levelOf(path: string): number {
  const [folder, ...rest] = path.split(sep);
  if (rest.length > 0) return layers.indexOf(folder!);
  return path === "errors.ts" ? -1 : layers.length;
}

test("imports point to lower layers only", () => {
  const folders = readdirSync(src, { withFileTypes: true }).filter((entry) => entry.isDirectory());
  expect(folders.map(({ name }) => name).filter((name) => !layers.includes(name))).toEqual([]);
  const files = readdirSync(src, { recursive: true, encoding: "utf8" }).filter((path) =>
    /\.tsx?$/.test(path),
  );
  const imports = files.flatMap((from) => {
    const text = readFileSync(join(src, from), "utf8");
    const found = text.matchAll(/(?:\bfrom|\bimport\(?)\s*"(\.[^"]+)"/g);
    return [...found].map(([, target]) => ({ from, to: normalize(join(from, "..", target!)) }));
  });
  expect(imports.length).toBeGreaterThan(files.length);
  const upward = imports.filter(({ from, to }) => levelOf(to) > levelOf(from));
  expect(upward.map(({ from, to }) => `${from} imports ${to}`)).toEqual([]);
});
