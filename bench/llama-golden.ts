import type { Answerer } from "./answerer.ts";

/** A prompt, and what exact float32 weights make of it greedily. */
export interface GoldenPrompt {
  readonly id: string;
  readonly text: string;
  readonly ids: readonly number[];
  readonly greedy: readonly number[];
  /** Between the two largest logits, a step each. */
  readonly margin: readonly number[];
}

const steps = 16;

/** A larger gap of float32's two best tokens is never turned round by products of 8 bits. */
const sureMargin = 0.5;

/**
 * Asks both engines the golden prompts, before anything is measured.
 *
 * @returns what they have in common, in a line
 * @throws {Error} when an engine leaves float32's tokens where their gap is large
 */
export async function compareGreedy(
  engines: readonly [Answerer, Answerer],
  prompts: readonly GoldenPrompt[],
): Promise<string> {
  let sameFirst = 0;
  const same = [0, 0];
  for (const prompt of prompts) {
    const found: (readonly number[])[] = [];
    for (const [i, engine] of engines.entries()) {
      const { tokens } = await engine.answer(prompt.ids, { maxTokens: steps, stopTokens: [] });
      found.push(tokens);
      same[i]! += leading(engine.name, prompt, tokens);
    }
    if (found[0]![0] === found[1]![0]) sameFirst++;
  }
  const shares = engines.map(
    ({ name }, i) => `${name} ${(same[i]! / (steps * prompts.length)).toFixed(3)}`,
  );
  return `greedy tokens of ${prompts.length} golden prompts: the first is the same on ${sameFirst}; share of ${steps} before the first that is not float32's: ${shares.join(", ")}`;
}

/** Tokens before the first one that float32 would not take. */
function leading(
  name: string,
  { id, greedy, margin }: GoldenPrompt,
  tokens: readonly number[],
): number {
  const at = tokens.findIndex((token, i) => token !== greedy[i]);
  if (at < 0) return tokens.length;
  if (margin[at]! <= sureMargin) return at;
  throw new Error(
    `${name}: prompt ${id}, step ${at}: expected token ${greedy[at]} (margin ${margin[at]}), got ${tokens[at]}`,
  );
}
