import { expect, test } from "vitest";
import { learningRateFor } from "../model/dial.ts";
import { settingsForCompute } from "./compute-budget.ts";
import { type SettingsChoices, settingsFromDial } from "./run-settings.ts";
import { meanSequenceFlops } from "./sequence-flops.ts";

const choices: SettingsChoices = {
  ...{ depth: 4, vocabSize: 512, dataset: "data", seed: 1, device: "cpu", threads: 1 },
};

/** Three images of nine tokens in a sequence. */
const dataset = { imageLoads: () => [{ grid: { rows: 3, columns: 3 }, perSequence: 3 }] };

test.each([3e10, 1e12])("a run of %s FLOPs is at most a step longer", (flops) => {
  for (const longestImageSide of [undefined, 96]) {
    const settings = settingsForCompute({ ...choices, longestImageSide }, flops, dataset);
    const perStep = meanSequenceFlops(settings, dataset) * settings.batchSize;
    expect(settings.steps * perStep).toBeGreaterThanOrEqual(flops * (1 - 1e-9));
    expect((settings.steps - 1) * perStep).toBeLessThan(flops);
  }
});

test("the same compute buys a model without a tower more tokens, at the dial's rates for them", () => {
  const seeing = settingsFromDial({ ...choices, longestImageSide: 96 });
  const flops = seeing.steps * seeing.batchSize * meanSequenceFlops(seeing, dataset);
  const reading = settingsForCompute(choices, flops, dataset);
  const tokens = ({ steps, batchSize }: typeof seeing) => steps * batchSize;
  expect(tokens(reading)).toBeGreaterThan(1.2 * tokens(seeing));
  const bought = reading.steps * reading.batchSize * reading.seqLen;
  expect(reading.learningRate).toBe(learningRateFor(reading.batchSize * reading.seqLen, bought));
});

test("tokens or steps beside the compute are refused", () => {
  for (const more of [{ tokensPerParameter: 20 }, { overrides: { steps: 5 } }]) {
    expect(() => settingsForCompute({ ...choices, ...more }, 1e12, dataset)).toThrow(
      "flops: expected neither tokensPerParameter nor steps beside it",
    );
  }
});
