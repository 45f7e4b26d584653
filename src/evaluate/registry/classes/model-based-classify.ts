import { ConfigError, DataError } from "../../../errors.ts";
import type { CallArguments, Message } from "../../../language-model/language-model.ts";
import { mean } from "../../../statistics/quantile.ts";
import {
  type EvalReport,
  type EvalSample,
  type EvalTask,
  firstText,
  type SampleContext,
  type SampleOutcome,
  type ScoreKind,
} from "../../eval-task.ts";
import { chatPrompt, type SamplePrompt, textPrompt, withDoubledBraces } from "../chat-text.ts";
import {
  answerInstruction,
  type ChoiceMatcher,
  choiceMatchers,
  choiceOf,
  joinedCompletions,
  scoreOfChoice,
} from "../choice.ts";
import { formatTemplate, type TemplateValues } from "../format-template.ts";
import { type ClassOptions, checkArguments, orderedSamples, promptOf } from "./class-options.ts";
import { type GradedSpec, gradedSpec } from "./graded-spec.ts";

const known = [
  ...["samples_jsonl", "modelgraded_spec", "modelgraded_spec_args", "sample_kwargs", "eval_kwargs"],
  ...["multicomp_n", "eval_type", "match_fn", "metaeval"],
];

/** What models are asked with where an entry says nothing else. */
const defaultArguments = {
  max_tokens: 1024,
  temperature: 0,
  top_p: 1,
  frequency_penalty: 0,
  presence_penalty: 0,
  n: 1,
} as const;

/** The arguments of an entry, read. */
interface Settings {
  readonly spec: GradedSpec;
  readonly specArguments: TemplateValues;
  readonly policyArguments: CallArguments;
  readonly graderArguments: CallArguments;
  /** Completions of each prompt. */
  readonly completions: number;
  /** Whether each comes from a model of its own. */
  readonly isFromModels: boolean;
  readonly evalType: string | undefined;
  readonly matcher: ChoiceMatcher;
  readonly isMeta: boolean;
}

/** `ModelBasedClassify`: a grader reads the answer and makes a choice. */
export async function modelBasedClassify(options: ClassOptions): Promise<EvalTask> {
  checkArguments(options, known);
  const settings = await settingsOf(options);
  return {
    name: options.spec.key,
    scoreKinds: { score: choiceScoreKind(settings.spec.scores) },
    samples: () => orderedSamples(options),
    evaluate: (sample, context) => grade(sample, context, settings),
    report: (outcomes) => gradedReport(outcomes, settings.isMeta),
  };
}

function choiceScoreKind(scores: GradedSpec["scores"]): ScoreKind {
  if (scores === undefined || scores === "from_strings") return "number";
  const values = Object.values(scores);
  if (values.every((value) => value === 0 || value === 1)) return "binary";
  return values.every((value) => value >= 0 && value <= 1) ? "share" : "number";
}

async function settingsOf({
  args,
  registry,
  spec: entry,
  policies,
}: ClassOptions): Promise<Settings> {
  const name = args["modelgraded_spec"];
  if (typeof name !== "string") {
    throw new ConfigError(`${entry.key}: expected modelgraded_spec, got ${JSON.stringify(name)}`);
  }
  const { multicomp_n: several = 1, match_fn: matcher = "starts_or_endswith" } = args;
  if (!choiceMatchers.includes(matcher as ChoiceMatcher)) {
    throw new ConfigError(
      `${entry.key}: match_fn: expected ${choiceMatchers.join(", ")}, got ${JSON.stringify(matcher)}`,
    );
  }
  const isFromModels = several === "from_models";
  if (isFromModels && policies < 2) {
    throw new ConfigError(
      `${entry.key}: compares models: give two or more, and the grader last, got ${policies}`,
    );
  }
  const completions = isFromModels ? policies : Number(several);
  const spec = gradedSpec(await registry.entry("modelgraded", name), completions);
  const evalType = args["eval_type"] as string | undefined;
  return {
    spec: evalType === undefined ? spec : { ...spec, prompt: instructed(spec, evalType) },
    specArguments: (args["modelgraded_spec_args"] ?? {}) as TemplateValues,
    policyArguments: callArguments(args["sample_kwargs"]),
    graderArguments: callArguments(args["eval_kwargs"]),
    ...{ completions, isFromModels },
    evalType: spec.evalType ?? evalType,
    matcher: matcher as ChoiceMatcher,
    isMeta: args["metaeval"] === true,
  };
}

/** The grader's prompt with how to answer behind its last message. */
function instructed({ prompt, choices }: GradedSpec, evalType: string): GradedSpec["prompt"] {
  const addition = `\n\n${answerInstruction(evalType, choices)}`;
  if (typeof prompt === "string") return prompt + addition;
  return prompt.map((message, i) =>
    i === prompt.length - 1 ? { ...message, content: `${message.content}${addition}` } : message,
  );
}

