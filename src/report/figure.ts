import { Error as ErrorLevel, parse, View } from "vega";
import { type Config, compile, type TopLevelSpec } from "vega-lite";

/** A figure: its Vega-Lite specification, which people can edit, and the SVG made from it. */
export interface Figure {
  readonly spec: TopLevelSpec;
  readonly svg: string;
}

/** Colours that stay apart for the colour-blind and in grey (Okabe, Ito 2008). */
export const palette = {
  ink: "#222222",
  blue: "#0072b2",
  vermillion: "#d55e00",
  /** Bands behind lines. */
  paleBlue: "#56b4e9",
  /** Marks that others stand before. */
  grey: "#888888",
  grid: "#dddddd",
} as const;

const fontFamily = "Helvetica, Arial, 'DejaVu Sans', sans-serif";

/** The house style: dark text of at least 12 px, thin grid, no frame. */
export const figureConfig: Config = {
  background: "white",
  font: fontFamily,
  padding: 8,
  view: { stroke: null },
  axis: {
    labelColor: palette.ink,
    titleColor: palette.ink,
    domainColor: palette.ink,
    tickColor: palette.ink,
    gridColor: palette.grid,
    labelFontSize: 12,
    titleFontSize: 13,
    titleFontWeight: "normal",
    titlePadding: 10,
  },
  legend: {
    labelColor: palette.ink,
    titleColor: palette.ink,
    labelFontSize: 12,
    symbolSize: 90,
    symbolStrokeWidth: 2,
  },
};

/** Renders a specification to SVG, without a browser. */
export async function renderSvg(spec: TopLevelSpec): Promise<string> {
  const view = new View(parse(compile(spec).spec), { renderer: "none", logLevel: ErrorLevel });
  try {
    return await view.toSVG();
  } finally {
    view.finalize();
  }
}

/** The SVG for use inside a page: with a role and a name that is read aloud. */
export function labelledSvg(svg: string, label: string): string {
  const name = label.replace(/&/g, "&amp;").replace(/"/g, "&quot;").replace(/</g, "&lt;");
  return svg.replace(/^<svg /, `<svg role="img" aria-label="${name}" `);
}
