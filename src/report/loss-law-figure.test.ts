import { expect, test } from "vitest";
import { labelledSvg } from "./figure.ts";
import { decades } from "./log-axis.ts";
import { bandComputes, lossLawFigure } from "./loss-law-figure.ts";
import { exampleReport } from "./report-example.fixture.ts";

test("decades lie inside the range, bands include both ends", () => {
  expect(decades(5e10, 6.6e13)).toEqual([1e11, 1e12, 1e13]);
  expect(decades(2, 5)).toEqual([]);
  const computes = bandComputes(1e10, 1e12, 3);
  expect(computes.map((flops) => Math.log10(flops))).toEqual([10, 11, 12]);
});

test("the figure shows every run, the bands, the law and its legend, and is the same each time", async () => {
  const data = exampleReport().figures[0]!;
  const { svg } = await lossLawFigure(data);
  const marks = svg.match(/aria-roledescription="point"/g) ?? [];
  expect(marks).toHaveLength(data.ladder.length + 2);
  expect(svg).toContain("Training compute (FLOP)");
  expect(svg).toContain("Loss (nats per token)");
  expect(svg).toContain(">10¹³<");
  for (const kind of ["ladder run", "sealed forecast", "actual"])
    expect(svg).toContain(`>${kind}<`);
  expect((await lossLawFigure(data)).svg).toBe(svg);
});

test("without an actual the figure still stands", async () => {
  const { svg } = await lossLawFigure({ ...exampleReport().figures[0]!, actual: [] });
  expect(svg).toContain(">sealed forecast<");
});

test("a band that is wide below the smallest rung does not squeeze the runs together", async () => {
  const data = exampleReport().figures[0]!;
  const axisOf = async (figure: typeof data) =>
    /values from ([\d.]+) to ([\d.]+)"/.exec((await lossLawFigure(figure)).svg.split("Y-axis")[1]!);
  const [first, ...rest] = data.band;
  const wide = { ...first!, interval95: { low: 0.1, high: 90, level: 0.95 } };
  const [, low, high] = (await axisOf({ ...data, band: [wide, ...rest] }))!;
  const losses = [...data.ladder, ...data.actual].map(({ lossNats }) => lossNats);
  expect(Number(low)).toBeLessThanOrEqual(Math.min(...losses));
  expect(Number(low)).toBeGreaterThan(Math.min(...losses) - 1);
  expect(Number(high)).toBeGreaterThanOrEqual(Math.max(...losses));
  expect(Number(high)).toBeLessThan(Math.max(...losses) + 1);
});

test("a label is escaped", () => {
  expect(labelledSvg("<svg a>", 'x"<&')).toBe('<svg role="img" aria-label="x&quot;&lt;&amp;" a>');
});
