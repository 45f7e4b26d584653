import { z } from "zod";
import { defaultSettings, type GenerateSettings } from "../language-model/local-model.ts";

/** Flags of every command that generates text. */
export const samplingFlags = {
  maxTokens: z.int().min(1).optional().describe("most new tokens; all that the context holds"),
  temperature: z.number().min(0).default(0.8).describe("0 always takes the most likely token"),
  topK: z.int().min(0).default(0).describe("only the K most likely tokens; 0: all"),
  topP: z
    .number()
    .positive()
    .max(1)
    .default(1)
    .describe("only the most likely tokens that together reach this probability"),
  seed: z.int().default(0).describe("equal seeds give equal tokens"),
  contextTokens: z
    .int()
    .min(2)
    .optional()
    .describe("room for prompt and new tokens; what the model was trained for, at most 4096"),
  stop: z.array(z.string().min(1)).default([]).describe("end before this text; may be repeated"),
} as const;

type SamplingFlags = z.output<z.ZodObject<typeof samplingFlags>>;

/** The settings that the flags say. */
export function samplingSettings(flags: Readonly<SamplingFlags>): GenerateSettings {
  const { maxTokens, temperature, topK, topP, seed, stop } = flags;
  return { ...defaultSettings, maxTokens, temperature, topK, topP, seed, stop };
}
