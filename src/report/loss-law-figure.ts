import type { TopLevelSpec } from "vega-lite";
import type { Forecast, ForecastBand } from "../scaling/forecast.ts";
import { type Figure, figureConfig, palette, renderSvg } from "./figure.ts";
import { logAxis } from "./log-axis.ts";

/** One run in the figure. */
export interface FigureRun {
  readonly id: string;
  readonly flops: number;
  readonly lossNats: number;
  readonly seed: number;
}

/** What the loss-law figure shows. */
export interface LossLawFigureData {
  /** Which loss it is, such as `total` or `text`. */
  readonly lossName: string;
  /** The ladder's runs, every seed. */
  readonly ladder: readonly FigureRun[];
  /** The law with its intervals over compute, ascending, from the ladder to the target. */
  readonly band: readonly ForecastBand[];
  readonly forecast: Pick<Forecast, "targetFlops" | "lossNats" | "intervals">;
  /** The runs that the forecast was for, once they ended. */
  readonly actual: readonly FigureRun[];
}

const kinds = ["ladder run", "sealed forecast", "actual"] as const;
const shapes = ["circle", "diamond", "cross"];
const colours = [palette.ink, palette.blue, palette.vermillion];

/** Computes at which to draw a band: log-spaced from `low` to `high`, both included. */
export function bandComputes(low: number, high: number, count = 60): readonly number[] {
  return Array.from({ length: count }, (_, i) => low * (high / low) ** (i / (count - 1)));
}

/**
 * Loss against training compute, as figure 1 of the GPT-4 report: the ladder's runs, the law with
 * its 80 and 95 % bands, the sealed forecast with its 95 % interval, and what came. Compute in
 * FLOP on a logarithmic axis, loss in nats per token.
 */
export async function lossLawFigure(data: LossLawFigureData): Promise<Figure> {
  const spec = lossLawSpec(data);
  return { spec, svg: await renderSvg(spec) };
}

/** The specification of `lossLawFigure`, its data inside. */
export function lossLawSpec(data: LossLawFigureData): TopLevelSpec {
  return {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: `${data.lossName} loss against training compute`,
    width: 620,
    height: 380,
    config: figureConfig,
    layer: [
      bandLayer(data, "95"),
      bandLayer(data, "80"),
      lawLayer(data),
      intervalLayer(data),
      markLayer(kinds[0], data.ladder),
      markLayer(kinds[1], [{ ...data.forecast, flops: data.forecast.targetFlops }]),
      markLayer(kinds[2], data.actual),
    ],
  };
}

type Layer = Extract<TopLevelSpec, { layer: unknown }>["layer"][number];

function xEncoding({ band, ladder }: LossLawFigureData) {
  const all = [...band, ...ladder].map(({ flops }) => flops);
  const range = [Math.min(...all) / 1.3, Math.max(...all) * 1.6] as const;
  return logAxis("flops", "Training compute (FLOP)", range);
}

const lossAxis = { title: "Loss (nats per token)", format: ".2~f", tickCount: 6 } as const;
const lossScale = { zero: false, nice: true } as const;

/** The losses to show; a band that leaves them, as it may at the smallest rung, is cut off there. */
function lossRange({ ladder, actual, forecast }: LossLawFigureData) {
  const [, { low, high }] = forecast.intervals;
  const losses = [...ladder, ...actual].map(({ lossNats }) => lossNats);
  const [least, most] = [Math.min(low, ...losses), Math.max(high, ...losses)];
  const margin = (most - least) / 10;
  return { least: least - margin, most: most + margin };
}

function bandLayer(data: LossLawFigureData, level: "80" | "95"): Layer {
  const { least, most } = lossRange(data);
  const values = data.band.map(({ flops, interval80, interval95 }) => {
    const { low, high } = level === "80" ? interval80 : interval95;
    return { flops, low: Math.max(least, low), high: Math.min(most, high) };
  });
  return {
    data: { values },
    mark: { type: "area", color: palette.paleBlue, opacity: level === "80" ? 0.35 : 0.2 },
    encoding: {
      x: xEncoding(data),
      y: { field: "low", type: "quantitative", scale: lossScale, axis: lossAxis },
      y2: { field: "high" },
    },
  };
}

function lawLayer(data: LossLawFigureData): Layer {
  return {
    data: { values: data.band.map(({ flops, lossNats }) => ({ flops, lossNats })) },
    mark: { type: "line", color: palette.blue, strokeWidth: 1.8, strokeDash: [6, 3] },
    encoding: { x: xEncoding(data), y: { field: "lossNats", type: "quantitative" } },
  };
}

function intervalLayer({ forecast }: LossLawFigureData): Layer {
  const [, { low, high }] = forecast.intervals;
  return {
    data: { values: [{ flops: forecast.targetFlops, low, high }] },
    mark: { type: "errorbar", ticks: { size: 10 }, color: palette.blue, thickness: 1.6 },
    encoding: {
      x: { field: "flops", type: "quantitative" },
      y: { field: "low", type: "quantitative", axis: lossAxis },
      y2: { field: "high" },
    },
  };
}

function markLayer(
  kind: (typeof kinds)[number],
  values: readonly { readonly flops: number; readonly lossNats: number }[],
): Layer {
  const domain = [...kinds];
  return {
    data: { values: values.map(({ flops, lossNats }) => ({ flops, lossNats, kind })) },
    mark: { type: "point", size: 75, strokeWidth: 1.8, filled: false, opacity: 1 },
    encoding: {
      x: { field: "flops", type: "quantitative" },
      y: { field: "lossNats", type: "quantitative" },
      shape: {
        field: "kind",
        scale: { domain, range: shapes },
        legend: { title: null, orient: "top-right", offset: 4, fillColor: "white", padding: 6 },
      },
      color: { field: "kind", scale: { domain, range: colours }, legend: { title: null } },
    },
  };
}
