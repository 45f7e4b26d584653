import type { RecipeInput } from "../recipe-schema.ts";
import { codeSources } from "./code-sources.ts";
import { generated } from "./generated-sources.ts";
import { englishSources } from "./text-sources.ts";

/** Text and code alone, many small functions and programs among it: what forecasts at range are measured on. */
export const language: RecipeInput = {
  name: "language",
  vocabSize: 768,
  tokenizerSampleBytes: 8_000_000,
  split: { validation: 0.01, heldout: 0.01 },
  testItems: 100,
  sources: [
    generated("arithmetic", 4, 3_000_000),
    generated("sequences", 2, 1_500_000),
    generated("facts", 4, 3_000_000),
    generated("stories", 10, 6_000_000),
    generated("functions", 10, 6_000_000),
    generated("programs", 24, 14_000_000),
    ...englishSources,
    ...codeSources,
  ],
};
