import { forecastLoss } from "../scaling/forecast.ts";
import type { LossForecast } from "../scaling/ledger/ledger.ts";
import { genesisHash } from "../scaling/ledger/ledger-entry.ts";
import { scoreForecast, sealedLoss } from "../scaling/ledger/sealed-forecast.ts";
import type { CaptionedSetData } from "./image-section.ts";
import { bandComputes } from "./loss-law-figure.ts";
import type { QuickstartReportData } from "./quickstart-report.ts";

const rungs = [
  [5.0e10, 4.885],
  [7.1e10, 4.783],
  [2.1e11, 4.414],
  [4.4e11, 4.15],
  [1.5e12, 3.758],
] as const;
const ladder = rungs.flatMap(([flops, loss], rung) =>
  (rung === 0 || rung === 3 ? [-0.012, 0.001, 0.011] : [0]).map((shift, seed) => ({
    id: `ladder-${rung}-seed-${seed}`,
    flops,
    lossNats: loss + shift,
    seed,
  })),
);
const targetFlops = 6.6e13;

function ledgerForecast(seed: number, actual: number | undefined): LossForecast {
  const sealed = sealedLoss({
    target: { id: `target-seed-${seed}`, flops: targetFlops, seed },
    forecast: forecastLoss(ladder, targetFlops, { draws: 200 }).forecast,
    fitRuns: ladder,
    codeVersion: "0.1.0",
    configuration: { depth: 10 },
  });
  const hash = `${seed}`.repeat(64);
  return {
    entry: {
      index: 0,
      previousHash: genesisHash,
      hash,
      kind: "seal",
      time: "2026-01-01T00:00:00.000Z",
      payload: "",
    },
    sealed,
    remarks: [],
    score: actual === undefined ? undefined : scoreForecast(sealed, { seal: hash, actual }),
  };
}

/** A made-up quickstart, with text that tries to be markup. */
export function exampleReport(): QuickstartReportData {
  const { forecast, band } = forecastLoss(ladder, targetFlops, { draws: 200 });
  return {
    title: "Quickstart: laptop profile",
    createdAt: "2026-01-01T12:00:00.000Z",
    command: "npm run quickstart",
    codeVersion: "0.1.0",
    machine: "2 cores, 16 GB, linux x64",
    data: {
      name: "primer",
      hash: "ab12".repeat(16),
      sources: [
        source("prose", "text", 41_200_000, 16_300_000),
        source("definitions", "text", 9_100_000, 3_700_000),
        source("code <small>", "code", 4_700_000, 1_800_000),
      ],
    },
    ladder: ladder.map((run, index) => ({
      ...run,
      depth: 1 + index,
      parameters: Math.round(Math.sqrt(run.flops / 120)),
      tokens: Math.round(20 * Math.sqrt(run.flops / 120)),
      standardError: index === 1 ? undefined : 0.004,
      seconds: run.flops / 3e10,
    })),
    figures: ["total", "image"].map((lossName) => ({
      lossName,
      ladder,
      band: band(bandComputes(5e10, targetFlops)),
      forecast,
      actual: [{ id: "target-seed-0", flops: targetFlops, lossNats: 2.757, seed: 0 }],
    })),
    forecasts: [ledgerForecast(0, 2.757), ledgerForecast(1, 9), ledgerForecast(2, undefined)],
    completions: [
      { prompt: "The sea is ", text: "a body of water that\n  covers the earth." },
      { prompt: "<script>alert(1)</script>", text: ' & "quoted" <img src=x onerror=alert(2)>' },
    ],
    tasks: [
      { name: "arithmetic, 2 digits", correct: 171, total: 200 },
      { name: "functions", correct: 3, total: 150 },
      { name: "facts", correct: 0, total: 60 },
    ],
    captions: [captionedSet("new style: <b>drawings</b>"), captionedSet("never seen in any style")],
    poems: [{ url: pixel, asked: "moon, sea", written: "A <i>red</i> star", fault: "four lines" }],
    places: [
      { what: "Target model", path: ".foretoken/runs/target/checkpoints/last" },
      { what: "Figure", path: ".foretoken/reports/loss-law.svg" },
    ],
  };
}

const pixel =
  "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

/** A made-up set whose captions try to be markup. */
function captionedSet(set: string): CaptionedSetData {
  const mean = (value: number) => ({
    ...{ mean: value, standardError: 0.01, n: 120 },
    interval: { low: value - 0.02, high: value + 0.02, level: 0.95 },
  });
  return {
    ...{ set, concepts: 100, candidates: 100, chance: 0.01 },
    ...{ lossNats: mean(1.2), shuffledLossNats: mean(2.1), lossDifference: mean(0.9) },
    ...{ retrieval: mean(0.2), shuffledRetrieval: mean(0.01), retrievalDifference: mean(0.19) },
    images: [
      {
        url: pixel,
        written: "a <i>lion</i>",
        expected: "This is a tiger.",
        credit: "Example styles, CC-BY-4.0",
      },
    ],
  };
}

function source(name: string, loss: string, bytes: number, trainTokens: number) {
  return {
    name,
    loss,
    licence: "CC0-1.0",
    origin: "npm:example@1.0.0",
    documents: Math.round(bytes / 900),
    bytes,
    trainTokens,
    heldoutTokens: Math.round(trainTokens / 50),
  };
}
