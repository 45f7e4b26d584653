import { quantile } from "./quantile.ts";

/**
 * How forecasts are put into B bins.
 * - `right-closed`: equal widths (b / B, (b + 1) / B], the first one with 0; Guo et al. 2017.
 * - `right-closed-steps`: the same with the edges b * (1 / B), which differ in the last bit; as
 *   scikit-learn draws reliability diagrams.
 * - `left-closed`: equal widths [b * (1 / B), …), the last one with 1; as netcal.
 * - `left-closed-one-apart`: the same, but a confidence of exactly 1 is in a bin of its own; as
 *   torchmetrics, whose edges count down from 1 in the upper half.
 * - `equal-mass`: edges halfway between neighbours of B equal parts of the sorted confidences,
 *   right-closed, so that equal confidences share a bin; Kumar et al. 2019.
 * - `quantiles-left-closed`: edges at quantiles, the outer ones 0 and 1; as netcal.
 * - `quantiles-right-closed`: edges at quantiles; as scikit-learn.
 * - `equal-groups`: B parts of the sorted confidences whose sizes differ by 1 at most, equal
 *   confidences in the order that they came in; Nixon et al. 2019.
 */
export type BinRule =
  | "right-closed"
  | "right-closed-steps"
  | "left-closed"
  | "left-closed-one-apart"
  | "equal-mass"
  | "quantiles-left-closed"
  | "quantiles-right-closed"
  | "equal-groups";

interface Binning {
  readonly edges: readonly number[];
  /** The bin of each confidence. */
  readonly places: readonly number[];
}

/** What each rule makes of confidences. */
export const binRules: {
  readonly [rule in BinRule]: (confidences: readonly number[], bins: number) => Binning;
} = {
  "right-closed": (confidences, bins) =>
    rightClosed(
      confidences,
      Array.from({ length: bins + 1 }, (_, index) => index / bins),
    ),
  "right-closed-steps": (confidences, bins) => rightClosed(confidences, steps(bins)),
  "left-closed": (confidences, bins) => leftClosed(confidences, steps(bins)),
  "left-closed-one-apart": (confidences, bins) => {
    const edges = mirroredSteps(bins);
    return { edges, places: leftClosed(confidences, [...edges, Infinity]).places };
  },
  "equal-mass": (confidences, bins) => rightClosed(confidences, massEdges(confidences, bins)),
  "quantiles-left-closed": (confidences, bins) => {
    const inner = quantileEdges(confidences, bins).slice(1, -1);
    return leftClosed(confidences, [0, ...inner, 1]);
  },
  "quantiles-right-closed": (confidences, bins) =>
    rightClosed(confidences, quantileEdges(confidences, bins)),
  "equal-groups": (confidences, bins) => {
    const order = confidences.map((_, item) => item);
    order.sort((left, right) => confidences[left]! - confidences[right]!);
    const places = new Array<number>(order.length).fill(0);
    const groups = split(order, Math.min(bins, order.length));
    groups.forEach((group, place) => {
      for (const item of group) places[item] = place;
    });
    const ends = groups.map((group) => confidences[group.at(-1)!]!);
    return { edges: [confidences[order[0]!]!, ...ends], places };
  },
};

function rightClosed(confidences: readonly number[], edges: readonly number[]): Binning {
  return placed(confidences, edges, (edge, confidence) => edge < confidence);
}

function leftClosed(confidences: readonly number[], edges: readonly number[]): Binning {
  return placed(confidences, edges, (edge, confidence) => edge <= confidence);
}

/** The place of a confidence is the number of inner edges that it has passed. */
function placed(
  confidences: readonly number[],
  edges: readonly number[],
  isPassed: (edge: number, confidence: number) => boolean,
): Binning {
  const inner = edges.slice(1, -1);
  const places = confidences.map((confidence) => {
    const place = inner.findIndex((edge) => !isPassed(edge, confidence));
    return place < 0 ? inner.length : place;
  });
  return { edges, places };
}

function steps(bins: number): number[] {
  return Array.from({ length: bins + 1 }, (_, index) => (index === bins ? 1 : index * (1 / bins)));
}

/** Multiples of a step from 0 up in the lower half, from 1 down in the upper half. */
function mirroredSteps(bins: number): number[] {
  const step = 1 / bins;
  const half = Math.floor((bins + 1) / 2);
  return Array.from({ length: bins + 1 }, (_, index) =>
    index < half ? index * step : oneLess(step, bins - index),
  );
}

/** 1 - step * times, rounded once as a fused multiply-add does. */
function oneLess(step: number, times: number): number {
  // Dekker's product: the two halves of the step times a small whole number are exact.
  const spread = step * (2 ** 27 + 1);
  const high = spread - (spread - step);
  const product = step * times;
  const productError = high * times - product + (step - high) * times;
  const rest = 1 - product;
  return rest + (1 - rest - product - productError);
}

function massEdges(confidences: readonly number[], bins: number): number[] {
  const sorted = [...confidences].sort((left, right) => left - right);
  const parts = split(sorted, Math.min(bins, sorted.length));
  const middles = parts.slice(1).map((part, index) => (parts[index]!.at(-1)! + part[0]!) / 2);
  return [0, ...new Set([...middles, 1])];
}

function quantileEdges(confidences: readonly number[], bins: number): number[] {
  const sorted = Float64Array.from(confidences).sort();
  return steps(bins).map((share) => quantile(sorted, share));
}

/** Consecutive parts whose sizes differ by 1 at most, the larger ones first. */
function split<T>(items: readonly T[], parts: number): T[][] {
  const [size, larger] = [Math.floor(items.length / parts), items.length % parts];
  return Array.from({ length: parts }, (_, part) => {
    const start = part * size + Math.min(part, larger);
    return items.slice(start, start + size + (part < larger ? 1 : 0));
  });
}
