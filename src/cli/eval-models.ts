import { createHash } from "node:crypto";
import { join } from "node:path";
import { z } from "zod";
import { budgeted, type CostBudget } from "../evaluate/cost/cost-budget.ts";
import type { TokenPrices } from "../evaluate/cost/prices.ts";
import type { PacedModel, ProviderWait } from "../evaluate/pacing/pacer.ts";
import { AnswerCache } from "../evaluate/run/answer-cache.ts";
import { defaultRetries, retrying } from "../evaluate/run/retrying.ts";
import type { LanguageModel, ModelAnswer, ModelRequest } from "../language-model/language-model.ts";
import { openLanguageModel } from "../language-model/open-language-model.ts";
import { plainModel } from "../language-model/plain-model.ts";
import { findModelFolder } from "../language-model/resolve.ts";
import type { Context } from "./context.ts";
import { deviceFlags } from "./device-flags.ts";
import { ProviderPacing, pacingFlags } from "./provider-pacing.ts";
import { registryModels } from "./registry-models.ts";
import { weightsFlag } from "./weights-flag.ts";
import { modelPlaces } from "./with-model.ts";

/** Flags that say which models are asked, and how. */
export const evalModelFlags = {
  model: z
    .array(z.string().min(1))
    .min(1)
    .describe(
      "a folder, a run, openai:NAME, anthropic:NAME, google:NAME, replay:LOG, or an entry of the registry's completion_fns or solvers",
    ),
  modelParam: z
    .array(z.string().regex(/^[^=]+=/, "expected NAME=VALUE"))
    .default([])
    .meta({ placeholder: "NAME=VALUE" })
    .describe("of a registry's model: another value of an argument; may be repeated"),
  grader: z.string().min(1).optional().describe("model that grades; the last --model by default"),
  baseUrl: z.url().optional().meta({ placeholder: "URL" }).describe("of the models' server"),
  concurrency: z.int().min(1).optional().describe("samples under way at the same time"),
  ...pacingFlags,
  timeout: z.number().positive().default(300).describe("of a call, in seconds"),
  retries: z.int().min(0).default(defaultRetries.retries).describe("of a call that may work later"),
  cache: z.boolean().default(true).describe("ask a provider again what it answered before"),
  answerTokens: z
    .int()
    .min(1)
    .default(512)
    .describe("of models in this process: of an answer to which the evaluation sets no limit"),
  ...deviceFlags,
  ...weightsFlag,
} as const;

type Flags = Readonly<z.output<z.ZodObject<typeof evalModelFlags>>> & {
  /** Folders of registries. */
  readonly registry: readonly string[];
};

/** Models that are ready to be asked. */
export interface EvalModels {
  readonly policies: readonly LanguageModel[];
  readonly grader: LanguageModel;
  readonly concurrency: number;
  /** Whether the answer to a request came from the cache. */
  isCached(request: ModelRequest): boolean;
  /** As `AnswerCache.lookAhead`, for all models. */
  lookAhead(): (model: string, request: ModelRequest) => ModelAnswer | undefined;
  /** Has a function told whenever a provider is waited for. */
  onWait(listener: (wait: ProviderWait) => void): void;
  close(): Promise<void>;
}

/** Which of the models are evaluated, and which one grades. */
export function modelRoles({ model, grader }: Pick<Flags, "model" | "grader">): {
  readonly policies: readonly string[];
  readonly grader: string;
} {
  if (grader !== undefined) return { policies: model, grader };
  const last = model.at(-1)!;
  return { policies: model.length === 1 ? model : model.slice(0, -1), grader: last };
}

/** What calls cost, and from what they are paid. */
export interface EvalPayment {
  /** Models that are opened by others are added. */
  readonly prices: Record<string, TokenPrices>;
  /** Undefined: nothing limits them. */
  readonly budget: CostBudget | undefined;
}

/**
 * Opens the models, each with its retries, the budget and its cache before it; the calls of a provider
 * take turns as its `Pacer` says.
 *
 * @throws {ConfigError} as `openLanguageModel`
 */
