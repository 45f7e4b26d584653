/**
 * `npm run bench shakespeare`: nanoGPT's small CPU run (4 layers, width 128, context 64, batch 12,
 * 2,000 steps) on Tiny Shakespeare's characters, whose validation loss there is 1.88 nats.
 */
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { defaultRmsNormEps, defaultRopeTheta, type ModelConfig } from "../src/model/config.ts";
import { initialParameters } from "../src/model/initialise.ts";
import { languageLoss } from "../src/model/language-loss.ts";
import { parameterSpecs } from "../src/model/parameters.ts";
import { sharedDataFolder } from "../src/statistics/shared-data.fixture.ts";
import { Random } from "../src/statistics/random.ts";
import { loadProgram } from "../src/tensor/program.ts";
import { openRuntime } from "../src/tensor/runtime.ts";
import type { Runtime } from "../src/tensor/session.ts";
import { input } from "../src/tensor/tensor.ts";
import { adamw } from "../src/train/adamw.ts";
import { learningRateAt } from "../src/train/schedule.ts";
import { Stepper, timeMajorParts } from "../src/train/stepper.ts";
import { TrainState } from "../src/train/train-state.ts";
import type { Bench } from "./harness.ts";
