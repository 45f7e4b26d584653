import { spawnSync } from "node:child_process";
import { copyFile, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { root } from "./tracked-files.ts";

type Packages = Record<string, { version: string; integrity: string; [key: string]: unknown }>;

const one = { version: "1.0.0", integrity: "sha512-one" };
const wanted: Packages = {
  "": { version: "0.1.0", integrity: "" },
  "node_modules/one": one,
  "node_modules/for-other": { ...one, optional: true, os: ["none"], cpu: ["none"] },
  "node_modules/of-other": { ...one, optional: true },
};

let folder = "";

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-install-"));
  await mkdir(join(folder, "scripts"));
  const script = join("scripts", "ensure-installed.js");
  await copyFile(join(root, script), join(folder, script));
  await writeFile(join(folder, "package.json"), `{"type":"module"}`);
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages: wanted }));
  await writeFile(
    join(folder, "npm-cli.cjs"),
    "console.log('npm', ...process.argv.slice(2)); process.exit(7)",
  );
});

afterEach(() => rm(folder, { recursive: true }));

async function install(packages: Packages): Promise<void> {
  await mkdir(join(folder, "node_modules", "one"), { recursive: true });
  const lock = join(folder, "node_modules", ".package-lock.json");
  await writeFile(lock, JSON.stringify({ packages }));
}

/** Runs the script with a stand-in for npm that says its arguments and exits with 7. */
function ensure() {
  return spawnSync(process.execPath, [join(folder, "scripts", "ensure-installed.js")], {
    encoding: "utf8",
    env: { ...process.env, npm_execpath: join(folder, "npm-cli.cjs") },
  });
}

test("nothing runs when node_modules holds what the lockfile asks for", async () => {
  await install({ "node_modules/one": one });
  expect(ensure()).toMatchObject({ status: 0, stdout: "", stderr: "" });
});

test("npm ci runs, off standard output, when node_modules is missing", () => {
  expect(ensure()).toMatchObject({
    status: 7,
    stdout: "",
    stderr: "node_modules is missing: running npm ci\nnpm ci\n",
  });
});

test.each([
  ["a missing package", {}, "node_modules/one is missing"],
  ["another version", { version: "0.9.0" }, "is 0.9.0, package-lock.json has 1.0.0"],
  ["other contents", { integrity: "sha512-two" }, "package-lock.json has 1.0.0"],
])("npm ci runs for %s", async (_name, change, reason) => {
  const present = Object.keys(change).length > 0;
  await install(present ? { "node_modules/one": { ...one, ...change } } : {});
  const { status, stderr } = ensure();
  expect(status).toBe(7);
  expect(stderr).toContain(reason);
});

test("npm ci runs when a listed package's folder is gone", async () => {
  await install({ "node_modules/one": one });
  await rm(join(folder, "node_modules", "one"), { recursive: true });
  expect(ensure().stderr).toContain("node_modules/one is missing");
});

test("npm ci runs when an optional package of this platform is missing", async () => {
  const packages = {
    ...wanted,
    "node_modules/for-this": { ...one, optional: true, os: [process.platform] },
  };
  await writeFile(join(folder, "package-lock.json"), JSON.stringify({ packages }));
  await install({ "node_modules/one": one });
  expect(ensure().stderr).toContain("node_modules/for-this is missing");
});
