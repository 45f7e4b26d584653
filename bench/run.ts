/**
 * `npm run bench THING -- [--json] [--rounds N] [--only TEXT] [--samples N] [--max-tokens N]`: runs one
 * benchmark. With
 * `--json`, standard output is the object `{machine, rows}` alone; all else goes to standard error.
 */
import { parseArgs } from "node:util";
import { type Bench, formatRows, machineLine } from "./harness.ts";

const benches: Readonly<Record<string, () => Promise<{ readonly bench: Bench }>>> = {
  data: () => import("./data.ts"),
  calibration: () => import("./calibration.ts"),
  eval: () => import("./eval.ts"),
  generate: () => import("./generate.ts"),
  llama: () => import("./llama.ts"),
  train: () => import("./train.ts"),
  "data-wait": () => import("./data-wait.ts"),
  memory: () => import("./memory.ts"),
  scaling: () => import("./scaling.ts"),
  shakespeare: () => import("./shakespeare.ts"),
};

const usage = `usage: npm run bench THING -- [--json] [--rounds N] [--only TEXT] [--samples N] [--max-tokens N]
THING is one of: ${Object.keys(benches).join(", ")}`;

process.env["FORETOKEN_SPIN"] ??= "1"; // a benchmark has the machine for itself

async function main(): Promise<number> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      json: { type: "boolean", default: false },
      rounds: { type: "string" },
      only: { type: "string", default: "" },
      samples: { type: "string" },
      "max-tokens": { type: "string" },
    },
  });
  const [thing, ...rest] = positionals;
  const load = thing === undefined ? undefined : benches[thing];
  const counts = ([values.rounds, values.samples, values["max-tokens"]] as const).map(countOf);
  const [rounds, samples, maxTokens] = counts;
  if (load === undefined || rest.length > 0 || counts.includes(Number.NaN)) {
    console.error(usage);
    return 2;
  }
  const print = values.json ? console.error : console.log;
  const { bench } = await load();
  const machine = machineLine();
  print(`${thing}: ${bench.description}\n${machine}`);
  const rows = await bench.run({ rounds, samples, maxTokens, only: values.only, print });
  if (rows.length === 0) throw new Error(`${thing}: no case was measured (--only ${values.only})`);
  print(formatRows(rows));
  if (values.json) process.stdout.write(`${JSON.stringify({ machine, rows })}\n`);
  return 0;
}

/** Not a number for what is none above zero. */
function countOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const count = Number(text);
  return Number.isInteger(count) && count > 0 ? count : Number.NaN;
}

main().then(
  (code) => {
    process.exitCode = code;
  },
  (error: unknown) => {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = error instanceof TypeError && "code" in error ? 2 : 1;
  },
);
