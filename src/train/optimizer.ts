import type { Tensor } from "../tensor/tensor.ts";
import type { ParameterGroup } from "./parameter-groups.ts";

/** One group at one step: everything an update reads, as tensors of the step's graph. */
export interface UpdateInput {
  readonly group: ParameterGroup;
  readonly parameter: Tensor;
  /** Gradient before clipping. */
  readonly gradient: Tensor;
  /** The group's optimizer state, one tensor of the parameter's shape for each slot. */
  readonly state: readonly Tensor[];
  readonly scalars: StepScalars;
}

/** Numbers of the step, each a scalar tensor. */
export interface StepScalars {
  /** Factor that clips the gradient's global norm, at most 1. */
  readonly clip: Tensor;
  /** The run's scheduled learning rate; a group's own is this times its rule's scale. */
  readonly learningRate: Tensor;
  /** 1 - learningRate * weightDecay. */
  readonly keep: Tensor;
  /** Number of the step, 1 for the first. */
  readonly adamStep: Tensor;
  readonly adamEpsilon: Tensor;
}

/** What an update gives. */
export interface UpdateOutput {
  readonly parameter: Tensor;
  readonly state: readonly Tensor[];
}

/** Pure optimizer: how many slots of state a group starts with (zeros), and one update. */
export interface Optimizer {
  readonly name: OptimizerName;
  /** Slots of state; each starts at zero. */
  init(group: ParameterGroup): number;
  update(input: UpdateInput): UpdateOutput;
}

/** Names of the optimizers. */
export type OptimizerName = "adamw" | "muon";
