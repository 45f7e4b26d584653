import { messageText } from "../../language-model/message-text.ts";
import { callTokens } from "../cost/call-tokens.ts";
import { callsCost } from "../cost/cost-meter.ts";
import type { PriceList } from "../cost/prices.ts";
import type { SampleRecord } from "./sample-record.ts";

/** A column of a run's samples; null is an empty cell. */
export type SampleColumn =
  | {
      readonly name: string;
      readonly type: "text";
      readonly values: readonly (string | null)[];
    }
  | {
      readonly name: string;
      /** Whole numbers below 2^31, or any. */
      readonly type: "whole" | "number";
      readonly values: readonly (number | null)[];
    };

/** What a column is made of, sample by sample. */
type Cells = readonly [
  name: string,
  SampleColumn["type"],
  (record: SampleRecord) => string | number | null,
];

const id: Cells = ["id", "text", (record) => record.id];
const epoch: Cells = ["epoch", "whole", (record) => record.epoch ?? 1];

const behind: readonly Cells[] = [
  ["read_as", "text", ({ scores }) => Object.values(scores)[0]?.answer ?? null],
  ["question", "text", questionOf],
  ["answer", "text", ({ calls }) => calls.at(-1)?.texts[0] ?? null],
  ["error", "text", ({ error }) => error ?? null],
  ["tokens", "whole", tokensOf],
  ["milliseconds", "whole", millisecondsOf],
];

/**
 * A run's samples as columns: the id, which time it was asked where there are several, each score, what
 * was read, the last question and answer, the error, the tokens of all calls, their milliseconds, and
 * what they cost in USD. A score without a value is null; one that is called like another column gets
 * `score_` before its name.
 *
 * @param prices - without that of a model that was asked, the cost is null
 */
export function samplesTable(
  records: readonly SampleRecord[],
  prices: PriceList = {},
): readonly SampleColumn[] {
  const cost: Cells = ["cost", "number", ({ calls }) => callsCost(calls, prices)];
  const taken = new Set([id, epoch, ...behind, cost].map(([name]) => name));
  const names = [...new Set(records.flatMap(({ scores }) => Object.keys(scores)))];
  const scores = names.map((name): Cells => {
    const column = taken.has(name) ? `score_${name}` : name;
    return [column, "number", ({ scores: own }) => own[name]?.value ?? null];
  });
  const hasEpochs = records.some((record) => record.epoch !== undefined);
  const before = hasEpochs ? [id, epoch] : [id];
  return [...before, ...scores, ...behind, cost].map(
    ([name, type, cell]) => ({ name, type, values: records.map(cell) }) as SampleColumn,
  );
}

function questionOf({ calls }: SampleRecord): string | null {
  const question = calls.at(-1)?.messages.at(-1);
  return question === undefined ? null : messageText(question);
}

function tokensOf({ calls }: SampleRecord): number | null {
  if (calls.length === 0) return null;
  return calls.reduce((sum, call) => {
    const { promptTokens, answerTokens } = callTokens(call);
    return sum + promptTokens + answerTokens;
  }, 0);
}

function millisecondsOf({ calls }: SampleRecord): number | null {
  if (calls.length === 0) return null;
  return calls.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
}
