import { ConfigError } from "../../errors.ts";
import type { CallArguments, LanguageModel } from "../../language-model/language-model.ts";
import { strip } from "../text-scores/python-text.ts";
import { AskedSteps } from "./_asked-steps.ts";
import { chainOfThought } from "./_chain-of-thought.ts";
import { solverOutput } from "./_solver-output.ts";
import type { Registry } from "./registry.ts";

type Arguments = Readonly<Record<string, unknown>>;

/** A class and its arguments, as entries and the solvers inside them have them. */
interface ClassSpec {
  readonly cls: string;
  readonly args: Arguments;
}

/** How completion functions find the models that they ask. */
export interface CompletionFunctions {
  readonly registry: Registry;
  /** Arguments of the user, over those of the entry that was named. */
  readonly args: Arguments;
  /** Opens a model that is no entry, by the name that an entry has it under; owned by the caller. */
  readonly openModel: (name: string) => Promise<LanguageModel>;
}

/** What a class is made with. */
interface Making extends CompletionFunctions {
  /** The entry that the user named. */
  readonly name: string;
  /** Entries on the way here. */
  readonly passed: ReadonlySet<string>;
}

interface CompletionClass {
  /** Arguments that it takes. */
  readonly known: readonly string[];
  make(args: Arguments, making: Making): Promise<LanguageModel>;
}

/** The templates of `ChainOfThoughtCompletionFn`; part of its behaviour, so in its own words. */
const functionTemplates = {
  cot: "\nBefore answering, reason in a step-by-step manner as to get the right answer, then conclude with the answer.",
  extract: "\nGiven the above reasoning, the answer in the format requested by the question is:",
} as const;

/** The templates of `CoTSolver`, likewise. */
const solverTemplates = {
  cot: "Please reason in a step-by-step manner before giving a response. (You now have an opportunity to reason privately; your next response will not be evaluated.)",
  extract:
    "Given the above reasoning, your response in the format requested by the instructions is:",
} as const;

const openAi: CompletionClass = {
  known: ["model", "extra_options", "n_ctx"],
  make: (args, making) => openAiModel(args, making, (text) => text),
};
const dummy: CompletionClass = { known: [], make: async (_, { name }) => dummyModel(name) };

/** The classes that can be asked, by their names without the package. */
const classes: Readonly<Record<string, CompletionClass>> = {
  "completion_fns.cot:ChainOfThoughtCompletionFn": {
    known: [
      ...["cot_template", "extract_answer_template", "cot_completion_fn"],
      ...["extract_completion_fn", "extra_options"],
    ],
    async make(args, making) {
      const thinking = textArgument(making, args, "cot_completion_fn");
      const extracting = args["extract_completion_fn"] ?? thinking;
      return chainOfThought({
        name: making.name,
        thinker: await named(thinking, making),
        extractor: await named(String(extracting), making),
        role: "assistant",
        thinkTemplate: String(args["cot_template"] ?? functionTemplates.cot),
        extractTemplate: String(args["extract_answer_template"] ?? functionTemplates.extract),
        output: strip,
      });
    },
  },
  "completion_fns.openai:OpenAIChatCompletionFn": openAi,
  "completion_fns.openai:OpenAICompletionFn": openAi,
  "api:DummyCompletionFn": dummy,
  "solvers.solver:DummySolver": dummy,
  "solvers.providers.openai.openai_solver:OpenAISolver": {
    known: ["completion_fn_options", "valid_answers", "postprocessors"],
    make(args, making) {
      const options = (args["completion_fn_options"] ?? {}) as Arguments;
      const bias = answerBias(making.name, args["valid_answers"]);
      const extra = { ...(options["extra_options"] as Arguments | undefined), ...bias };
      const output = solverOutput(making.name, args["postprocessors"]);
      return openAiModel({ ...options, extra_options: extra }, making, output);
    },
  },
  "solvers.nested.cot_solver:CoTSolver": {
    known: [
      ...["cot_solver", "extract_solver", "cot_template", "extract_template", "postprocessors"],
      // they concern conversations of several turns, which no class that runs here has
      ...["persistent_memory", "private_interaction_length"],
    ],
    async make(args, making) {
      return chainOfThought({
        name: making.name,
        thinker: await made(innerSpec(making, args, "cot_solver"), making),
        extractor: await made(innerSpec(making, args, "extract_solver"), making),
        role: "system",
        thinkTemplate: String(args["cot_template"] ?? solverTemplates.cot),
        extractTemplate: String(args["extract_template"] ?? solverTemplates.extract),
        output: solverOutput(making.name, args["postprocessors"]),
      });
    },
  },
};

/** The name that stands for a model with one answer to everything. */
const dummyName = "dummy";

/** Whether a name is one of a registry's models, or `dummy`. */
export async function isCompletionFunction(name: string, registry: Registry): Promise<boolean> {
  return name === dummyName || (await entryOf(name, registry)) !== undefined;
}

/**
 * Opens a model of a registry: an entry of its `completion_fns/` or `solvers/`, or `dummy`.
 *
 * @throws {ConfigError} when there is none, its class or one inside it is not supported, or takes
 *   other arguments; as `openModel`
 */
export function openCompletionFunction(
  name: string,
  options: CompletionFunctions,
): Promise<LanguageModel> {
  return named(name, { ...options, name, passed: new Set() });
}

