import type { RecipeInput } from "../recipe-schema.ts";
import { emojiSources, openMojiSource } from "./emoji-sources.ts";
import { drawn, generated } from "./generated-sources.ts";

/** Mostly images: what image understanding is measured with. */
export const sight: RecipeInput = {
  name: "sight",
  vocabSize: 1024,
  longestImageSide: 96,
  split: { validation: 0.02, heldout: 0.03 },
  testItems: 600,
  sources: [
    ...emojiSources,
    openMojiSource,
    drawn("shapes", 18, 800_000),
    drawn("digits", 2, 150_000),
    drawn("charts", 10, 500_000),
    drawn("diagrams", 10, 500_000),
    drawn("verses", 4, 400_000),
    generated("stories", 2, 1_000_000),
  ],
};
