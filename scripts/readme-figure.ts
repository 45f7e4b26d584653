/**
 * Draws the README's figures from kept results: `npm run figure`. A result is what `foretoken
 * quickstart --json` printed, or `scripts/keep-measurement.ts` kept; law and band are computed again from
 * its ladder.
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

/** Figures by the results that they are drawn from. */
const figures = { "quickstart-images-s5": "loss-law", "range-s11": "loss-law-range" } as const;

for (const [source, figure] of Object.entries(figures)) await draw(source, figure);

async function draw(source: string, figure: string): Promise<void> {
  const folder = new URL("../docs/measurements/", import.meta.url);
  const text = await readFile(new URL(`${source}.json`, folder), "utf8");
  const { ladder, target, forecast } = JSON.parse(text) as QuickstartJson;
  const points = ladder.map(point);
  const study = forecastLoss(points, target.flops);
  const { lossNats } = forecast.sealed;
  const difference = Math.abs(study.forecast.lossNats - lossNats);
  if (difference > 1e-6) {
    throw new Error(
      `${source}: the law gives ${study.forecast.lossNats} now, ${lossNats} was sealed`,
    );
  }
  const smallest = Math.min(...points.map(({ flops }) => flops));
  const { svg } = await lossLawFigure({
    lossName: "total",
    ladder: points,
    band: study.band(bandComputes(smallest, target.flops)),
    forecast: study.forecast,
    actual: [point(target)],
  });
  const destination = new URL(`${figure}.svg`, folder);
  await writeFile(destination, svg);
  console.log(`wrote ${destination.pathname}`);
}

function point({ id, flops, lossNats, seed }: RunRow) {
  return { id, flops, lossNats: lossNats!, seed };
}