export async function openEvalModels(
  flags: Flags,
  context: Context,
  { prices, budget }: EvalPayment = { prices: {}, budget: undefined },
): Promise<EvalModels> {
  const { policies, grader } = modelRoles(flags);
  const opened = new Map<string, LanguageModel>();
  const caches = new Map<string, AnswerCache>();
  const closing: (() => Promise<void>)[] = [];
  const hits = new WeakSet<ModelRequest>();
  const pacing = new ProviderPacing(flags);
  const open = async (name: string): Promise<LanguageModel> => {
    const known = opened.get(name);
    if (known !== undefined) return known;
    const isLocal = await isLocalModel(name, context);
    const isRemote = !isLocal && !name.startsWith("replay:");
    const place = isRemote ? pacing.pacerOf(name).forModel(name) : undefined;
    const onWait = (wait: ProviderWait) => pacing.onWait(wait);
    const asked = await openOne(name, { flags, place, onWait }, context);
    closing.push(() => asked.close());
    const paid = prices[name];
    const model =
      paid === undefined || budget === undefined ? asked : budgeted(asked, paid, budget);
    const ready = isRemote && flags.cache ? await cached(model) : model;
    opened.set(name, ready);
    return ready;
  };
  const cached = async (model: LanguageModel): Promise<LanguageModel> => {
    const cache = await openCache(model.name, flags, context);
    closing.push(() => cache.close());
    caches.set(model.name, cache);
    return { ...plainModel(model), chat: cache.before(model, (request) => hits.add(request)) };
  };
  const close = async () => {
    const ends = await Promise.allSettled(closing.toReversed().map((one) => one()));
    const failed = ends.find((end) => end.status === "rejected");
    if (failed !== undefined) throw failed.reason;
  };
  try {
    const openPriced = (name: string, asking: string) => {
      const paid = prices[name] ?? prices[asking]; // what a function asks costs what it is said to
      if (paid !== undefined) prices[name] = paid;
      return open(name);
    };
    const isLocal = (name: string) => isLocalModel(name, context);
    const named = registryModels(flags, context.directory, { open: openPriced, isLocal });
    for (const name of new Set([...policies, grader])) opened.set(name, await named(name));
  } catch (error) {
    await close();
    throw error;
  }
  const asked = policies.map((name) => opened.get(name)!);
  return {
    policies: asked,
    grader: opened.get(grader)!,
    concurrency: flags.concurrency ?? Math.max(...asked.map(({ concurrency }) => concurrency)),
    isCached: (request) => hits.has(request),
    lookAhead() {
      const looks = new Map([...caches].map(([name, cache]) => [name, cache.lookAhead()]));
      return (model, request) => looks.get(model)?.(model, request);
    },
    onWait(listener) {
      pacing.onWait = listener;
    },
    close,
  };
}

/** A model of ours is another after each checkpoint, and costs nothing. */
async function isLocalModel(name: string, context: Context): Promise<boolean> {
  return (await findModelFolder(name, modelPlaces(context))) !== undefined;
}

interface OpenedWith {
  readonly flags: Flags;
  readonly place: PacedModel | undefined;
  readonly onWait: (wait: ProviderWait) => void;
}

async function openOne(
  name: string,
  { flags, place, onWait }: OpenedWith,
  context: Context,
): Promise<LanguageModel> {
  const model = await openLanguageModel(name, {
    ...modelPlaces(context),
    ...{ environment: context.environment, timeoutMs: 1000 * flags.timeout },
    ...{ baseUrl: flags.baseUrl, slots: flags.concurrency },
    ...{ device: flags.device, threads: flags.threads, dtype: flags.dtype },
    answerTokens: flags.answerTokens,
    onLimits: place?.onLimits,
  });
  return retrying(place?.before(model) ?? model, {
    ...defaultRetries,
    ...{ retries: flags.retries, onWait },
  });
}

/** Answers of a model stand in a file of their own, below the workspace. */
function openCache(name: string, { baseUrl }: Flags, context: Context): Promise<AnswerCache> {
  const place = baseUrl ?? context.environment["OPENAI_BASE_URL"] ?? "";
  const digest = createHash("sha256")
    .update(JSON.stringify([name, place]))
    .digest("hex");
  const { workspaceFolder } = modelPlaces(context);
  const path = join(workspaceFolder, "cache", "answers", `${digest.slice(0, 16)}.jsonl`);
  return AnswerCache.open(path, place);
}
