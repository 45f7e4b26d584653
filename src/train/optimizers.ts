import { adamw } from "./adamw.ts";
import { muon } from "./muon.ts";
import type { Optimizer, OptimizerName } from "./optimizer.ts";

/** Every optimizer, by name. */
export const optimizers: { readonly [name in OptimizerName]: Optimizer } = { adamw, muon };
