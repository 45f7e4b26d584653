import { expect, test } from "vitest";
import { atOnce, mapEvents, type Work } from "./at-once.ts";

const turn = () => new Promise<void>((resolve) => setImmediate(resolve));

/** Tells its name `count` times and gives it back; watches how many go on together. */
function counting(now: { going: number; most: number; begun: string[] }) {
  return (name: string, count: number): Work<string, string> =>
    async function* () {
      now.begun.push(name);
      now.going++;
      now.most = Math.max(now.most, now.going);
      try {
        for (let i = 0; i < count; i++) {
          await turn();
          yield name;
        }
        return name.toUpperCase();
      } finally {
        now.going--;
      }
    };
}

async function heard<Event, Result>(generator: AsyncGenerator<Event, Result>) {
  const events: Event[] = [];
  for (;;) {
    const step = await generator.next();
    if (step.done === true) return { events, results: step.value };
    events.push(step.value);
  }
}

test("results come in order, events as they come, no more than the limit at once", async () => {
  const now = { going: 0, most: 0, begun: [] as string[] };
  const work = counting(now);
  const works = [work("a", 9), work("b", 2), work("c", 3), work("d", 0), work("e", 1)];
  const { events, results } = await heard(atOnce(works, 2));
  expect(results).toEqual(["A", "B", "C", "D", "E"]);
  expect(events.toSorted().join("")).toBe("aaaaaaaaabbccce");
  expect(events.slice(0, 4).toSorted()).toEqual(["a", "a", "b", "b"]); // side by side
  expect(now).toEqual({ going: 0, most: 2, begun: ["a", "b", "c", "d", "e"] });
});

test("after a failure nothing begins, and what goes on ends before it is thrown", async () => {
  const now = { going: 0, most: 0, begun: [] as string[] };
  const work = counting(now);
  // biome-ignore lint/correctness/useYield: it fails before it tells anything
  const failing: Work<string, string> = async function* () {
    await turn();
    throw new Error("no");
  };
  const generator = atOnce([work("a", 5), failing, work("c", 1)], 2);
  const events: string[] = [];
  await expect(
    (async () => {
      for await (const event of generator) events.push(event);
    })(),
  ).rejects.toThrow("no");
  expect(events.join("")).toBe("aaaaa");
  expect(now).toMatchObject({ going: 0, begun: ["a"] });
});

test("when its reader goes, all that goes on is ended", async () => {
  const now = { going: 0, most: 0, begun: [] as string[] };
  const work = counting(now);
  for await (const _ of atOnce([work("a", 100), work("b", 100)], 2)) break;
  expect(now.going).toBe(0);
});

test("events are mapped, the result stays, and an end is passed on", async () => {
  const now = { going: 0, most: 0, begun: [] as string[] };
  const work = counting(now);
  const twice = (name: string) => name + name;
  expect(await heard(mapEvents(work("a", 2)(), twice))).toEqual({
    events: ["aa", "aa"],
    results: "A",
  });
  for await (const _ of mapEvents(work("b", 9)(), twice)) break;
  expect(now.going).toBe(0);
});
