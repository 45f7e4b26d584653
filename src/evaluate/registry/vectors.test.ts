import { expect, test } from "vitest";
import { sharedText, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { normalizeAnswer, squadScore } from "../text-scores/squad.ts";
import { chatPrompt, textPrompt, withDoubledBraces } from "./chat-text.ts";
import {
  answerInstruction,
  type ChoiceMatcher,
  choiceOf,
  choicesOf,
  joinedCompletions,
  scoreOfChoice,
} from "./choice.ts";
import { fuzzyMatches } from "./classes/fuzzy-match.ts";
import { includedAnswer } from "./classes/includes.ts";
import { matchOutcome, pickedAnswer } from "./classes/match.ts";
import { formatTemplate } from "./format-template.ts";
import { isAlikeJson, notJson, parseExactJson } from "./json-match.ts";
import { PythonRandom, sampleOrder } from "./python-random.ts";

/** Vectors that the Python framework gave, by the name of its function. */
const text = sharedText("openai-evals-golden/vectors.json");
// biome-ignore lint/suspicious/noExplicitAny: each function has its own shape
const vectors: Readonly<Record<string, any[]>> = text === undefined ? {} : JSON.parse(text);

// biome-ignore lint/suspicious/noExplicitAny: each function has its own shape
function check(name: string, run: (vector: any) => unknown) {
  test(`${name} is openai/evals'`, (context) => {
    context.skip(text === undefined, withoutSharedData);
    expect(vectors[name]!.length).toBeGreaterThan(1);
    for (const vector of vectors[name]!) {
      if ("error" in vector) expect(() => run(vector), JSON.stringify(vector)).toThrow();
      else expect([vector, run(vector)]).toEqual([vector, vector.out]);
    }
  });
}

check("normalize", ({ s }) => normalizeAnswer(s));
check("fuzzy_match", ({ a, b }) => fuzzyMatches(a, b));
check("f1_score", ({ pred, answers }) => squadScore(pred, answers, 1).f1);
check("json_valid", ({ s }) => parseExactJson(s) !== notJson);
check("json_match", ({ sampled, ideal }) => {
  const a = parseExactJson(sampled);
  const b = parseExactJson(ideal);
  if (b === notJson) throw new Error("the ideal is no JSON");
  return a !== notJson && isAlikeJson(a, b);
});
check("format_necessary", ({ template, kwargs }) => formatTemplate(template, kwargs));
check("chat_to_text", ({ prompt, for_completion }) =>
  textPrompt(prompt, { opensAnswer: for_completion }),
);
check("to_chat", ({ prompt }) => chatPrompt(prompt));
check("to_completion", ({ prompt }) => textPrompt(prompt));
check("scrub", ({ prompt }) => withDoubledBraces(prompt));
check("get_choice_strings", ({ cs, n }) => choicesOf(cs, n ?? undefined));
check("get_choice_score", ({ choice, choices, scores }) =>
  scoreOfChoice(choice, [...choices], scores ?? undefined),
);
check("choice_to_str", ({ cs }) => {
  const instruction = answerInstruction("classify", [...cs]);
  return /from (.*) \(without/.exec(instruction)?.[1];
});
check("append_answer_prompt", ({ eval_type, choices }) => {
  return `Q {x}\n\n${answerInstruction(eval_type, [...choices])}`;
});
check("concat_n", ({ completions, template }) => joinedCompletions(completions, template));

check("get_answer", ({ text: whole, ref, ignore_case }) => {
  return includedAnswer(whole, ref, { ignoreCase: ignore_case }) ?? null;
});
check("match", ({ sampled, expected }) => {
  const ideals = typeof expected === "string" ? [expected] : expected;
  const picked = pickedAnswer(sampled, ideals);
  const { data } = matchOutcome(sampled, ideals, picked).events[0]!;
  return { picked: picked ?? null, event: data };
});

test("get_choice is openai/evals'", (context) => {
  context.skip(text === undefined, withoutSharedData);
  const { rows } = vectors["get_choice"] as unknown as {
    rows: [string, string[], string, ChoiceMatcher, string][];
  };
  expect(rows.length).toBeGreaterThan(4000);
  for (const [answer, choices, evalType, matcher, out] of rows) {
    const found = choiceOf(answer, choices, { evalType, matcher });
    expect([answer, choices, evalType, matcher, found]).toEqual([
      ...[answer, choices, evalType, matcher, out],
    ]);
  }
});

test("the order of samples is openai/evals'", (context) => {
  context.skip(text === undefined, withoutSharedData);
  for (const { n, first20, sum_i_times_v } of vectors["shuffle_seed_123"]!) {
    const order = sampleOrder(n);
    expect(order.slice(0, 20)).toEqual(first20);
    expect(order.reduce((sum, value, i) => sum + i * value, 0)).toBe(sum_i_times_v);
  }
  for (const { n, max_samples, indices } of vectors["max_samples"]!) {
    expect(sampleOrder(n, max_samples)).toEqual(indices);
  }
});

test("random numbers of a sample are openai/evals'", (context) => {
  context.skip(text === undefined, withoutSharedData);
  for (const { sample_id, seed, random3, randrange10 } of vectors["sample_rng"]!) {
    const random = PythonRandom.fromText(`${sample_id}:${seed}`);
    expect([random.random(), random.random(), random.random()]).toEqual(random3);
    expect(randrange10.map(() => random.below(10))).toEqual(randrange10);
  }
});
