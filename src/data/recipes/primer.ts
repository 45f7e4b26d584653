import type { RecipeInput } from "../recipe-schema.ts";
import { codeSources } from "./code-sources.ts";
import { emojiSources } from "./emoji-sources.ts";
import { drawn, generated } from "./generated-sources.ts";
import { englishSources, languageSources } from "./text-sources.ts";

/** Text in 14 languages, code and images that a small model can learn from; less than 100 MB are fetched. */
export const primer: RecipeInput = {
  name: "primer",
  vocabSize: 1024,
  longestImageSide: 96,
  tokenizerSampleBytes: 8_000_000,
  split: { validation: 0.01, heldout: 0.01 },
  testItems: 100,
  sources: [
    generated("arithmetic", 8, 3_000_000),
    generated("sequences", 4, 1_500_000),
    generated("facts", 8, 3_000_000),
    generated("stories", 6, 3_000_000),
    generated("functions", 8, 3_000_000),
    ...englishSources,
    ...codeSources,
    ...languageSources,
    drawn("shapes", 3, 150_000),
    drawn("digits", 1.5, 75_000),
    drawn("charts", 1.5, 75_000),
    drawn("diagrams", 1.5, 75_000),
    drawn("verses", 3, 400_000),
    ...emojiSources.map((source) => ({ ...source, weight: (source.weight ?? 1) / 2 })),
  ],
};
