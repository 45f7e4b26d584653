import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import {
  eventLogPath,
  openEventLog,
  type RunEvent,
  readEffectiveEvents,
  readEvents,
} from "./event-log.ts";
import { mountDisk, NO_DISK } from "./small-disk.fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const now = () => new Date("2025-11-25T12:00:00Z");

async function collect(events: AsyncIterable<RunEvent>): Promise<RunEvent[]> {
  const all: RunEvent[] = [];
  for await (const event of events) all.push(event);
  return all;
}

async function logSteps(resumedFrom: number | null, steps: readonly number[]): Promise<void> {
  const log = await openEventLog(folder, { now });
  log.append({ type: "run-start", resumedFrom });
  for (const step of steps) log.append({ type: "step-end", step });
  await log.close();
}

describe("event log", () => {
  it("writes one JSON line per event and counts attempts", async () => {
    const log = await openEventLog(folder, { now });
    log.append({ type: "step-end", step: 3, loss: 1.5, text: "a\u2028b\nc" });
    await log.close();
    expect((await openEventLog(folder, { now })).attempt).toBe(2);
    expect(await collect(readEvents(folder))).toEqual([
      {
        type: "step-end",
        time: "2025-11-25T12:00:00.000Z",
        attempt: 1,
        step: 3,
        loss: 1.5,
        text: "a\u2028b\nc",
      },
    ]);
    expect((await readFile(eventLogPath(folder), "utf8")).split("\n").length).toBe(2);
  });

  it("reads a missing log as empty", async () => {
    expect(await collect(readEvents(folder))).toEqual([]);
  });

  it("leaves a torn last line out wherever it was cut, and repairs it on the next append", async () => {
    await logSteps(null, [1, 2]);
    const whole = await readFile(eventLogPath(folder));
    const lastLine = whole.lastIndexOf(0x0a, whole.length - 2) + 1;
    const lineLength = whole.length - lastLine;
    for (const kept of [0, 1, 20, lineLength - 2, lineLength - 1]) {
      const cut = lastLine + kept;
      await writeFile(eventLogPath(folder), whole.subarray(0, cut));
      const isComplete = cut === whole.length - 1; // only the newline is missing
      const expected = isComplete ? [undefined, 1, 2] : [undefined, 1];
      expect((await collect(readEvents(folder))).map(({ step }) => step)).toEqual(expected);
      const log = await openEventLog(folder, { now });
      log.append({ type: "step-end", step: 9 });
      await log.close();
      expect((await collect(readEvents(folder))).map(({ step }) => step)).toEqual([...expected, 9]);
    }
  });

  it("repairs a torn line longer than one read", async () => {
    await logSteps(null, [1]);
    await appendFile(eventLogPath(folder), `{"type":"step-end","text":"${"x".repeat(200_000)}`);
    await logSteps(1, [2]);
    expect((await collect(readEvents(folder))).map(({ step }) => step)).toEqual([
      undefined,
      1,
      undefined,
      2,
    ]);
  });

  it("names a broken line that is not the last", async () => {
    await logSteps(null, [1]);
    await appendFile(eventLogPath(folder), "garbage\n");
    await expect(collect(readEvents(folder))).rejects.toThrow(
      /events\.jsonl, line 3: expected an event .* got "garbage"/,
    );
  });

  it("gives up on a full disk without tearing the log", async ({ skip }) => {
    const unmount = mountDisk(folder, "size=64k") ?? skip(NO_DISK);
    try {
      const log = await openEventLog(folder, { now });
      const fill = () => {
        for (;;) log.append({ type: "step-end", text: "x".repeat(5000) });
      };
      expect(fill).toThrow(/events\.jsonl: the disk is full: a line of \d+ bytes did not fit/);
      const { size } = await stat(eventLogPath(folder));
      expect(size).toBeGreaterThan(10_000);
      expect((await readFile(eventLogPath(folder), "utf8")).endsWith("\n")).toBe(true);
      await log.close();
    } finally {
      unmount();
    }
  });
});

describe("readEffectiveEvents", () => {
  const effective = async () =>
    (await collect(readEffectiveEvents(folder))).map(({ attempt, step }) => [attempt, step]);

  it("drops what lies beyond the checkpoint that a later attempt resumed from", async () => {
    await logSteps(null, [1, 2, 3, 4]);
    await logSteps(2, [3, 4, 5]);
    expect(await effective()).toEqual([
      [1, undefined],
      [1, 1],
      [1, 2],
      [2, undefined],
      [2, 3],
      [2, 4],
      [2, 5],
    ]);
  });

  it("goes back over several attempts, and to the beginning", async () => {
    await logSteps(null, [1, 2, 3]);
    await logSteps(3, [4, 5]);
    await logSteps(1, [2]);
    expect(await effective()).toEqual([
      [1, undefined],
      [1, 1],
      [2, undefined],
      [3, undefined],
      [3, 2],
    ]);
    await logSteps(null, [0, 1]);
    expect((await effective()).filter(([, step]) => step !== undefined)).toEqual([
      [4, 0],
      [4, 1],
    ]);
  });
});
