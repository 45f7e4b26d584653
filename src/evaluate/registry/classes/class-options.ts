import { ConfigError, DataError } from "../../../errors.ts";
import { isConversation } from "../../../language-model/is-conversation.ts";
import type { CallArguments } from "../../../language-model/language-model.ts";
import type { EvalSample, EvalTask } from "../../eval-task.ts";
import type { SamplePrompt } from "../chat-text.ts";
import type { HubFolder } from "../hub-data.ts";
import { sampleOrder } from "../python-random.ts";
import type { EvalSpec, Registry } from "../registry.ts";
import { type DataRow, readSamples } from "../sample-file.ts";

/** What a class is made with. */
export interface ClassOptions {
  readonly spec: EvalSpec;
  readonly registry: Registry;
  /** Arguments of the entry, those of the user over them. */
  readonly args: Readonly<Record<string, unknown>>;
  /** Where relative paths begin. */
  readonly directory: string;
  /** How many models are evaluated together; most classes take one. */
  readonly policies: number;
  /** Only the first so many samples of the order. */
  readonly maxSamples: number | undefined;
  /** For classes whose data come from the hub. */
  readonly hub?: HubFolder | undefined;
}

/**
 * Makes the evaluation of a class.
 *
 * @throws {ConfigError} for arguments that it does not know
 */
export type EvalClass = (options: ClassOptions) => EvalTask | Promise<EvalTask>;

/** Arguments that every class takes without use of its own. */
const common = ["eval_registry_path", "max_tokens"];

/**
 * Checks the arguments of a class.
 *
 * @throws {ConfigError} for one that it does not know
 */
export function checkArguments({ spec, args }: ClassOptions, known: readonly string[]): void {
  const strange = Object.keys(args).find((name) => ![...known, ...common].includes(name));
  if (strange === undefined) return;
  throw new ConfigError(
    `${spec.key}: ${spec.cls} takes no argument "${strange}"; it takes ${known.join(", ")}`,
  );
}

/**
 * The samples of an evaluation's file in the order in which they are asked.
 *
 * @throws {ConfigError} when the entry names no file
 * @throws {DataError} as `readSamples`; when the file is empty
 */
export async function orderedSamples(options: ClassOptions): Promise<readonly EvalSample[]> {
  const { spec, args } = options;
  const path = args["samples_jsonl"];
  if (typeof path !== "string") {
    throw new ConfigError(`${spec.key}: expected samples_jsonl, got ${JSON.stringify(path)}`);
  }
  const rows = await rowsOf(options, path);
  if (rows.length === 0) throw new DataError(`${spec.key}: ${path} holds no sample`);
  return samplesOf(options, rows);
}

/** Rows in the order in which they are asked, named by their place in the file. */
export function samplesOf(
  { spec, maxSamples }: Pick<ClassOptions, "spec" | "maxSamples">,
  rows: readonly DataRow[],
): readonly EvalSample[] {
  return sampleOrder(rows.length, maxSamples).map((place) => ({
    id: `${spec.base}.${spec.split}.${place}`,
    data: rows[place]!,
  }));
}

function rowsOf({ spec, directory }: ClassOptions, path: string): Promise<DataRow[]> {
  return readSamples(path, { folder: spec.folder, directory });
}

/**
 * The prompt of a sample.
 *
 * @throws {DataError} when it is neither a text nor messages
 */
export function promptOf({ id, data }: EvalSample, key = "input"): SamplePrompt {
  const prompt = data[key];
  if (typeof prompt === "string") return prompt;
  if (isConversation(prompt)) return prompt;
  throw new DataError(
    `${id}: "${key}": expected a text or messages with a role and a content, got ${JSON.stringify(prompt)?.slice(0, 80)}`,
  );
}

/**
 * The right answers of a sample.
 *
 * @throws {DataError} when it has none, or they are no texts
 */
export function idealsOf({ id, data }: EvalSample): readonly string[] {
  const { ideal } = data;
  if (typeof ideal === "string") return [ideal];
  if (Array.isArray(ideal) && ideal.every((one) => typeof one === "string")) return ideal;
  throw new DataError(
    `${id}: "ideal": expected a text or a list of texts, got ${JSON.stringify(ideal) ?? "nothing"}; mend the sample`,
  );
}

/** What `match` events have as `expected`: a list of one is its one element. */
export function expectedOf(ideals: readonly string[]): string | readonly string[] {
  return ideals.length === 1 ? ideals[0]! : ideals;
}

/** Puts examples before a conversation's last message. */
export type FewShot = (prompt: SamplePrompt) => SamplePrompt;

/**
 * Reads the examples that an entry asks for.
 *
 * @throws {ConfigError} when their file is not named
 */
export async function fewShotOf(options: ClassOptions): Promise<FewShot> {
  const { args, spec } = options;
  const count = Number(args["num_few_shot"] ?? 0);
  if (count <= 0) return (prompt) => prompt;
  const path = args["few_shot_jsonl"];
  if (typeof path !== "string") {
    throw new ConfigError(
      `${spec.key}: num_few_shot is ${count}, but few_shot_jsonl names no file`,
    );
  }
  const rows = (await rowsOf(options, path)).slice(0, count);
  const examples = rows.flatMap(({ sample }, i) => {
    if (isConversation(sample)) return sample;
    throw new DataError(
      `${path}, row ${i + 1}: expected "sample" with messages of a role and a content, got ${JSON.stringify(sample)?.slice(0, 80) ?? "nothing"}; mend the row`,
    );
  });
  return (prompt) => {
    if (typeof prompt === "string") {
      throw new ConfigError(`${spec.key}: few-shot examples need prompts of messages, got a text`);
    }
    return [...prompt.slice(0, -1), ...examples, ...prompt.slice(-1)];
  };
}

/** The temperature at which most classes ask. */
export const atZero: CallArguments = { temperature: 0 };
