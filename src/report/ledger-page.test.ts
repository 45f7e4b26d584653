import { expect, test } from "vitest";
import type { LossForecast } from "../scaling/ledger/ledger.ts";
import { ledgerCalibration } from "../scaling/ledger/ledger-calibration.ts";
import { ledgerPage } from "./ledger-page.ts";
import { exampleReport } from "./report-example.fixture.ts";

const [example] = exampleReport().forecasts as readonly [LossForecast, ...LossForecast[]];

/** Forecasts with these errors, and whether their 80 and 95 % intervals held. */
function forecastsOf(errors: readonly (readonly [number, boolean, boolean])[]): LossForecast[] {
  return errors.map(([relativeError, isInside80, isInside95], index) => ({
    ...example,
    entry: { ...example.entry, index },
    score: { ...example.score!, relativeError, isInside80, isInside95, crps: 0.02, actual: 2 },
  }));
}

test("all forecasts together: errors, scores and how often intervals held", () => {
  const forecasts = forecastsOf([
    [0.02, true, true],
    [-0.04, false, true],
    [0.09, false, false],
  ]);
  const waiting = { ...example, score: undefined };
  const found = ledgerCalibration([...forecasts, waiting])!;
  expect(found).toMatchObject({ scored: 3, waiting: 1 });
  expect(found.meanAbsoluteError).toBeCloseTo(0.05, 12);
  expect(found.meanError).toBeCloseTo(0.07 / 3, 12);
  expect(found.meanCrps).toBeCloseTo(0.01, 12);
  expect(found.coverage.map(({ inside }) => inside)).toEqual([1, 2]);
  expect(ledgerCalibration([waiting])).toBeUndefined();
});

test("the page has every forecast, misses too, and the last hash", async () => {
  const forecasts = forecastsOf([
    [0.02, true, true],
    [0.09, false, false],
  ]);
  const page = await ledgerPage({
    ...{ forecasts: [...forecasts, { ...example, score: undefined }], summary: "2 scored" },
    ...{ headHash: "abc", codeVersion: "1", createdAt: "2026-11-29T00:00:00Z" },
  });
  expect(page.match(/<tr>/g)).toHaveLength(4);
  for (const text of ["miss", "+9.00\u00a0%", "not yet", "--hash abc", "less 1"]) {
    expect(page).toContain(text);
  }
  const none = await ledgerPage({
    ...{ forecasts: [], summary: "", headHash: "abc", codeVersion: "1" },
    createdAt: "2026-11-29T00:00:00Z",
  });
  expect(none).not.toContain("<svg");
});
