// Runs `npm ci` when node_modules does not hold what package-lock.json asks for; does nothing, in
// milliseconds, when it does. Plain Node: it is the `pre` script of commands that must work on a
// fresh clone. What npm prints goes to standard error, so that `--json` output stays clean.
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** The packages of a lockfile by folder, or none when the file is missing or unreadable. */
function lockedPackages(path) {
  try {
    return JSON.parse(readFileSync(path, "utf8")).packages ?? {};
  } catch {
    return {};
  }
}

/** Whether a package's os, cpu or libc list ("linux", "!win32") lets `value` in. */
function admits(list, value) {
  if (list === undefined) return true;
  if (list.includes(`!${value}`)) return false;
  const named = list.filter((entry) => !entry.startsWith("!"));
  return named.length === 0 || named.includes(value);
}

function currentLibc() {
  if (process.platform !== "linux") return "";
  process.report.excludeNetwork = true;
  return process.report.getReport().header.glibcVersionRuntime ? "glibc" : "musl";
}

/** Whether npm may leave this package out here: an optional one that names no or another platform. */
function mayBeAbsent(entry) {
  if (!entry.optional && !entry.devOptional) return false;
  const { os, cpu, libc } = entry;
  if (!os && !cpu && !libc) return true;
  if (!admits(os, process.platform) || !admits(cpu, process.arch)) return true;
  return libc !== undefined && !admits(libc, currentLibc());
}

/** The first package that differs from the lockfile, in words; undefined when none does. */
function difference() {
  if (!existsSync(join(root, "node_modules"))) return "node_modules is missing";
  const installed = lockedPackages(join(root, "node_modules", ".package-lock.json"));
  for (const [folder, wanted] of Object.entries(lockedPackages(join(root, "package-lock.json")))) {
    if (folder === "") continue;
    const found = installed[folder];
    const present = found !== undefined && existsSync(join(root, folder));
    if (!present) {
      if (mayBeAbsent(wanted)) continue;
      return `${folder} is missing`;
    }
    if (found.version !== wanted.version || found.integrity !== wanted.integrity) {
      return `${folder} is ${found.version}, package-lock.json has ${wanted.version}`;
    }
  }
  return undefined;
}

const reason = difference();
if (reason !== undefined) {
  process.stderr.write(`${reason}: running npm ci\n`);
  const npm = process.env.npm_execpath ?? "";
  const viaNode = /npm-cli\.c?js$/.test(npm);
  const { status } = viaNode
    ? spawnSync(process.execPath, [npm, "ci"], { cwd: root, stdio: ["ignore", 2, 2] })
    : spawnSync("npm ci", { cwd: root, stdio: ["ignore", 2, 2], shell: true });
  process.exitCode = status ?? 1;
}
