import { createHash } from "node:crypto";
import type { Dataset } from "../data/dataset.ts";
import { flops6nd, parameterCounts } from "../model/counts.ts";
import { codeVersion, formatCodeVersion } from "../workspace/code-version.ts";
import type { RunKind, RunRow } from "../workspace/run-row.ts";
import type { RunSettings } from "./run-settings.ts";
import { scheduleName } from "./schedule.ts";
import { meanSequenceFlops } from "./sequence-flops.ts";

/** The row of a run that begins: everything but its results. */
export function startingRow(run: {
  readonly id: string;
  readonly name: string;
  readonly kind: RunKind;
  readonly settings: RunSettings;
  readonly dataset: Dataset;
}): RunRow {
  const { id, name, kind, settings, dataset } = run;
  const { manifest } = dataset;
  const { total, embedding, head, nonEmbedding } = parameterCounts(settings.model);
  const sequences = settings.steps * settings.batchSize;
  const tokensSeen = sequences * settings.seqLen;
  return {
    id,
    name,
    kind,
    recipeHash: manifest.recipeHash,
    dataHash: manifest.hash,
    evalHash: heldoutHash(dataset, settings.seqLen),
    codeVersion: formatCodeVersion(codeVersion()),
    depth: settings.depth,
    parametersTotal: total,
    parametersEmbedding: embedding,
    parametersHead: head,
    parametersNonEmbedding: nonEmbedding,
    tokensUnique: Math.min(tokensSeen, dataset.trainingTokens),
    tokensSeen,
    flops: sequences * meanSequenceFlops(settings, dataset),
    flops6nd: flops6nd(settings.model, tokensSeen),
    seqLen: settings.seqLen,
    vocabSize: settings.model.vocabSize,
    batchSize: settings.batchSize,
    steps: settings.steps,
    learningRate: settings.learningRate,
    schedule: scheduleName,
    finalLearningRateFraction: 1 / (settings.decaySteps + 1),
    seed: settings.seed,
    optimizer: settings.optimizer,
    lossNats: null,
    lossStandardError: null,
    bitsPerByte: null,
    losses: {},
    status: "running",
    device: settings.device,
    startedAt: new Date().toISOString(),
    endedAt: null,
    seconds: 0,
  };
}

/** Hash of what held-out losses are measured on: files, windows, tokenizer and weighting. */
function heldoutHash({ manifest }: Dataset, seqLen: number): string {
  const files = Object.entries(manifest.files).filter(([path]) =>
    /^(heldout\/|images\.|tokenizer\.json$)/.test(path),
  );
  const text = JSON.stringify({ files: files.sort(), losses: manifest.losses, seqLen });
  return createHash("sha256").update(text).digest("hex");
}
