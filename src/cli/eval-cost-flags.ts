import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { ConfigError } from "../errors.ts";
import { free, type PriceList, type TokenPrices } from "../evaluate/cost/prices.ts";
import { findModelFolder } from "../language-model/resolve.ts";
import type { Context } from "./context.ts";
import { modelRoles } from "./eval-models.ts";
import { modelPlaces } from "./with-model.ts";

const price = z.number().min(0).optional().meta({ placeholder: "USD" });

/** Flags that say what answers cost, and what may be spent. */
export const evalCostFlags = {
  inputPrice: price.describe("of a million tokens of prompts, of the evaluated models"),
  outputPrice: price.describe("of a million tokens of answers, of the evaluated models"),
  graderInputPrice: price.describe("of a million tokens of prompts, of the grader"),
  graderOutputPrice: price.describe("of a million tokens of answers, of the grader"),
  prices: z
    .string()
    .min(1)
    .optional()
    .meta({ placeholder: "FILE" })
    .describe(
      "YAML or JSON, each model's name with {input, output, cachedInput}; none are built in",
    ),
  maxCost: z
    .number()
    .positive()
    .optional()
    .meta({ placeholder: "USD" })
    .describe("refuse or stop before more is spent, earlier runs of the log included"),
  forecast: z.boolean().default(false).describe("say what it would cost, and ask nothing"),
} as const;

type Flags = Readonly<z.output<z.ZodObject<typeof evalCostFlags>>> & {
  readonly model: readonly string[];
  readonly grader?: string | undefined;
};

const amount = z.number().min(0);
const priceFile = z.record(
  z.string(),
  z.strictObject({ input: amount, output: amount, cachedInput: amount.optional() }),
);

/**
 * The prices of the models that are asked: those of the flags, of the file by a model's whole name
 * or the one behind its provider, and none of models that run here or are replayed.
 *
 * @throws {ConfigError} when a price lacks its other half, the file is none, or `--max-cost` has no
 *   prices to go by
 */
export async function priceList(
  flags: Flags,
  context: Context,
): Promise<Record<string, TokenPrices>> {
  const { policies, grader } = modelRoles({ model: [...flags.model], grader: flags.grader });
  const file = flags.prices === undefined ? {} : await readPrices(flags.prices, context);
  const own = pair("", flags.inputPrice, flags.outputPrice);
  const ofGrader = pair("grader-", flags.graderInputPrice, flags.graderOutputPrice);
  if (ofGrader !== undefined && policies.includes(grader)) {
    throw new ConfigError(
      `--grader-input-price: the grader is the evaluated model ${grader}; leave its prices out, or name another --grader`,
    );
  }
  const prices: Record<string, TokenPrices> = {};
  for (const name of new Set([...policies, grader])) {
    const given = policies.includes(name) ? own : ofGrader;
    const known = given ?? file[name] ?? file[name.slice(name.indexOf(":") + 1)];
    const found = known ?? ((await costsNothing(name, context)) ? free : undefined);
    if (found !== undefined) prices[name] = found;
  }
  const unknown = [...policies, grader].find((name) => !(name in prices));
  if (flags.maxCost === undefined || unknown === undefined) return prices;
  throw new ConfigError(
    `--max-cost: no price of ${unknown} is known; give --input-price and --output-price, those of the grader, or --prices FILE`,
  );
}

async function costsNothing(name: string, context: Context): Promise<boolean> {
  if (name.startsWith("replay:")) return true;
  return (await findModelFolder(name, modelPlaces(context))) !== undefined;
}

function pair(
  word: "" | "grader-",
  input: number | undefined,
  output: number | undefined,
): TokenPrices | undefined {
  if (input !== undefined && output !== undefined) return { input, output };
  if (input === undefined && output === undefined) return undefined;
  const [has, lacks] = input === undefined ? ["output", "input"] : ["input", "output"];
  throw new ConfigError(`--${word}${has}-price: expected --${word}${lacks}-price with it`);
}

async function readPrices(name: string, { directory }: Context): Promise<PriceList> {
  let value: unknown;
  try {
    value = parse(await readFile(resolve(directory, name), "utf8"));
  } catch (cause) {
    throw new ConfigError(`--prices ${name}: cannot be read (${(cause as Error).message})`, {
      cause,
    });
  }
  const read = priceFile.safeParse(value);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new ConfigError(
    `--prices ${name}: ${issue?.path.join(": ")}: ${issue?.message}; expected each model's name with {input: USD, output: USD} for a million tokens`,
  );
}
