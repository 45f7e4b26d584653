import { primerDocuments, primerVersion } from "../primer/documents.ts";
import type { Origin } from "../source-origin.ts";
import type { Source, SourceContext } from "./source.ts";

/** Generated text without an end: give the source `maxBytes`. */
export function openPrimer(
  { task }: Extract<Origin, { kind: "primer" }>,
  { name, seed }: SourceContext,
): Source {
  return {
    fingerprint: async () => `${task} ${primerVersion}`,
    async *documents() {
      let number = 0;
      for (const text of primerDocuments(task, seed)) {
        yield { id: `${task} ${number++}`, source: name, text, hasSpecialTokens: false };
      }
    },
  };
}