/** A class that an entry needs and that cannot be asked; undefined when it can. */
export async function unsupportedClass(
  name: string,
  registry: Registry,
  passed: ReadonlySet<string> = new Set(),
): Promise<string | undefined> {
  const entry = await entryOf(name, registry);
  if (entry === undefined || passed.has(name)) return undefined;
  const inner = classesIn({ class: entry.cls, args: entry.args });
  const strange = inner.find((cls) => !Object.hasOwn(classes, shortName(cls)));
  if (strange !== undefined) return strange;
  const names = ["cot_completion_fn", "extract_completion_fn"].map((key) => entry.args[key]);
  for (const one of names) {
    if (typeof one !== "string") continue;
    const found = await unsupportedClass(one, registry, new Set([...passed, name]));
    if (found !== undefined) return found;
  }
  return undefined;
}

/** The classes of an entry and of the solvers inside it. */
function classesIn(value: unknown): string[] {
  if (typeof value !== "object" || value === null) return [];
  const { class: cls, ...rest } = value as Record<string, unknown>;
  return [...(typeof cls === "string" ? [cls] : []), ...Object.values(rest).flatMap(classesIn)];
}

async function entryOf(name: string, registry: Registry): Promise<ClassSpec | undefined> {
  const entry =
    (await registry.entries("completion_fns")).get(name) ??
    (await registry.entries("solvers")).get(name);
  if (entry === undefined) return undefined;
  return { cls: String(entry.fields["class"]), args: (entry.fields["args"] ?? {}) as Arguments };
}

/** A model by the name that an entry or the user gives. */
async function named(name: string, making: Making): Promise<LanguageModel> {
  if (name === dummyName) return dummyModel(name);
  if (making.passed.has(name)) {
    throw new ConfigError(`${making.name}: the model ${name} asks itself; mend its entry`);
  }
  const spec = await entryOf(name, making.registry);
  if (spec === undefined) return making.openModel(name);
  const isOutermost = making.passed.size === 0;
  const args = isOutermost ? { ...spec.args, ...making.args } : spec.args;
  return made({ ...spec, args }, { ...making, passed: new Set([...making.passed, name]) });
}

async function made({ cls, args }: ClassSpec, making: Making): Promise<LanguageModel> {
  const found = Object.hasOwn(classes, shortName(cls)) ? classes[shortName(cls)] : undefined;
  if (found === undefined) {
    throw new ConfigError(
      `model ${making.name}: the class ${cls} is not supported; supported are ${Object.keys(classes).join(", ")}`,
    );
  }
  const strange = Object.keys(args).find((key) => !found.known.includes(key));
  if (strange === undefined) return found.make(args, making);
  throw new ConfigError(
    `model ${making.name}: ${cls} takes no argument "${strange}" here; it takes ${found.known.join(", ") || "none"}`,
  );
}

function innerSpec({ name }: Making, args: Arguments, key: string): ClassSpec {
  const spec = args[key] as { readonly class?: unknown; readonly args?: unknown } | undefined;
  if (typeof spec?.class === "string") {
    return { cls: spec.class, args: (spec.args ?? {}) as Arguments };
  }
  throw new ConfigError(`model ${name}: ${key}: expected class and args, got ${typeof args[key]}`);
}

function textArgument({ name }: Making, args: Arguments, key: string): string {
  const value = args[key];
  if (typeof value === "string") return value;
  throw new ConfigError(
    `model ${name}: expected ${key}, got ${JSON.stringify(value) ?? "nothing"}; give --model-param ${key}=MODEL`,
  );
}

/** A model of OpenAI; the entry's options go over those of a call. */
async function openAiModel(
  args: Arguments,
  making: Making,
  output: (text: string) => string,
): Promise<LanguageModel> {
  const model = await making.openModel(textArgument(making, args, "model"));
  const extra = (args["extra_options"] ?? {}) as CallArguments;
  return {
    name: making.name,
    concurrency: model.concurrency,
    async chat(request) {
      const steps = new AskedSteps();
      const asked = { ...request, arguments: { ...request.arguments, ...extra } };
      return steps.answer(output(await steps.ask(model, asked)));
    },
    close: async () => undefined,
  };
}

/** Strong enough that nothing else is said. */
const certainBias = 100;

/**
 * The bias towards `valid_answers`, single characters: all of OpenAI's encodings number the printable
 * ones of ASCII from `!` on.
 */
function answerBias(name: string, answers: unknown): CallArguments {
  const texts = [answers ?? []].flat().map(String);
  if (texts.length === 0) return {};
  const long = texts.find((text) => !/^[!-~]$/.test(text));
  if (long !== undefined) {
    throw new ConfigError(
      `model ${name}: valid_answers: expected single characters, got ${JSON.stringify(long)}, whose token is not known here; leave it out`,
    );
  }
  const tokens = texts.map((text) => [text.charCodeAt(0) - "!".charCodeAt(0), certainBias]);
  return { logit_bias: Object.fromEntries(tokens) };
}

function dummyModel(name: string): LanguageModel {
  return {
    ...{ name, concurrency: 1 },
    chat: async () => ({
      ...{ texts: ["This is a dummy response."], finishReasons: ["stop"], toolCalls: [[]] },
      ...{ usage: undefined, model: dummyName, unsupported: [] },
    }),
    close: async () => undefined,
  };
}

/** A class without the package that it comes from. */
function shortName(cls: string): string {
  return cls.replace(/^evals\./, "");
}
