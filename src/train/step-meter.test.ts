import { expect, test } from "vitest";
import { settingsFromDial } from "./run-settings.ts";
import { StepMeter } from "./step-meter.ts";
import type { StepEvent } from "./train-event.ts";

const choices = {
  depth: 1,
  vocabSize: 320,
  dataset: "d",
  seed: 1,
  device: "cpu",
  threads: 1,
} as const;

/** The events of a run that begins after `first` steps, with the step's number as its loss. */
function eventsOf(steps: number, first = 0): StepEvent[] {
  const settings = settingsFromDial({ ...choices, overrides: { steps } });
  const meter = new StepMeter({ settings, flopsPerStep: 1e6, peakFlops: 1e9, first });
  const events: StepEvent[] = [];
  for (let step = first + 1; step <= steps; step++) {
    meter.begin();
    meter.dataArrived();
    const event = meter.end(step, { loss: step, gradientNorm: 1, learningRate: 0.1 });
    if (event !== undefined) events.push(event);
  }
  return events;
}

test("a short run tells every step", () => {
  expect(eventsOf(200).map(({ lossNats }) => lossNats)).toEqual(
    Array.from({ length: 200 }, (_, i) => i + 1),
  );
});

test("a long run tells at most 200 times, with the mean loss since the last time, and at the end", () => {
  const events = eventsOf(1001);
  expect(events).toHaveLength(167);
  expect(events[0]).toMatchObject({ step: 6, steps: 1001, lossNats: 3.5 });
  expect(events[1]).toMatchObject({ step: 12, lossNats: 9.5 });
  expect(events.at(-1)).toMatchObject({ step: 1001, lossNats: 999, secondsLeft: 0 });
});

test("a resumed run counts only its own steps", () => {
  expect(eventsOf(1000, 502)[0]).toMatchObject({ step: 505, lossNats: 504 });
});

test("shares lie between 0 and 1 and the rate is tokens over seconds", () => {
  for (const { dataShare, tokensPerSecond, peakShare, secondsLeft } of eventsOf(50)) {
    expect(dataShare).toBeGreaterThanOrEqual(0);
    expect(dataShare).toBeLessThanOrEqual(1);
    expect(Number.isFinite(tokensPerSecond) && tokensPerSecond > 0).toBe(true);
    expect(peakShare).toBeGreaterThan(0);
    expect(secondsLeft).toBeGreaterThanOrEqual(0);
  }
});
