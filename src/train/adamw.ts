import { add, div, mul, sqrt, sub } from "../tensor/elementwise.ts";
import { scalar } from "../tensor/tensor.ts";
import type { Optimizer, UpdateInput, UpdateOutput } from "./optimizer.ts";

/** Decay rates and epsilon of Adam. GPT-3 (arXiv 2005.14165, appendix B) has 0.9 and 0.95. */
export const adamRates = { first: 0.9, second: 0.95, epsilon: 1e-12 } as const;

/**
 * AdamW with decoupled weight decay.
 *
 * The moments are kept as decayed sums rather than means (M = b1 M + g, V = b2 V + g^2): the
 * factors that make means of them, and the bias corrections, are scalars of the step
 * (`adamScalars`), which saves passes over the state.
 *
 * @see arXiv 1412.6980, algorithm 1; arXiv 1711.05101, algorithm 2
 */
export const adamw: Optimizer = {
  name: "adamw",
  init: () => 2,
  update: adamwUpdate,
};

function adamwUpdate({ group, parameter, gradient, state, scalars }: UpdateInput): UpdateOutput {
  const [first, second] = state;
  const clipped = mul(gradient, scalars.clip);
  const nextFirst = add(mul(first!, scalar(adamRates.first)), clipped);
  const nextSecond = add(mul(second!, scalar(adamRates.second)), mul(clipped, clipped));
  const rate = mul(scalars.adamStep, scalar(group.rule.learningRateScale));
  const step = mul(div(nextFirst, add(sqrt(nextSecond), scalars.adamEpsilon)), rate);
  const kept = group.rule.weightDecay ? mul(parameter, scalars.keep) : parameter;
  return { parameter: sub(kept, step), state: [nextFirst, nextSecond] };
}

/**
 * The scalars that turn decayed sums into Adam's step: with e = sqrt((1 - b2) / (1 - b2^t)),
 * step = learningRate (1 - b1) / (1 - b1^t) / e and epsilon / e.
 *
 * @param step - 1 for the first
 */
export function adamScalars(
  step: number,
  learningRate: number,
): { adamStep: number; adamEpsilon: number } {
  const { first, second, epsilon } = adamRates;
  const deviation = Math.sqrt((1 - second) / (1 - second ** step));
  return {
    adamStep: (learningRate * (1 - first)) / (1 - first ** step) / deviation,
    adamEpsilon: epsilon / deviation,
  };
}
