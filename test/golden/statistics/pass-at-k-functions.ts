import { datasetPassAtK, passAtK, passHatK } from "../../../src/statistics/pass-at-k.ts";
import type { GoldenFunction } from "../functions.ts";

/** The functions of pass_at_k.json; its exact fractions are behind the values, rounded once. */
export const passAtKFunctions: Readonly<Record<string, GoldenFunction>> = {
  pass_at_k: {
    run({ n, c, k }) {
      const { value, log, logRest } = passAtK({ n, correct: c }, k);
      return { value, log_pass: log, log_fail: logRest };
    },
  },
  pass_hat_k: {
    run({ n, c, k }) {
      const { value, log } = passHatK({ n, correct: c }, k);
      return { value, log };
    },
  },
  pass_at_k_dataset: {
    run({ problems, k }) {
      const attempts = (problems as [number, number][]).map(([n, correct]) => ({ n, correct }));
      return { value: datasetPassAtK(attempts, k) };
    },
  },
};
