import type { GoldenFunction } from "./functions.ts";
import { agreementFunctions } from "./statistics/agreement-functions.ts";
import { betaBinomialFunctions } from "./statistics/beta-binomial-functions.ts";
import { bootstrapFunctions } from "./statistics/bootstrap-functions.ts";
import { calibrationFunctions } from "./statistics/calibration-functions.ts";
import { informationFunctions } from "./statistics/information-functions.ts";
import { intervalFunctions } from "./statistics/interval-functions.ts";
import { passAtKFunctions } from "./statistics/pass-at-k-functions.ts";
import { powerFunctions } from "./statistics/power-functions.ts";
import { testFunctions } from "./statistics/test-functions.ts";

/** Statistics by their names in the golden files. */
export const statisticsFunctions: Readonly<Record<string, GoldenFunction>> = {
  ...bootstrapFunctions,
  ...intervalFunctions,
  ...testFunctions,
  ...powerFunctions,
  ...betaBinomialFunctions,
  ...calibrationFunctions,
  ...passAtKFunctions,
  ...informationFunctions,
  ...agreementFunctions,
};
