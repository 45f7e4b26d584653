import type { TopLevelSpec } from "vega-lite";
import type { CapabilityForecast } from "../scaling/capability/capability-forecast.ts";
import { predictPassRate } from "../scaling/capability/pass-rate-law.ts";
import { type Figure, figureConfig, palette, renderSvg } from "./figure.ts";
import { logAxis } from "./log-axis.ts";
import { bandComputes } from "./loss-law-figure.ts";

/**
 * Pass rate against training compute, a panel for each difficulty, as figure 2 of the GPT-4 report:
 * fitted models, the law, the forecast with its interval, models that were held out.
 */
export async function capabilityFigure(
  { buckets, fitted }: CapabilityForecast,
  { targetCompute }: { readonly targetCompute: number },
): Promise<Figure> {
  const held = buckets.flatMap(({ observed }) => observed.map(({ c }) => c));
  const computes = [...fitted, ...held, targetCompute];
  const [low, high] = [Math.min(...computes), Math.max(...computes)];
  const x = logAxis("c", "Training compute (FLOP)", [low / 1.5, high * 1.7]);
  const y = {
    field: "rate",
    type: "quantitative" as const,
    scale: { domain: [0, 1] },
    axis: { title: "Pass rate", tickCount: 5 },
  };
  const kinds = ["fitted model", "forecast", "held-out model"];
  const values = buckets.flatMap((one) => {
    const bucket = `difficulty ${one.bucket}`;
    const { low, high } = one.passRateInterval;
    return [
      ...bandComputes(fitted[0]!, targetCompute, 30).map((c) => {
        return { layer: "law", bucket, c, rate: predictPassRate(one.law, c).passRate };
      }),
      { layer: "interval", bucket, c: targetCompute, rate: low, high },
      ...one.observed.map(({ c, passes, samples, isFitted }) => {
        return { layer: "mark", bucket, c, rate: passes / samples, kind: kinds[isFitted ? 0 : 2] };
      }),
      { layer: "mark", bucket, c: targetCompute, rate: one.passRate, kind: kinds[1] },
    ];
  });
  const only = (layer: string) => [{ filter: `datum.layer === "${layer}"` }];
  const spec: TopLevelSpec = {
    $schema: "https://vega.github.io/schema/vega-lite/v6.json",
    description: "Pass rate against training compute by difficulty",
    config: figureConfig,
    data: { values },
    facet: { field: "bucket", type: "nominal", title: null },
    columns: 3,
    spec: {
      ...{ width: 190, height: 150 },
      layer: [
        {
          transform: only("law"),
          mark: { type: "line", color: palette.blue, strokeDash: [6, 3], strokeWidth: 1.6 },
          encoding: { x, y },
        },
        {
          transform: only("interval"),
          mark: { type: "errorbar", ticks: { size: 8 }, color: palette.blue, thickness: 1.5 },
          encoding: { x, y, y2: { field: "high" } },
        },
        {
          transform: only("mark"),
          mark: { type: "point", size: 55, strokeWidth: 1.6, filled: false, opacity: 1 },
          encoding: {
            ...{ x, y },
            shape: {
              field: "kind",
              scale: { domain: kinds, range: ["circle", "diamond", "cross"] },
              legend: { title: null, orient: "bottom" },
            },
            color: {
              field: "kind",
              scale: { domain: kinds, range: [palette.ink, palette.blue, palette.vermillion] },
              legend: { title: null, orient: "bottom" },
            },
          },
        },
      ],
    },
  };
  return { spec, svg: await renderSvg(spec) };
}
