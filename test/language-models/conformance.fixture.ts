import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { LanguageModel, ModelRequest } from "../../src/language-model/language-model.ts";

/** A model under test. */
export interface Candidate {
  open(): Promise<LanguageModel>;
  /** Whether it gives as many texts as `n` says. */
  readonly hasSeveral: boolean;
  /** Of an argument and a field of messages that nobody knows, those that it reports. */
  readonly reports: readonly string[];
}

/** One that every candidate answers. */
export const question: ModelRequest = {
  messages: [{ role: "user", content: "Once upon a time" }],
  arguments: { max_tokens: 5 },
};

/** One with what no provider has; a server may refuse it, so what is reported is what counts. */
export const oddQuestion: ModelRequest = {
  messages: [{ role: "user", content: "Once", name: "Ann" }],
  arguments: { max_tokens: 5, logit_bias: { "5": 1 }, frequency_penalty: 0, stop: null },
};

/** What holds of everything that can be asked. */
export function describeConformance(name: string, candidate: Candidate): void {
  describe(`${name} as a language model`, () => {
    let model: LanguageModel;
    beforeAll(async () => {
      model = await candidate.open();
    });
    afterAll(() => model?.close());

    test("answers with a text, why it ended, what it took and who it was", async () => {
      expect(model.concurrency).toBeGreaterThanOrEqual(1);
      const answer = await model.chat(question);
      expect(answer.texts).toHaveLength(1);
      expect(typeof answer.texts[0]).toBe("string");
      expect(answer.finishReasons).toHaveLength(1);
      expect(["stop", "length", null]).toContain(answer.finishReasons[0]);
      expect(answer.toolCalls).toEqual([[]]);
      expect(answer.usage!.prompt_tokens).toBeGreaterThan(0);
      expect(answer.usage!.total_tokens).toBe(
        answer.usage!.prompt_tokens + answer.usage!.completion_tokens,
      );
      expect(answer.model).not.toBe("");
      expect(answer.unsupported).toEqual([]);
    });

    test("gives a list of everything for each text", async () => {
      const answer = await model.chat({
        ...question,
        arguments: { ...question.arguments, n: 3 },
      });
      const count = candidate.hasSeveral ? 3 : 1;
      for (const list of [answer.texts, answer.finishReasons, answer.toolCalls]) {
        expect(list).toHaveLength(count);
      }
      expect(answer.unsupported).toEqual(candidate.hasSeveral ? [] : ["n"]);
    });

    test("names what it cannot carry, and nothing that asks for nothing", async () => {
      const { unsupported } = await model.chat(oddQuestion);
      expect(unsupported.toSorted()).toEqual(candidate.reports.toSorted());
    });

    test("answers questions at the same time, each its own", async () => {
      const alone = await model.chat(question);
      const answers = await Promise.all([question, question, question].map((q) => model.chat(q)));
      expect(answers).toEqual([alone, alone, alone]);
    });

    test("a signal that has been given ends a call with its reason", async () => {
      const signal = AbortSignal.abort(new Error("enough"));
      await expect(model.chat({ ...question, signal })).rejects.toThrow("enough");
    });
  });
}
