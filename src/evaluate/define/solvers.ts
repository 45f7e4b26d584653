import type { CallArguments, Message } from "../../language-model/language-model.ts";
import type { Solver } from "./task-definition.ts";

/**
 * Asks the model, and takes its text as the answer.
 *
 * @param callArguments - in OpenAI's names, over those of the task
 */
export function generate(callArguments: CallArguments = {}): Solver {
  return async ({ messages }, ask) => {
    const answer = await ask(messages, callArguments);
    return { answer, messages: [...messages, { role: "assistant", content: answer }] };
  };
}

/** Says something before all else. */
export function system(content: string): Solver {
  return ({ messages }) => ({ messages: [{ role: "system", content }, ...messages] });
}

/** A question that is shown with its answer. */
export interface FewShotExample {
  readonly input: string;
  readonly answer: string;
}

/** Shows solved examples before the question, behind what the system says. */
export function fewShot(examples: readonly FewShotExample[]): Solver {
  const shown = examples.flatMap(({ input, answer }) => [
    { role: "user", content: input },
    { role: "assistant", content: answer },
  ]);
  return ({ messages }) => {
    const first = messages.findIndex(({ role }) => role !== "system");
    return { messages: messages.toSpliced(first === -1 ? messages.length : first, 0, ...shown) };
  };
}

/** How an answer is announced after the steps to it. */
const announcement = /^.*\banswer:[ \t*_]*(\S.*)$/gim;

const stepByStep = `Think step by step, then end with a line "Answer: " and the answer alone.`;

/**
 * Asks for steps before the answer, and takes what is behind the last `Answer:`; the whole text where
 * there is none.
 *
 * @param instruction - put behind the last message; it should ask for a line `Answer: …`
 * @see Wei et al. 2022, arXiv 2201.11903; Kojima et al. 2022, arXiv 2205.11916
 */
export function chainOfThought(instruction = stepByStep): Solver {
  return async ({ messages }, ask) => {
    const asked = [...messages.slice(0, -1), ...messages.slice(-1).map(withText(instruction))];
    const text = await ask(asked);
    const announced = [...text.matchAll(announcement)].at(-1)?.[1]?.replace(/[*_\s]+$/, "");
    const answer = announced ?? text;
    return { answer, messages: [...asked, { role: "assistant", content: text }] };
  };
}

/** A message with a text behind its own. */
function withText(text: string): (message: Message) => Message {
  return (message) => {
    const { content } = message;
    if (content === null) return { ...message, content: text };
    if (typeof content === "string") return { ...message, content: `${content}\n\n${text}` };
    return { ...message, content: [...content, { type: "text", text }] };
  };
}
