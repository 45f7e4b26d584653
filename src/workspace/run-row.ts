import { z } from "zod";

const lossSchema = z.strictObject({
  /** Mean negative log-likelihood per token, in nats. */
  nats: z.number(),
  standardError: z.number().nullable(),
  bitsPerByte: z.number().nullable(),
  tokens: z.number(),
  bytes: z.number(),
});

/**
 * One row of the run table, which the scaling laws read: what was trained, on what, at which cost
 * in compute, and what came out. Losses are null until the run is evaluated; times are ISO 8601.
 */
export const runRowSchema = z.strictObject({
  id: z.string(),
  name: z.string(),
  kind: z.enum(["train", "ladder", "target"]),
  recipeHash: z.string(),
  dataHash: z.string(),
  /** Hash of the held-out sets that the losses were measured on: losses compare only within one. */
  evalHash: z.string(),
  codeVersion: z.string(),
  depth: z.number().nullable(),
  parametersTotal: z.number(),
  parametersEmbedding: z.number(),
  parametersHead: z.number(),
  parametersNonEmbedding: z.number(),
  tokensUnique: z.number(),
  tokensSeen: z.number(),
  /** Exact floating-point operations, forward and backward. */
  flops: z.number(),
  /** The usual estimate 6ND. */
  flops6nd: z.number(),
  seqLen: z.number(),
  vocabSize: z.number(),
  /** Sequences per optimizer step. */
  batchSize: z.number(),
  /** Optimizer steps. */
  steps: z.number(),
  learningRate: z.number(),
  schedule: z.string(),
  finalLearningRateFraction: z.number(),
  seed: z.number(),
  optimizer: z.string(),
  lossNats: z.number().nullable(),
  lossStandardError: z.number().nullable(),
  bitsPerByte: z.number().nullable(),
  losses: z.record(z.string(), lossSchema),
  status: z.enum(["running", "done", "diverged", "failed", "interrupted"]),
  device: z.string(),
  startedAt: z.string(),
  endedAt: z.string().nullable(),
  /** Wall-clock seconds spent training, over all attempts. */
  seconds: z.number(),
});

/** One row of the run table; see {@link runRowSchema}. */
export type RunRow = Readonly<z.output<typeof runRowSchema>>;
/** The loss on one held-out set: nats per token, bits per byte, and what they were measured on. */
export type RunLoss = Readonly<z.output<typeof lossSchema>>;
export type RunStatus = RunRow["status"];
export type RunKind = RunRow["kind"];
/** What may change after a run has started. */
export type RunChanges = Partial<Omit<RunRow, "id" | "kind" | "startedAt">>;
