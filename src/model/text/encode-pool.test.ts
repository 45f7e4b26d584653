import { afterAll, expect, test } from "vitest";
import { ConfigError } from "../../errors.ts";
import { EncodePool } from "./encode-pool.ts";
import { firstMergeToken } from "./special-tokens.ts";
import { trainTokenizer } from "./train-tokenizer.ts";

const tokenizer = await trainTokenizer(["the thing that is the thing"], {
  vocabSize: firstMergeToken + 5,
});
const pool = new EncodePool(tokenizer, { threads: 2 });
afterAll(() => pool.close());

test("encodes documents as the tokenizer does, the empty one too", async () => {
  const documents = ["the thing", "", "<s> is text", "你好"];
  const { tokens, ends } = await pool.encode(documents);
  const found = documents.map((_, i) => [...tokens.subarray(ends[i - 1] ?? 0, ends[i])]);
  expect(found).toEqual(documents.map((document) => tokenizer.encode(document)));
});

test("gives results in the order of the batches, however long each takes", async () => {
  const batches = Array.from({ length: 20 }, (_, i) => ({
    i,
    text: "the thing ".repeat(i % 3 === 0 ? 20_000 : 1),
  }));
  const order: number[] = [];
  for await (const { batch, tokens } of pool.encodeAll(batches, ({ text }) => [text])) {
    order.push(batch.i);
    expect(tokens.length).toBe(tokenizer.encode(batch.text).length);
  }
  expect(order).toEqual(batches.map(({ i }) => i));
});

test("reads no further ahead than two batches a thread", async () => {
  let taken = 0;
  function* batches(): Generator<string> {
    for (; taken < 50; ) {
      taken++;
      yield "the";
    }
  }
  let read = 0;
  for await (const _ of pool.encodeAll(batches(), (text) => [text])) {
    read++;
    expect(taken - read).toBeLessThanOrEqual(4);
  }
  expect(read).toBe(50);
});

test("a failing batch fails in its turn, and the pool goes on", async () => {
  const results: number[] = [];
  const bad = null as unknown as readonly string[];
  const run = async (): Promise<void> => {
    const batches = [["the"], ["thing"], bad, ["that"]];
    for await (const { tokens } of pool.encodeAll(batches, (batch) => batch)) {
      results.push(tokens.length);
    }
  };
  await expect(run()).rejects.toThrow(/worker \.\/encode-worker/);
  expect(results).toHaveLength(2);
  await expect(pool.encode(["the"])).resolves.toBeDefined();
});

test("a closed pool refuses work, and what was open fails", async () => {
  const closed = new EncodePool(tokenizer, { threads: 1 });
  const open = closed.encode(["the"]);
  const [result] = await Promise.allSettled([open, closed.close()]);
  expect(result.status).toBe("rejected");
  await expect(closed.encode(["the"])).rejects.toThrow(/is closed/);
});

test("refuses a number of threads below one", () => {
  expect(() => new EncodePool(tokenizer, { threads: 0 })).toThrow(ConfigError);
});
