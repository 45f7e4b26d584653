import { createHash } from "node:crypto";
import { mkdir } from "node:fs/promises";
import { dirname } from "node:path";
import type {
  LanguageModel,
  ModelAnswer,
  ModelRequest,
} from "../../language-model/language-model.ts";
import { type LineFile, openLineFile, readLines } from "../../workspace/line-file.ts";
import { parseJson } from "../../workspace/parse-json.ts";

/** A line of the cache. */
interface CachedAnswer {
  readonly key: string;
  readonly answer: ModelAnswer;
}

/**
 * Answers of a model that were paid for, kept on disk: the same messages and arguments are not asked
 * again. A question that a run asks several times, or at several draws, has an answer for each time.
 */
export class AnswerCache {
  /** Answers that were found at the start and not used since. */
  readonly #answers: Map<string, ModelAnswer>;
  readonly #file: LineFile;
  /** Where the model is reached; the same name elsewhere is another model. */
  readonly #place: string;
  readonly #asked = new Map<string, number>();

  private constructor(file: LineFile, answers: Map<string, ModelAnswer>, place: string) {
    this.#file = file;
    this.#answers = answers;
    this.#place = place;
  }

  /**
   * Opens the cache of a model.
   *
   * @param place - what distinguishes models of one name, such as the server's address
   */
  static async open(path: string, place: string): Promise<AnswerCache> {
    await mkdir(dirname(path), { recursive: true });
    const file = await openLineFile(path, (line) => parsed(line) !== undefined);
    const answers = new Map<string, ModelAnswer>();
    for await (const { text } of readLines(path)) {
      const line = parsed(text);
      if (line !== undefined) answers.set(line.key, line.answer);
    }
    return new AnswerCache(file, answers, place);
  }

  /** The model with this cache before it; `onHit` is told of answers that came from it. */
  before(model: LanguageModel, onHit: (request: ModelRequest) => void): LanguageModel["chat"] {
    return async (request) => {
      const key = this.#keyOf(model.name, request);
      const known = this.#answers.get(key);
      if (known !== undefined) {
        this.#answers.delete(key); // a key stands for one time that a question is asked
        onHit(request);
        return known;
      }
      const answer = await model.chat(request);
      this.#file.append(JSON.stringify({ key, answer } satisfies CachedAnswer));
      return answer;
    };
  }

  /**
   * Looks answers up as a run would, without asking.
   *
   * @returns a function that gives the answer of a request of a model, each for its one time
   */
  lookAhead(): (model: string, request: ModelRequest) => ModelAnswer | undefined {
    const asked = new Map(this.#asked);
    return (model, request) => this.#answers.get(this.#keyOf(model, request, asked));
  }

  close(): Promise<void> {
    return this.#file.close();
  }

  /** @param asked - how often each question was asked before; it is counted there */
  #keyOf(
    model: string,
    { messages, arguments: given, draw = 0 }: ModelRequest,
    asked = this.#asked,
  ): string {
    const what = JSON.stringify([this.#place, model, messages, given, ...(draw > 0 ? [draw] : [])]);
    const digest = createHash("sha256").update(what).digest("base64url");
    const times = asked.get(digest) ?? 0;
    asked.set(digest, times + 1);
    return `${digest}.${times}`;
  }
}

function parsed(line: string): CachedAnswer | undefined {
  const value = parseJson(line) as Partial<CachedAnswer> | null | undefined;
  const isAnswer = typeof value?.key === "string" && value.answer !== undefined;
  return isAnswer ? (value as CachedAnswer) : undefined;
}
