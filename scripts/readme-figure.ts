/**
 * Draws the README's figure from a quickstart's kept result: `npm run figure`. The result is what
 * `foretoken quickstart --json` printed; law and band are computed again from its ladder.
 */
import { readFile, writeFile } from "node:fs/promises";
import { bandComputes, lossLawFigure } from "../src/report/loss-law-figure.ts";
import { forecastLoss } from "../src/scaling/forecast.ts";
import type { LossForecast } from "../src/scaling/ledger/ledger.ts";
import type { RunRow } from "../src/workspace/run-row.ts";

interface QuickstartJson {
  readonly ladder: readonly RunRow[];
  readonly target: RunRow;
  readonly forecast: LossForecast;
}

const source = new URL("../docs/measurements/quickstart-images-s5.json", import.meta.url);
const destination = new URL("../docs/measurements/loss-law.svg", import.meta.url);

const { ladder, target, forecast } = JSON.parse(await readFile(source, "utf8")) as QuickstartJson;
const point = ({ id, flops, lossNats, seed }: RunRow) => ({ id, flops, lossNats: lossNats!, seed });
const points = ladder.map(point);
const study = forecastLoss(points, target.flops);
const { lossNats } = forecast.sealed;
const difference = Math.abs(study.forecast.lossNats - lossNats);
if (difference > 1e-6) {
  throw new Error(`the law gives ${study.forecast.lossNats} now, ${lossNats} was sealed`);
}
const smallest = Math.min(...points.map(({ flops }) => flops));
const { svg } = await lossLawFigure({
  lossName: "total",
  ladder: points,
  band: study.band(bandComputes(smallest, target.flops)),
  forecast: study.forecast,
  actual: [point(target)],
});
await writeFile(destination, svg);
console.log(`wrote ${destination.pathname}`);
