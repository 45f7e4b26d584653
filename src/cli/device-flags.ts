import { z } from "zod";

/** Flags of every command that computes. */
export const deviceFlags = {
  device: z
    .enum(["cpu", "cuda", "webgpu", "coreml", "dml"])
    .default("cpu")
    .describe("where to compute"),
  threads: z.int().min(1).optional().describe("threads of the runtime; all cores by default"),
} as const;
