import { expect, test } from "vitest";
import { matchesGlobs } from "./glob.ts";

test.each([
  ["data/a.txt", ["data/*.txt"], true],
  ["data/b/a.txt", ["data/*.txt"], false],
  ["data/b/c/a.txt", ["data/**/*.txt"], true],
  ["data/a.txt", ["data/**/*.txt"], true],
  ["a.mjs", ["*.{js,mjs}"], true],
  ["a.xjs", ["*.js"], false],
  ["ajs", ["*.js"], false],
  ["src/x.js", ["**/*.js", "!src/**"], false],
  ["lib/x.js", ["!src/**"], true],
  ["a(1).txt", ["a(1).tx?"], true],
])("%s %j is %s", (path, globs, expected) => {
  expect(matchesGlobs(path, globs)).toBe(expected);
});
