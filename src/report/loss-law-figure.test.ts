import { expect, test } from "vitest";
import { labelledSvg } from "./figure.ts";
import { bandComputes, decades, lossLawFigure } from "./loss-law-figure.ts";
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

test("a label is escaped", () => {
  expect(labelledSvg("<svg a>", 'x"<&')).toBe('<svg role="img" aria-label="x&quot;&lt;&amp;" a>');
});
