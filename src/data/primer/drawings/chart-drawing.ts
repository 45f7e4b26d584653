import type { Random } from "../../random.ts";
import { between, drawInk, drawSize, hsl, svgDocument, tenths } from "./canvas.ts";
import { drawText } from "./glyphs.ts";

/** A bar or a point of a line, with a letter below it. */
export interface ChartEntry {
  readonly label: string;
  readonly value: number;
}

/** Where the bars lie, in pixels. */
interface Plot {
  readonly left: number;
  readonly right: number;
  readonly bottom: number;
  /** Width of one entry. */
  readonly slot: number;
  /** Middle of an entry. */
  x(entry: number): number;
  y(value: number): number;
}

function plotOf(entries: number, maximum: number, random: Random) {
  const size = drawSize(random);
  const [left, right] = [between(random, 14, 18), size.width - between(random, 4, 8)];
  const [top, bottom] = [between(random, 6, 9), size.height - between(random, 13, 16)];
  const slot = (right - left) / entries;
  const plot: Plot = {
    left,
    right,
    bottom,
    slot,
    x: (entry) => tenths(left + slot * (entry + 0.5)),
    y: (value) => tenths(bottom - ((bottom - top) * value) / maximum),
  };
  return { size, plot };
}

/** Lines across the chart with their values: at every value up to 5, above that at the even ones. */
function drawAxis({ left, right, y }: Plot, maximum: number, random: Random): string[] {
  const ink = drawInk(random);
  const line = hsl(random.integer(0, 359), random.integer(0, 20), random.integer(64, 76));
  const step = maximum > 5 ? 2 : 1;
  return Array.from({ length: maximum / step + 1 }, (_, i) => {
    const value = i * step;
    const lettering = { x: left - 7, y: y(value), height: 6, weight: 1, ink };
    return `<line x1="${left}" x2="${right}" y1="${y(value)}" y2="${y(value)}" stroke="${value === 0 ? ink : line}"/>${drawText(String(value), lettering, random)}`;
  });
}

function drawBars(entries: readonly ChartEntry[], plot: Plot, random: Random): string[] {
  const width = tenths(plot.slot * between(random, 0.5, 0.8));
  const hue = random.integer(0, 359);
  const spread = random.pick([0, 40, 72]);
  return entries.map(({ value }, i) => {
    const fill = hsl(hue + i * spread, random.integer(50, 80), random.integer(38, 55));
    const [x, y] = [tenths(plot.x(i) - width / 2), plot.y(value)];
    const height = tenths(plot.bottom - y);
    return `<rect x="${x}" y="${y}" width="${width}" height="${height}" fill="${fill}"/>`;
  });
}

function drawLine(entries: readonly ChartEntry[], plot: Plot, random: Random): string[] {
  const ink = hsl(random.integer(0, 359), random.integer(55, 90), random.integer(32, 45));
  const points = entries.map(({ value }, i) => ({ x: plot.x(i), y: plot.y(value) }));
  const radius = between(random, 2.4, 3.6);
  const width = between(random, 1.2, 2.2);
  const corners = points.map(({ x, y }) => `${x},${y}`).join(" ");
  return [
    `<polyline points="${corners}" fill="none" stroke="${ink}" stroke-width="${width}"/>`,
    ...points.map(({ x, y }) => `<circle cx="${x}" cy="${y}" r="${radius}" fill="${ink}"/>`),
  ];
}

/** A chart with bars, or a line with points, whose axis reaches to `maximum`. */
export function drawChart(
  entries: readonly ChartEntry[],
  { kind, maximum }: { readonly kind: "bar" | "line"; readonly maximum: number },
  random: Random,
): string {
  const { size, plot } = plotOf(entries.length, maximum, random);
  const ink = drawInk(random);
  const labels = entries.map(({ label }, i) =>
    drawText(label, { x: plot.x(i), y: plot.bottom + 7, height: 8, weight: 1.3, ink }, random),
  );
  const drawEntries = kind === "bar" ? drawBars : drawLine;
  const elements = [
    ...drawAxis(plot, maximum, random),
    ...drawEntries(entries, plot, random),
    ...labels,
  ];
  return svgDocument(size, elements, { random, turn: 1 });
}
