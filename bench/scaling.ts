/** `npm run bench scaling`: how long a fit, its bootstrap and a backtest of public tables take. */
import { bootstrapForm } from "../src/scaling/bootstrap-form.ts";
import { fitForm } from "../src/scaling/fit-form.ts";
import { additiveForm } from "../src/scaling/laws/additive.ts";
import type { LawRow } from "../src/scaling/laws/law-form.ts";
import { publicTables } from "../src/scaling/tables/public-tables.fixture.ts";
import { backtestTable } from "../src/scaling/tables/table-backtest.ts";
import { studyTable } from "../src/scaling/tables/table-forecast.ts";
import { truth } from "../src/scaling/tables/tables.fixture.ts";
import { Random } from "../src/statistics/random.ts";
import { withoutSharedData } from "../src/statistics/shared-data.fixture.ts";
import type { Bench, BenchOptions } from "./harness.ts";

const deviation = { kind: "huber", delta: 1e-3 } as const;

/** Runs of three decades of size, with 0.4 % noise. */
function simulatedRows(count: number): LawRow[] {
  const random = new Random(1);
  return Array.from({ length: count }, () => {
    const n = 10 ** (7 + 3 * random.uniform());
    const d = n * 10 ** (0.5 + 2 * random.uniform());
    const place = { n, d, c: 6 * n * d };
    const noise = Math.exp(0.004 * random.normal());
    return { ...place, loss: additiveForm.lossAt(truth, place) * noise };
  });
}

const rows = simulatedRows(240);

const cases: Readonly<Record<string, (options: BenchOptions) => Promise<void>>> = {
  "additive law, 240 runs, 500 starts": async ({ print }) => {
    const { objective, starts } = fitForm(additiveForm, rows, { deviation, starts: 500 });
    print(`objective ${objective.toPrecision(8)}, reached by ${starts.reachedBest} searches`);
  },
  "1,000 refits of it": async ({ print }) => {
    const fit = fitForm(additiveForm, rows, { deviation });
    const options = { deviation, draws: 1000, level: 0.9, seed: 1 };
    const { low, high } = bootstrapForm(additiveForm, rows, fit, options)["E"]!;
    print(`E ${low.toFixed(3)} to ${high.toFixed(3)}`);
  },
  "backtest of the public tables": async ({ print }) => {
    const tables = publicTables();
    if (tables === undefined) throw new Error(withoutSharedData);
    let [count, targets] = [0, 0];
    for await (const { runs } of tables) {
      targets += backtestTable(studyTable(runs), runs, { draws: 40, seed: 1 }).targets.length;
      count++;
    }
    print(`${count} tables, ${targets} forecasts`);
  },
};

/** Seconds of each, once. */
export const bench: Bench = {
  description: "seconds of a law's fit, its bootstrap and a backtest, one thread",
  async run(options) {
    const results = [];
    for (const [name, work] of Object.entries(cases)) {
      if (!name.startsWith(options.only)) continue;
      const start = performance.now();
      await work(options);
      const value = (performance.now() - start) / 1000;
      results.push({ name, value, unit: "s", baseline: null, ratio: null });
    }
    return results;
  },
};
