/**
 * Keeps a quickstart's result in the project, without the paths of the machine that made it:
 * `npx foretoken quickstart --json | npx tsx scripts/keep-measurement.ts docs/measurements/NAME.json`
 */
import { writeFile } from "node:fs/promises";
import { basename, isAbsolute } from "node:path";
import { text } from "node:stream/consumers";

const [destination] = process.argv.slice(2);
if (destination === undefined) throw new Error("usage: keep-measurement FILE < result.json");
const result = JSON.parse(await text(process.stdin)) as unknown;
await writeFile(destination, `${JSON.stringify(withoutPaths(result), null, 1)}\n`);

/** The value with every absolute path in it shortened to its last part. */
function withoutPaths(value: unknown): unknown {
  if (typeof value === "string") return isAbsolute(value) ? basename(value) : value;
  if (Array.isArray(value)) return value.map(withoutPaths);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, withoutPaths(one)]));
}
