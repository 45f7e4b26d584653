import type { TopLevelSpec } from "vega-lite";
import type { Budget } from "../scaling/tables/budgets.ts";
import type { Sensitivity } from "../scaling/tables/sensitivity.ts";
import type { TableRuns } from "../scaling/tables/table-runs.ts";
import { type Figure, figureConfig, palette, renderSvg } from "./figure.ts";
import { logAxis } from "./log-axis.ts";

/** A forecast at one compute. */
export interface BandPoint {
  readonly c: number;
  readonly loss: number;
  readonly low: number;
  readonly high: number;
}

const schema = "https://vega.github.io/schema/vega-lite/v6.json";
const lossScale = { zero: false, nice: true } as const;
const lossAxis = { title: "Loss", format: ".2~f", tickCount: 6 } as const;
const legend = { title: null, orient: "top-right", fillColor: "white", padding: 6 } as const;

async function rendered(spec: TopLevelSpec): Promise<Figure> {
  return { spec, svg: await renderSvg(spec) };
}

/** Loss against compute: the runs, the lowest losses, the law with its band, the forecast. */
export function forecastFigure(
  { grid, optima }: TableRuns,
  { band, target }: { readonly band: readonly BandPoint[]; readonly target: BandPoint },
): Promise<Figure> {
  const computes = [...band, target, ...grid].map(({ c }) => c);
  const x = logAxis("c", "Training compute (FLOP)", [
    Math.min(...computes) / 1.3,
    Math.max(...computes) * 1.6,
  ]);
  const kinds = ["run", "lowest loss", "forecast"];
  const points = [
    ...grid.map(({ c, loss }) => ({ c, loss, kind: kinds[0] })),
    ...optima.map(({ c, loss }) => ({ c, loss, kind: kinds[1] })),
    { c: target.c, loss: target.loss, kind: kinds[2] },
  ];
  const y = { field: "loss", type: "quantitative" as const, scale: lossScale, axis: lossAxis };
  const shape = { domain: kinds, range: ["circle", "square", "diamond"] };
  const colour = { domain: kinds, range: [palette.grey, palette.ink, palette.blue] };
  return rendered({
    $schema: schema,
    description: "Loss against training compute",
    ...{ width: 620, height: 360, config: figureConfig },
    layer: [
      {
        data: { values: [...band] },
        mark: { type: "area", color: palette.paleBlue, opacity: 0.3 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" } },
      },
      {
        data: { values: [...band] },
        mark: { type: "line", color: palette.blue, strokeWidth: 1.8, strokeDash: [6, 3] },
        encoding: { x, y },
      },
      {
        data: { values: [target] },
        mark: { type: "errorbar", ticks: { size: 10 }, color: palette.blue, thickness: 1.6 },
        encoding: {
          x: { field: "c", type: "quantitative" },
          y: { ...y, field: "low" },
          y2: { field: "high" },
        },
      },
      {
        data: { values: points },
        mark: { type: "point", size: 55, strokeWidth: 1.6, filled: false, opacity: 1 },
        encoding: {
          ...{ x, y },
          shape: { field: "kind", scale: shape, legend },
          color: { field: "kind", scale: colour, legend },
        },
      },
    ],
  });
}

/** Loss against size, one line for each compute, and its minimum. */
export function isoFlopFigure(budgets: readonly Budget[], { optima }: TableRuns): Promise<Figure> {
  const rows = budgets.flatMap(({ c, rows }) =>
    rows.map(({ n, loss }) => ({ n, loss, budget: c.toExponential(1).replace("+", "") })),
  );
  const sizes = rows.map(({ n }) => n);
  const x = logAxis("n", "Parameters", [Math.min(...sizes) / 1.3, Math.max(...sizes) * 1.3]);
  const y = { field: "loss", type: "quantitative" as const, scale: lossScale, axis: lossAxis };
  const order = budgets.map(({ c }) => c.toExponential(1).replace("+", ""));
  return rendered({
    $schema: schema,
    description: "Loss against parameters at each compute",
    ...{ width: 620, height: 360, config: figureConfig },
    layer: [
      {
        data: { values: rows },
        mark: { type: "line", point: { size: 30 }, strokeWidth: 1.2 },
        encoding: {
          ...{ x, y },
          color: {
            field: "budget",
            type: "ordinal",
            sort: order,
            scale: { scheme: "viridis" },
            legend: { title: "FLOP", orient: "right" },
          },
        },
      },
      {
        data: { values: optima.map(({ n, loss }) => ({ n, loss })) },
        mark: {
          type: "point",
          shape: "diamond",
          size: 70,
          color: palette.vermillion,
          filled: true,
          opacity: 1,
        },
        encoding: { x, y },
      },
    ],
  });
}

/** How far each choice moves the forecast, the farthest first. */
export function tornadoFigure(changes: readonly Sensitivity[]): Promise<Figure> {
  return rendered({
    $schema: schema,
    description: "Shift of the forecast by choices made otherwise",
    ...{ width: 420, height: { step: 22 }, config: figureConfig },
    data: { values: changes.map(({ change, lossShift }) => ({ change, lossShift })) },
    mark: { type: "bar", color: palette.blue, height: 13 },
    encoding: {
      x: {
        field: "lossShift",
        type: "quantitative",
        axis: { title: "Shift of the forecast loss", format: "+.1%", tickCount: 6 },
      },
      y: {
        field: "change",
        type: "nominal",
        sort: changes.map(({ change }) => change),
        axis: { title: null, labelLimit: 400, ticks: false, domain: false },
      },
    },
  });
}
