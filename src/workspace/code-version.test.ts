import { execFileSync } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { formatCodeVersion, packageFolder, readCodeVersion } from "./code-version.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
  await writeFile(join(folder, "package.json"), '{"version": "1.2.3"}');
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("readCodeVersion", () => {
  it("is the package's version outside a checkout", () => {
    expect(readCodeVersion(folder)).toEqual({ version: "1.2.3", commit: null, dirty: null });
    expect(formatCodeVersion(readCodeVersion(folder))).toBe("1.2.3");
  });

  it("tells the commit and whether something has changed since", async () => {
    const git = (...command: string[]) => execFileSync("git", ["-C", folder, ...command]);
    git("init", "--quiet");
    expect(readCodeVersion(folder).commit).toBeNull();
    git("add", ".");
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "--quiet", "--message", "first");
    const clean = readCodeVersion(folder);
    expect(clean.commit).toMatch(/^[0-9a-f]{40}$/);
    expect(clean.dirty).toBe(false);
    await writeFile(join(folder, "new.txt"), "x");
    expect(formatCodeVersion(readCodeVersion(folder))).toBe(
      `1.2.3+${clean.commit?.slice(0, 8)}.dirty`,
    );
  });
});

it("finds the package's folder", () => {
  expect(readCodeVersion(packageFolder()).version).toMatch(/^\d/);
});