/** Arguments of calls: a few may be changed, others are passed on in `completion_kwargs`. */
function callArguments(changes: unknown): CallArguments {
  const { max_tokens, temperature, n_samples, completion_kwargs } = (changes ?? {}) as Readonly<
    Record<string, unknown>
  >;
  return {
    ...defaultArguments,
    ...(max_tokens !== undefined && { max_tokens }),
    ...(temperature !== undefined && { temperature }),
    ...(n_samples !== undefined && { n: n_samples }),
    ...(completion_kwargs as object | undefined),
  };
}

async function grade(
  sample: EvalSample,
  context: SampleContext,
  settings: Settings,
): Promise<SampleOutcome> {
  const { spec, matcher, evalType = "", isMeta } = settings;
  const completions = await completionsOf(sample, context, settings);
  const values = templateValues(sample, completions, settings);
  const prompt = filled(spec.prompt, values);
  const text = firstText(await context.ask("grader", prompt, settings.graderArguments));
  const choice = choiceOf(text, spec.choices, { evalType, matcher });
  const score = scoreOfChoice(choice, spec.choices, spec.scores);
  const metascore = isMeta ? choice === sample.data["choice"] : undefined;
  return {
    scores: {
      ...(metascore !== undefined && { metascore: { value: metascore ? 1 : 0 } }),
      score: { value: score, answer: choice, explanation: text },
    },
    events: [
      { type: "metrics", data: { choice, score, ...(metascore !== undefined && { metascore }) } },
    ],
  };
}

/** What the evaluated models answer to each of a sample's prompts, unless the sample has it. */
async function completionsOf(
  sample: EvalSample,
  context: SampleContext,
  settings: Settings,
): Promise<Readonly<Record<string, string>>> {
  const { spec, completions: count, isFromModels, policyArguments } = settings;
  const completions: Record<string, string> = {};
  for (const [input, output] of spec.inputOutputs) {
    if (output in sample.data) continue;
    const messages = chatPrompt(promptOf(sample, input));
    const texts: string[] = [];
    for (let i = 0; i < count; i++) {
      const policy = isFromModels ? i : 0;
      texts.push(firstText(await context.ask({ policy }, messages, policyArguments)));
    }
    completions[output] = count === 1 ? texts[0]! : joined(texts, sample, spec);
  }
  return completions;
}

function joined(texts: readonly string[], { id }: EvalSample, spec: GradedSpec): string {
  if (spec.outputTemplate !== undefined) return joinedCompletions(texts, spec.outputTemplate);
  throw new ConfigError(`${id}: several completions need output_template in the modelgraded spec`);
}

/**
 * What the grader's prompt may name: completions, the sample's fields, the entry's own values, later
 * ones before earlier ones. Prompts keep their braces doubled, as graders have always seen them.
 */
function templateValues(
  { data }: EvalSample,
  completions: Readonly<Record<string, string>>,
  { spec, specArguments, completions: n }: Settings,
): TemplateValues {
  const inputs = new Set(spec.inputOutputs.map(([input]) => input));
  const own = Object.entries(data).map(([key, value]) => {
    const prompt = isPrompt(value) ? value : String(value);
    const shown = inputs.has(key) ? withDoubledBraces(prompt) : prompt;
    return [key, textPrompt(shown, { opensAnswer: false })] as const;
  });
  return { ...completions, ...Object.fromEntries(own), ...specArguments, n };
}

function isPrompt(value: unknown): value is SamplePrompt {
  return typeof value === "string" || (Array.isArray(value) && value.every((one) => one?.role));
}

function filled(prompt: GradedSpec["prompt"], values: TemplateValues): readonly Message[] {
  if (typeof prompt === "string") {
    return [{ role: "user", content: formatTemplate(prompt, values) }];
  }
  return prompt.map((message) => {
    if (typeof message.content !== "string") {
      throw new DataError("modelgraded: expected messages whose content is a text");
    }
    return { ...message, content: formatTemplate(message.content, values) };
  });
}

/** How often each choice was made, in the order in which they first came, and the mean scores. */
function gradedReport(outcomes: readonly SampleOutcome[], isMeta: boolean): EvalReport {
  const rows = outcomes.flatMap(({ events }) => events.map(({ data }) => data));
  const counts = new Map<string, number>();
  for (const { choice } of rows) {
    const name = `counts/${String(choice)}`;
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const scores = rows.flatMap(({ score }) => (typeof score === "number" ? [score] : []));
  return {
    ...Object.fromEntries(counts),
    ...(scores.length > 0 && { score: mean(scores) }),
    ...(isMeta && { metascore: mean(rows.map(({ metascore }) => (metascore ? 1 : 0))) }),
  };
}
