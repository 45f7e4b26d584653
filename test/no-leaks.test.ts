import { readFileSync } from "node:fs";
import { homedir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root, trackedFiles } from "./tracked-files.ts";

/** What would tie the project to one machine or one registry, with the reason shown on failure. */
const patterns: readonly { readonly name: string; readonly pattern: RegExp }[] = [
  {
    name: "a registry's host",
    pattern:
      /\b(?:registry\.npmjs|registry\.yarnpkg|files\.pythonhosted|pypi|npm\.pkg\.github)\.(?:org|com)\b/,
  },
  { name: "a home folder", pattern: /(?<![\w.~-])\/(?:root|home\/\w+|Users\/\w+)\// },
  { name: "a folder of this machine", pattern: /(?<![\w.~/-])\/(?:work|opt)\/\w/ },
  { name: "a private key", pattern: /-----BEGIN [A-Z ]*PRIVATE KEY-----/ },
];

const isText = (bytes: Buffer) => !bytes.subarray(0, 8000).includes(0);

test("tracked files name no registry host and no folder of a machine", () => {
  const files = trackedFiles();
  expect(files).toContain("package.json");
  const here = homedir().length > 1 ? [homedir()] : [];
  const leaks = files.flatMap((path) => {
    const bytes = readFileSync(join(root, path));
    if (!isText(bytes) || path === "test/no-leaks.test.ts") return [];
    const text = bytes.toString("utf8");
    const found = patterns.filter(({ pattern }) => pattern.test(text)).map(({ name }) => name);
    if (here.some((folder) => text.includes(`${folder}/`))) found.push("this user's home folder");
    return found.map((name) => `${path}: ${name}`);
  });
  expect(leaks).toEqual([]);
});

test("the lockfile records no download addresses", () => {
  const lock = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")) as {
    packages: Record<string, { resolved?: string; integrity?: string }>;
  };
  const packages = Object.entries(lock.packages).filter(([folder]) => folder !== "");
  expect(packages.length).toBeGreaterThan(50);
  expect(packages.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
  expect(packages.filter(([, entry]) => entry.integrity === undefined).map(([f]) => f)).toEqual([]);
});
