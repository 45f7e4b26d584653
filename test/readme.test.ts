import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { registry } from "../src/cli/registry.ts";
import { root } from "./tracked-files.ts";

const readme = readFileSync(join(root, "README.md"), "utf8");
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};

/** Contents of the fenced blocks of a language. */
function blocks(language: string): string[] {
  const found = readme.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, "gm"));
  return [...found].map(([, text]) => text!);
}

/** Paths of the tree block: a name ending in "/" or with an extension, nested by two spaces. */
function treePaths(tree: string): string[] {
  const open: string[] = [];
  return tree.split("\n").flatMap((line) => {
    const match = /^((?: {2})*)(\S+)(?:\s|$)/.exec(line);
    if (match === null) return [];
    const depth = match[1]!.length / 2;
    open.length = depth;
    open.push(match[2]!.replace(/\/$/, ""));
    return [open.join("/")];
  });
}

test("every name in the README's tree exists", () => {
  const paths = blocks("text")
    .filter((text) => text.includes("src/"))
    .flatMap(treePaths);
  expect(paths.length).toBeGreaterThan(5);
  expect(paths.filter((path) => !existsSync(join(root, path)))).toEqual([]);
});

test("the README's commands exist", () => {
  const lines = blocks("bash").flatMap((text) => text.split("\n"));
  const scripts = lines.flatMap((line) =>
    [...line.matchAll(/\bnpm (?:run (?:--silent )?([\w:-]+)|(test)\b)/g)].map((m) => m[1] ?? m[2]!),
  );
  expect(scripts.length).toBeGreaterThan(0);
  expect(scripts.filter((script) => manifest.scripts[script] === undefined)).toEqual([]);
  const commands = lines.flatMap((line) =>
    [...line.matchAll(/\bnpx foretoken ((?:[a-z-]+ ?)+)/g)].map((m) => m[1]!.trim()),
  );
  const known = (words: string) =>
    registry.some(({ path }) => words === path || words.startsWith(`${path} `));
  expect(commands.filter((words) => !known(words))).toEqual([]);
});
