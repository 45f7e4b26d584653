import type { RecipeInput } from "../recipe-schema.ts";
import { drawn, generated } from "./generated-sources.ts";

/** All of it generated: no network. */
export const primerOffline: RecipeInput = {
  name: "primer-offline",
  vocabSize: 512,
  longestImageSide: 96,
  tokenizerSampleBytes: 500_000,
  split: { validation: 0.02, heldout: 0.03 },
  testItems: 25,
  sources: [
    generated("arithmetic", 2, 500_000),
    generated("sequences", 1, 300_000),
    generated("facts", 2, 600_000),
    generated("stories", 3, 1_000_000),
    generated("functions", 2, 600_000),
    drawn("shapes", 1, 30_000),
    drawn("digits", 0.5, 20_000),
    drawn("charts", 0.5, 20_000),
    drawn("diagrams", 0.5, 20_000),
    drawn("verses", 0.5, 30_000),
  ],
};
