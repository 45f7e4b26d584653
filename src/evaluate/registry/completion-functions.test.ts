import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LanguageModel, ModelRequest } from "../../language-model/language-model.ts";
import { sharedPath, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { standInModel } from "../run/stand-in-model.fixture.ts";
import { openCompletionFunction, unsupportedClass } from "./completion-functions.ts";
import { Registry } from "./registry.ts";

const solver = (options: string, more = "") => `
      class: evals.solvers.providers.openai.openai_solver:OpenAISolver
      args:
        completion_fn_options: ${options}${more}`;
const solvers = `
direct:
  class: evals.solvers.providers.openai.openai_solver:OpenAISolver
  args:
    completion_fn_options: {model: gpt-4, extra_options: {temperature: 1, max_tokens: 512}}
    valid_answers: ["A", "D"]
    postprocessors: ["evals.solvers.postprocessors.postprocessors:Strip", "x:RemoveQuotes", "x:RemovePeriod"]
words:
  class: evals.solvers.providers.openai.openai_solver:OpenAISolver
  args: {completion_fn_options: {model: gpt-4}, valid_answers: ["Yes"]}
nested:
  class: evals.solvers.nested.cot_solver:CoTSolver
  args:
    cot_solver:${solver("{model: thinker, extra_options: {temperature: 1}}")}
    extract_solver:${solver("{model: gpt-4, extra_options: {max_tokens: 1}}", '\n        valid_answers: ["B"]')}
unknown:
  class: evals.solvers.nested.cot_solver:CoTSolver
  args:
    cot_solver:
      class: evals.solvers.nested.hhh_solver:HHHSolver
      args: {}
`;
const functions = `
circle: {class: "evals.completion_fns.cot:ChainOfThoughtCompletionFn", args: {cot_completion_fn: circle}}
plain: {class: "evals.completion_fns.openai:OpenAIChatCompletionFn", args: {model: gpt-4, extra_options: {top_p: 0.5}}}
stranger: {class: "evals.completion_fns.openai:OpenAIChatCompletionFn", args: {model: gpt-4, tone: kind}}
own:
  class: evals.completion_fns.cot:ChainOfThoughtCompletionFn
  args: {cot_completion_fn: plain, extract_completion_fn: last, cot_template: think, extract_answer_template: say}
`;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-models-"));
  await Promise.all(["solvers", "completion_fns"].map((name) => mkdir(join(folder, name))));
  await writeFile(join(folder, "solvers", "some.yaml"), solvers);
  await writeFile(join(folder, "completion_fns", "some.yaml"), functions);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const question: ModelRequest = {
  messages: [{ role: "user", content: "2 + 2?" }],
  arguments: { temperature: 0 },
};

/** Opens an entry whose models all answer by one stand-in; the names under which they were opened. */
async function opened(
  name: string,
  answer: (request: ModelRequest, call: number) => string,
  { registry = new Registry([folder]), args = {} } = {},
) {
  const inner = standInModel(answer);
  const names: string[] = [];
  const openModel = async (one: string): Promise<LanguageModel> => {
    names.push(one);
    return { ...inner, name: one };
  };
  const model = await openCompletionFunction(name, { registry, args, openModel });
  return { model, asked: inner.asked, names };
}

test("the registry's chain of thought asks for thoughts, then for the answer", async (context) => {
  const place = sharedPath("openai-evals");
  context.skip(place === undefined, withoutSharedData);
  const registry = new Registry([place!]);
  const { model, asked, names } = await opened(
    "cot/gpt-3.5-turbo",
    (_, call) => (call === 1 ? "two and two" : " \n4\u2003"),
    { registry },
  );
  const { texts, steps, usage } = await model.chat(question);
  expect([model.name, names, texts]).toEqual([
    "cot/gpt-3.5-turbo",
    ["gpt-3.5-turbo", "gpt-3.5-turbo"],
    ["4"],
  ]);
  const first = [
    { role: "user", content: "2 + 2?" },
    {
      role: "assistant",
      content:
        "\nBefore answering, reason in a step-by-step manner as to get the right answer, then conclude with the answer.",
    },
  ];
  const second = [
    ...first,
    { role: "assistant", content: "two and two" },
    {
      role: "assistant",
      content:
        "\nGiven the above reasoning, the answer in the format requested by the question is:",
    },
  ];
  expect(asked.map(({ messages }) => messages)).toEqual([first, second]);
  expect(asked.map((request) => request.arguments)).toEqual([
    { temperature: 0 },
    { temperature: 0 },
  ]);
  expect(steps!.map(({ model: one, request, answer }) => [one, request, answer.texts])).toEqual([
    ["gpt-3.5-turbo", asked[0], ["two and two"]],
    ["gpt-3.5-turbo", asked[1], [" \n4\u2003"]],
  ]);
  expect(usage).toBeUndefined(); // the stand-in counts no tokens

  const other = await opened("cot", () => "4", { registry, args: { cot_completion_fn: "my-run" } });
  expect(other.names).toEqual(["my-run", "my-run"]);
  await expect(opened("cot/flan-t5-xl", () => "4", { registry })).rejects.toThrow(
    /LangChainLLMCompletionFn is not supported; supported are completion_fns\.cot/,
  );
  expect(await unsupportedClass("cot/flan-t5-xl", registry)).toMatch(/langchain_llm/);
  expect(await unsupportedClass("cot", registry)).toBeUndefined();
});

test("templates and models of its own; an entry that an entry names", async () => {
  const { model, asked, names } = await opened("own", () => "so");
  const { steps } = await model.chat(question);
  expect(names).toEqual(["gpt-4", "last"]);
  expect(asked.map(({ messages }) => messages.slice(1).map(({ content }) => content))).toEqual([
    ["think"],
    ["think", "so", "say"],
  ]);
  expect(asked.map((request) => request.arguments)).toEqual([
    { temperature: 0, top_p: 0.5 },
    { temperature: 0 },
  ]);
  expect(steps!.map((step) => step.model)).toEqual(["gpt-4", "last"]);
});

test("a solver's options go over the call's, its answers are biased and cleaned", async () => {
  const { model, asked } = await opened("direct", () => ` "A.." `);
  const { texts } = await model.chat(question);
  expect(asked[0]!.arguments).toEqual({
    ...{ temperature: 1, max_tokens: 512 },
    logit_bias: { 32: 100, 35: 100 }, // "!" is token 0 of OpenAI's encodings
  });
  expect(texts).toEqual(["A"]);
  await expect(opened("words", () => "")).rejects.toThrow(/expected single characters, got "Yes"/);
});

test("a solver inside a solver thinks as the system asks", async () => {
  const { model, asked, names } = await opened("nested", (_, call) => `answer ${call}`);
  const { texts } = await model.chat(question);
  expect(names).toEqual(["thinker", "gpt-4"]);
  expect(texts).toEqual(["answer 2"]);
  expect(asked.map(({ messages }) => messages.map(({ role }) => role))).toEqual([
    ["user", "system"],
    ["user", "system", "assistant", "system"],
  ]);
  expect(asked[0]!.messages[1]!.content).toMatch(/^Please reason in a step-by-step manner before/);
  expect(asked[1]!.messages[3]!.content).toMatch(/^Given the above reasoning, your response in/);
  expect(asked[1]!.arguments).toEqual({
    ...{ temperature: 0, max_tokens: 1 },
    logit_bias: { 33: 100 },
  });
});

test("what cannot be asked says why", async () => {
  await expect(opened("unknown", () => "")).rejects.toThrow(
    /model unknown: the class evals\.solvers\.nested\.hhh_solver:HHHSolver is not supported/,
  );
  await expect(opened("circle", () => "")).rejects.toThrow(/the model circle asks itself/);
  await expect(opened("stranger", () => "")).rejects.toThrow(/takes no argument "tone"/);
  const { model } = await opened("dummy", () => "");
  expect((await model.chat(question)).texts).toEqual(["This is a dummy response."]);
});
