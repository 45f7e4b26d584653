import { z } from "zod";
import { ConfigError, DataError } from "../../errors.ts";
import type { Message } from "../../language-model/language-model.ts";
import { usersCode } from "./_users-code.ts";
import type { AskedSample, TaskDefinition } from "./task-definition.ts";

const messages = z
  .array(
    z.looseObject({
      role: z.string(),
      content: z.union([z.string(), z.null(), z.array(z.looseObject({ type: z.string() }))]),
    }),
  )
  .min(1);

const sampleSchema = z.strictObject({
  id: z.union([z.string().min(1), z.number()]).optional(),
  input: z.union([z.string(), messages], "expected a text, or messages with a role and a content"),
  ideal: z.union([z.string(), z.array(z.string())], "expected a text or texts").optional(),
  metadata: z.record(z.string(), z.unknown()).optional(),
  cluster: z.union([z.string(), z.number()]).optional(),
});

/**
 * The samples of a task, each with an id and its cluster.
 *
 * @param file - as errors name it
 * @throws {ConfigError} when there is none, one is of another form, or two have the same id
 */
export async function taskSamples(
  { name, samples, cluster }: TaskDefinition,
  file: string,
): Promise<readonly AskedSample[]> {
  const given =
    typeof samples === "function"
      ? await usersCode({ file, what: `${name}: samples` }, () => samples())
      : samples;
  if (!Array.isArray(given) || given.length === 0) {
    throw new ConfigError(`${file}: ${name}: expected a list of samples, got ${shown(given)}`);
  }
  const ids = new Set<string>();
  return given.map((one: unknown, i) => {
    const where = `${file}: ${name}: sample ${i}`;
    const found = sampleSchema.safeParse(one);
    if (!found.success) {
      const [issue] = found.error.issues;
      throw new ConfigError(`${where}: ${issue!.path.join(".")}: ${issue!.message}`);
    }
    const { id = `${name}.${i}`, cluster: own, ...sample } = found.data;
    if (ids.has(String(id))) throw new ConfigError(`${where}: there are two of the id "${id}"`);
    ids.add(String(id));
    const source = own ?? sourceOf(sample.metadata, cluster, where);
    return { ...sample, id: String(id), ...(source !== undefined && { cluster: String(source) }) };
  });
}

function sourceOf(
  metadata: Readonly<Record<string, unknown>> | undefined,
  field: string | undefined,
  where: string,
): unknown {
  if (field === undefined) return undefined;
  const value = metadata?.[field];
  if (typeof value === "string" || typeof value === "number") return value;
  throw new ConfigError(
    `${where}: expected metadata.${field}, the cluster, to be a text or a number, got ${shown(value)}`,
  );
}

/**
 * A text as a conversation.
 *
 * @throws {DataError} when it is neither a text nor messages
 */
export function conversation(input: unknown, where: string): readonly Message[] {
  if (typeof input === "string") return [{ role: "user", content: input }];
  const found = messages.safeParse(input);
  if (found.success) return input as readonly Message[];
  throw new DataError(
    `${where}: expected a text, or messages with a role and a content, got ${shown(input)}`,
  );
}

/** A value in a message, cut short. */
export function shown(value: unknown): string {
  return (JSON.stringify(value) ?? String(value)).slice(0, 80);
}
