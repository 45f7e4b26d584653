import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { z } from "zod";
import { DataError } from "../../errors.ts";

const run = promisify(execFile);

const packed = z.object({ filename: z.string(), integrity: z.string(), size: z.number() });
// npm 11 and before print a list, later ones an object by name.
const packOutput = z.union([z.array(packed), z.record(z.string(), packed)]);

/** A tarball that npm wrote. */
export interface PackedTarball {
  readonly filename: string;
  readonly integrity: string;
  readonly size: number;
}

/**
 * Lets npm's own client fetch a package's tarball into a folder, so that the user's registry, proxy
 * and credentials apply. Install scripts do not run.
 *
 * @throws {DataError} saying what to do when the package cannot be had
 */
export async function npmPack(specifier: string, folder: string): Promise<PackedTarball> {
  const { command, prefix } = npmCommand();
  const flags = ["--ignore-scripts", "--json", "--prefer-offline", "--fetch-retries=1"];
  const timeouts = ["--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=2000"];
  const args = [...prefix, "pack", specifier, ...flags, ...timeouts, "--pack-destination", folder];
  try {
    const { stdout } = await run(command, args, { cwd: folder, maxBuffer: 64 * 2 ** 20 });
    const tarballs = Object.values(packOutput.parse(JSON.parse(stdout)));
    const { filename, ...rest } = tarballs[0]!;
    // Some npm versions name the file @scope/name-version.tgz and write scope-name-version.tgz.
    return { ...rest, filename: filename.replace(/^@/, "").replaceAll("/", "-") };
  } catch (cause) {
    throw new DataError(
      `npm package ${specifier}: npm could not fetch it (${reason(cause)}); connect to the network once and build again (later builds use the cache), or leave the source out of the recipe`,
      { cause },
    );
  }
}

/** npm as it came with the running Node, else the one on the path. */
function npmCommand(): { readonly command: string; readonly prefix: readonly string[] } {
  const env: { readonly npm_execpath?: string } = process.env;
  const bin = dirname(process.execPath);
  const candidates = [
    env.npm_execpath ?? "",
    join(bin, "..", "lib", "node_modules", "npm", "bin", "npm-cli.js"),
    join(bin, "node_modules", "npm", "bin", "npm-cli.js"), // Windows
  ];
  const script = candidates.find((path) => path.endsWith("npm-cli.js") && existsSync(path));
  return script === undefined
    ? { command: "npm", prefix: [] }
    : { command: process.execPath, prefix: [script] };
}

/** npm's own one-line summary of a failure. */
function reason(cause: unknown): string {
  const { stderr, code, message } = cause as { stderr?: string; code?: unknown; message: string };
  const text = stderr ?? "";
  const line = /^npm (?:error|ERR!) (?!code )(.+)$/m.exec(text)?.[1];
  return line ?? (code === "ENOENT" ? "npm was not found" : message.split("\n")[0]!);
}
