import { wilsonInterval } from "../statistics/intervals.ts";
import { type Figure, figureConfig, palette, renderSvg } from "./figure.ts";

/** How many of some forecasts lay inside their intervals of one nominal level. */
export interface Coverage {
  /** Whose intervals, in words. */
  readonly name: string;
  readonly level: number;
  readonly inside: number;
  readonly of: number;
}

/** A second kind of intervals stands so far to the right that both are seen. */
const besideBy = 0.006;

/**
 * The share of forecasts inside their intervals against the nominal level, with Wilson's 95 %
 * interval; on the diagonal intervals hold what they say.
 *
 * @param coverage - of one or two kinds of intervals
 */
export async function coverageFigure(coverage: readonly Coverage[]): Promise<Figure> {
  const names = [...new Set(coverage.map(({ name }) => name))];
  const values = coverage.map(({ name, level, inside, of }) => {
    const { low, high } = wilsonInterval(inside, of);
    const beside = level + besideBy * names.indexOf(name);
    return { name, level: beside, share: inside / of, low, high };
  });
  const scale = { domain: [0.4, 1] };
  const x = {
    field: "level",
    type: "quantitative" as const,
    scale,
    axis: { title: "Nominal level of the interval", format: ".0%", tickCount: 6 },
  };
  const y = {
    type: "quantitative" as const,
    scale: { domain: [0, 1] },
    axis: { title: "Losses inside it", format: ".0%", tickCount: 6 },
  };
  const color = {
    field: "name",
    type: "nominal" as const,
    scale: { domain: names, range: [palette.blue, palette.vermillion] },
    legend: names.length > 1 ? { title: null, orient: "bottom" as const, labelLimit: 300 } : null,
  };
  const spec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "Coverage of intervals against their nominal level",
    ...{ width: 380, height: 300, config: figureConfig },
    layer: [
      {
        data: { values: [0.4, 1].map((level) => ({ level })) },
        mark: { type: "line" as const, color: palette.grey, strokeDash: [5, 4] },
        encoding: { x, y: { ...y, field: "level" } },
      },
      {
        data: { values },
        mark: { type: "rule" as const, strokeWidth: 1.4 },
        encoding: { x, y: { ...y, field: "low" }, y2: { field: "high" }, color },
      },
      {
        data: { values },
        mark: { type: "point" as const, filled: true, size: 60, opacity: 1 },
        encoding: { x, y: { ...y, field: "share" }, color },
      },
    ],
  };
  return { spec, svg: await renderSvg(spec) };
}
