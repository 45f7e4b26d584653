import { expect, test } from "vitest";
import { ConfigError } from "../errors.ts";
import { dial } from "../model/dial.ts";
import { type RunSettings, settingsFromDial } from "./run-settings.ts";

const choices = {
  depth: 3,
  vocabSize: 512,
  dataset: "d",
  seed: 1,
  device: "cpu",
  threads: 2,
} as const;
const settings = (overrides: Partial<RunSettings> = {}): RunSettings =>
  settingsFromDial({ ...choices, overrides });

test("a run has what the dial says", () => {
  const { tokens: _, ...setting } = dial(3, { vocabSize: 512 });
  expect(settings()).toMatchObject(setting);
});

test("another horizon keeps the shares of warm-up and decay", () => {
  const [whole, tenth] = [settings(), settings({ steps: Math.round(settings().steps / 10) })];
  expect(tenth.steps).toBeLessThan(whole.steps / 9);
  expect(tenth.decaySteps / tenth.steps).toBeCloseTo(whole.decaySteps / whole.steps, 2);
  expect(tenth.warmupSteps / tenth.steps).toBeCloseTo(whole.warmupSteps / whole.steps, 2);
  expect(settings({ steps: 1 })).toMatchObject({ steps: 1, warmupSteps: 1 });
});

test("what is overridden wins", () => {
  const overrides = { learningRate: 0.1, batchSize: 3, warmupSteps: 9, checkpointEvery: 7 };
  expect(settings(overrides)).toMatchObject(overrides);
});

test("a depth that the dial does not have is refused", () => {
  expect(() => settingsFromDial({ ...choices, depth: 0 })).toThrow(ConfigError);
});
