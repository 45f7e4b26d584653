import { expect, test } from "vitest";
import { budgetsOf } from "../scaling/tables/budgets.ts";
import { tableRuns } from "../scaling/tables/table-runs.ts";
import { isoFlopRows } from "../scaling/tables/tables.fixture.ts";
import { forecastFigure, isoFlopFigure, tornadoFigure } from "./table-figures.ts";
import { tablePage } from "./table-page.ts";

const runs = tableRuns(isoFlopRows());
const target = { c: 1e22, loss: 2.1, low: 2, high: 2.2 };
const band = [{ c: 1e18, loss: 3.3, low: 3.2, high: 3.4 }, target];
const points = (svg: string) => svg.match(/aria-roledescription="point"/g) ?? [];

test("the forecast's figure shows every run, the lowest losses and the forecast", async () => {
  const { svg } = await forecastFigure(runs, { band, target });
  expect(points(svg)).toHaveLength(runs.grid.length + runs.optima.length + 1);
  for (const text of ["run", "lowest loss", "forecast", "Training compute (FLOP)", "10²⁰"]) {
    expect(svg).toContain(`>${text}<`);
  }
});

test("the figure of sizes has a line for each compute and its minimum", async () => {
  const { svg } = await isoFlopFigure(budgetsOf(runs.grid), runs);
  expect(svg.match(/aria-roledescription="line mark"/g)).toHaveLength(runs.optima.length);
  expect(points(svg)).toHaveLength(runs.grid.length + runs.optima.length);
});

test("the tornado names every choice in full, the page shows all and is escaped", async () => {
  const changes = ["sizes within 2x of the lowest loss", "least squares"].map((change, i) => {
    return { change, loss: 2.1, lossShift: 0.01 * (1 - 3 * i), sizeShift: undefined };
  });
  const tornado = await tornadoFigure(changes);
  for (const { change } of changes) expect(tornado.svg).toContain(`>${change}<`);
  const page = tablePage({
    ...{ summary: "loss 2.1", decisions: "train <b>", command: "foretoken", codeVersion: "1" },
    forecast: await forecastFigure(runs, { band, target }),
    ...{ isoFlop: undefined, tornado, createdAt: "2026-11-29T00:00:00Z" },
    laws: [["* power", "2.1", "+0.1 %", "0.2 %", "yes"]],
  });
  expect(page).toContain("train &lt;b&gt;");
  expect(page).toContain('<td class="number">2.1</td>');
  expect(page).toContain("Sensitivity");
  expect(page).not.toContain("Sizes at each compute");
});
