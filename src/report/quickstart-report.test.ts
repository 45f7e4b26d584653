import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { writeQuickstartReport } from "./quickstart-report.ts";
import { exampleReport } from "./report-example.fixture.ts";

// FORETOKEN_KEEP_REPORT=folder keeps the page of the made-up data, to look at.
const kept = process.env["FORETOKEN_KEEP_REPORT"];
const folder = kept ?? mkdtempSync(join(tmpdir(), "report-"));
let page: string;

beforeAll(async () => {
  const report = await writeQuickstartReport(folder, exampleReport());
  page = readFileSync(report, "utf8");
});

afterAll(() => {
  if (kept === undefined) rmSync(folder, { recursive: true });
});

describe("report.html", () => {
  test("text of models and data cannot become markup", () => {
    expect(page).not.toContain("<script");
    expect(page).not.toContain("<img src=x");
    expect(page).toContain("&lt;script&gt;alert(1)&lt;/script&gt;");
    expect(page).toContain("code &lt;small&gt;");
  });

  test("nothing is loaded from elsewhere", () => {
    const references = page.match(/(?:src|href)=|url\(|@import|<link/g) ?? [];
    // The SVG's own clip paths point inside the page.
    const external = references.filter((one) => one !== "url(");
    // What a model wrote is escaped, images are in the page.
    expect(external).toEqual(Array(4).fill("src="));
    expect(page.match(/src="data:image\/png;base64,/g)).toHaveLength(3);
    expect(page).toContain("&lt;img src=x");
    for (const [, target] of page.matchAll(/url\(([^)]*)\)/g)) expect(target).toMatch(/^"?#/);
  });

  test("hits, misses and open forecasts are told apart", () => {
    expect(page).toContain("the actual is inside.");
    expect(page).toContain("the actual is outside: a miss.");
    expect(page).toContain("The run is not scored yet.");
    expect(page).toContain("neither (miss)");
    expect(page).toMatch(/Actual <strong>2\.757<\/strong>: the forecast was off by <strong>\+1\./);
  });

  test("every section has its heading, every table its caption", () => {
    const ids = [...page.matchAll(/<section aria-labelledby="(\w+)">/g)].map(([, id]) => id);
    expect(ids).toEqual([
      ...["forecast", "ladder", "data", "tasks", "completions", "captions", "poems", "reproduce"],
    ]);
    const tables = page.match(/<table>/g)?.length;
    expect(tables).toBe(10);
    expect(page.match(/<caption>/g)).toHaveLength(10);
    for (const loss of ["total", "image"]) {
      expect(page).toContain(`<svg role="img" aria-label="${loss} loss against training compute`);
    }
  });

  test("numbers carry their intervals", () => {
    // Wilson of 171 in 200.
    expect(page).toContain("85.5\u00a0%");
    expect(page).toContain("80.0\u00a0% to 89.7\u00a0%");
    expect(page).toContain("c = 0, without the smallest rung (chosen)");
  });

  test("captions stand under their images, with what these are called and whom to credit", () => {
    expect(page).toContain("<b>a &lt;i&gt;lion&lt;/i&gt;</b><br>This is a tiger.");
    expect(page).toContain("<small>Example styles, CC-BY-4.0</small>");
    expect(page).toContain('<img src="data:image/png;base64,');
    expect(page).toContain("20.0\u00a0% (18.0\u00a0% to 22.0\u00a0%)");
    expect(page).not.toMatch(/(src|href)="http/);
  });

  test("a poem stands beside its picture, with what was asked and what it misses", () => {
    expect(page).toContain(
      'moon, sea<br><b class="verses">A &lt;i&gt;red&lt;/i&gt; star</b><br><small>four lines</small>',
    );
  });

  test("the figure of each loss and its specification lie beside it", () => {
    for (const loss of ["total", "image"]) {
      const svg = readFileSync(join(folder, `loss-law-${loss}.svg`), "utf8");
      expect(svg).toMatch(/^<svg /);
      const spec = JSON.parse(readFileSync(join(folder, `loss-law-${loss}.vl.json`), "utf8"));
      expect(spec.$schema).toContain("vega-lite");
      expect(spec.layer).toHaveLength(7);
    }
  });
});
