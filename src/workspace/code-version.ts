import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** Which code made a result. Commit and dirty are null outside a git checkout of the project. */
export interface CodeVersion {
  readonly version: string;
  readonly commit: string | null;
  /** Whether the checkout had changes that are not in the commit. */
  readonly dirty: boolean | null;
}

let known: CodeVersion | undefined;

/** The version of this code, read once per process. */
export function codeVersion(): CodeVersion {
  known ??= readCodeVersion(packageFolder());
  return known;
}

/** One word for a version: `0.1.0`, `0.1.0+1a2b3c4d`, `0.1.0+1a2b3c4d.dirty`. */
export function formatCodeVersion({ version, commit, dirty }: CodeVersion): string {
  if (commit === null) return version;
  return `${version}+${commit.slice(0, 8)}${dirty === true ? ".dirty" : ""}`;
}

/** The folder that holds the project's package.json, in a checkout and in an installed package. */
export function packageFolder(): string {
  const here = fileURLToPath(import.meta.url); // src/workspace/ or dist/workspace/
  return dirname(dirname(dirname(here)));
}

/** The version of the code in a folder with a package.json; git is asked only about its own checkout. */
export function readCodeVersion(folder: string): CodeVersion {
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as {
    version: string;
  };
  const none = { version, commit: null, dirty: null };
  if (!existsSync(join(folder, ".git"))) return none;
  try {
    const commit = git(folder, "rev-parse", "HEAD");
    return { version, commit, dirty: git(folder, "status", "--porcelain") !== "" };
  } catch {
    return none; // no git on this machine, or no commit yet
  }
}

function git(folder: string, ...command: string[]): string {
  const output = execFileSync("git", ["-C", folder, ...command], {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  return output.trim();
}
