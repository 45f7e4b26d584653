import { describe, expect, it } from "vitest";
import { createProgress, type ProgressState } from "./progress.ts";

function show(surface: { isTty: boolean; json: boolean; columns?: number }) {
  let text = "";
  let time = 0;
  const stderr = { write: (part: string) => (text += part), columns: surface.columns };
  const progress = createProgress({ ...surface, stderr }, "train", () => time);
  return {
    progress,
    at(timeMs: number, done: number) {
      time = timeMs;
      const state: ProgressState = {
        done,
        total: 200,
        secondsLeft: 192,
        parts: { loss: "loss 2.31", rate: "12k tokens/s" },
        values: { loss: 2.3125 },
      };
      progress.update(state);
    },
    text: () => text,
  };
}

const line = (done: number) =>
  `train ${done}/200 ${done / 2}% · loss 2.31 · 12k tokens/s · 3m12s left`;

describe("progress", () => {
  it("rewrites one line on a terminal, not more often than the eye reads", () => {
    const { progress, at, text } = show({ isTty: true, json: false });
    at(0, 2);
    at(50, 4);
    at(100, 6);
    at(110, 8);
    progress.end();
    progress.end();
    expect(text()).toBe(`${[2, 6, 8].map((done) => `\r\x1b[2K${line(done)}`).join("")}\n`);
  });

  it("cuts the line to the terminal's width and keeps notes", () => {
    const { progress, at, text } = show({ isTty: true, json: false, columns: 12 });
    at(0, 2);
    progress.note("saved");
    expect(text()).toBe("\r\x1b[2Ktrain 2/200\r\x1b[2Ksaved\n");
  });

  it("prints a plain line now and then elsewhere, and always the last", () => {
    const { progress, at, text } = show({ isTty: false, json: false });
    at(0, 2);
    at(4999, 4);
    at(5000, 6);
    at(5001, 200);
    progress.note("saved");
    progress.end();
    expect(text()).toBe(`${line(2)}\n${line(6)}\nsaved\n${line(200)}\n`);
  });

  it("prints JSON Lines under --json, also on a terminal", () => {
    const { progress, at, text } = show({ isTty: true, json: true });
    at(0, 2);
    progress.note("saved");
    progress.end();
    expect(
      text()
        .trim()
        .split("\n")
        .map((part) => JSON.parse(part)),
    ).toEqual([
      { progress: "train", done: 2, total: 200, secondsLeft: 192, loss: 2.3125 },
      { note: "saved" },
    ]);
  });
});
