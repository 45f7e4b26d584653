import { attentions } from "./attention.ts";
import { cachedAttentions } from "./cached-attention.ts";
import { elementwise } from "./elementwise.ts";
import { indexing } from "./indexing.ts";
import { losses } from "./losses.ts";
import { normalisation } from "./normalisation.ts";
import { products } from "./products.ts";
import { quantised } from "./quantised.ts";
import { reductions } from "./reductions.ts";
import { rotations } from "./rotary.ts";
import { shapes } from "./shapes.ts";
import { constantRule, fixedInputRule, inputRule } from "./tensor.ts";

/** Every op there is, by name: each family's file holds shape rule, emission and gradient. */
export const ops = {
  input: inputRule,
  fixedInput: fixedInputRule,
  constant: constantRule,
  ...elementwise,
  ...shapes,
  ...reductions,
  ...products,
  ...quantised,
  ...normalisation,
  ...indexing,
  ...rotations,
  ...attentions,
  ...cachedAttentions,
  ...losses,
} as const;

/** Name of an op. */
export type OpName = keyof typeof ops;
