import type { ModelConfig } from "../model/config.ts";
import { languageLoss } from "../model/language-loss.ts";
import { isVisionParameter } from "../model/parameters.ts";
import type { Outputs } from "../tensor/compile.ts";
import { add, maximum, mul, reciprocal, sqrt } from "../tensor/elementwise.ts";
import { grad } from "../tensor/grad.ts";
import { sumOfSquares } from "../tensor/reductions.ts";
import { expand, reshape, sliceAxis, sum } from "../tensor/shapes.ts";
import { input, scalar, type Tensor } from "../tensor/tensor.ts";
import { imageInputs } from "./image-inputs.ts";
import type { Optimizer, StepScalars } from "./optimizer.ts";
import { memberTensors, type ParameterGroup } from "./parameter-groups.ts";

/** Shape of one optimizer step. */
export interface StepShape {
  readonly batchSize: number;
  readonly seqLen: number;
  /** Parts that the batch is computed in, one after the other; divides `batchSize`. */
  readonly parts: number;
  /** Whether sequences hold several documents that must not see each other. */
  readonly hasDocuments: boolean;
  /** Rows of images of each part; 0: the step has none. */
  readonly imageRows: number;
  /** Patches of a row of images. */
  readonly rowPatches: number;
}

/** Places of the numbers in the graph's input `scalars`. */
export const scalarSlots = {
  /** 1 / number of positions with a target. */
  lossScale: 0,
  /** Largest global norm of the gradient; infinite for no clipping. */
  clipNorm: 1,
  learningRate: 2,
  keep: 3,
  adamStep: 4,
  adamEpsilon: 5,
} as const;

/** Length of the graph's input `scalars`. */
export const scalarCount = 8;

/** Graph names of a group's tensors; the graph's outputs have `.next` appended. */
export const stateNames = {
  parameter: (group: ParameterGroup): string => `parameter.${group.key}`,
  slot: (group: ParameterGroup, slot: number): string => `slot${slot}.${group.key}`,
};

/**
 * One whole optimizer step as a graph: forward, backward, clipping by the global norm, update.
 *
 * Inputs: `tokens` and `targets` [parts * seqLen * batchSize / parts] int32 (each part time-major),
 * `documents` [batchSize, seqLen] int32 if there are any, the arrays of `ImageRows` if there are any
 * (`places` ordered as `tokens`), `scalars` [8], and each group's parameter and slots. Outputs: `loss` (mean nats per target), `gradientNorm`, and the next value
 * of each state tensor, which may share the memory of the present one: every update waits for
 * the global norm, and so for every reader of every parameter.
 */
export function stepGraph(
  config: ModelConfig,
  shape: StepShape,
  { groups, optimizer }: { groups: readonly ParameterGroup[]; optimizer: Optimizer },
): Outputs {
  const scalars = input("scalars", "float32", [scalarCount]);
  const at = (slot: number) => reshape(sliceAxis(scalars, 0, slot, slot + 1), []);
  const parameters = groups.map((group) =>
    input(stateNames.parameter(group), "float32", group.shape),
  );
  const { loss, gradients } = lossAndGradients(config, shape, {
    groups,
    parameters,
    lossScale: at(scalarSlots.lossScale),
  });
  const norm = sqrt(gradients.map((gradient) => sumOfSquares(gradient)).reduce(add));
  const clipNorm = at(scalarSlots.clipNorm);
  const stepScalars: StepScalars = {
    clip: mul(clipNorm, reciprocal(maximum(norm, clipNorm))),
    learningRate: at(scalarSlots.learningRate),
    keep: at(scalarSlots.keep),
    adamStep: at(scalarSlots.adamStep),
    adamEpsilon: at(scalarSlots.adamEpsilon),
  };
  const outputs: Record<string, Tensor> = { loss, gradientNorm: norm };
  groups.forEach((group, index) => {
    const state = Array.from({ length: optimizer.init(group) }, (_, slot) =>
      input(stateNames.slot(group, slot), "float32", group.shape),
    );
    const next = optimizer.update({
      group,
      parameter: parameters[index]!,
      gradient: gradients[index]!,
      state,
      scalars: stepScalars,
    });
    outputs[`${stateNames.parameter(group)}.next`] = next.parameter;
    next.state.forEach((tensor, slot) => {
      outputs[`${stateNames.slot(group, slot)}.next`] = tensor;
    });
  });
  return outputs;
}

function lossAndGradients(
  config: ModelConfig,
  shape: StepShape,
  state: {
    groups: readonly ParameterGroup[];
    parameters: readonly Tensor[];
    lossScale: Tensor;
  },
): { loss: Tensor; gradients: readonly Tensor[] } {
  const { batchSize, seqLen, parts, hasDocuments } = shape;
  const tokens = input("tokens", "int32", [batchSize * seqLen]);
  const targets = input("targets", "int32", [batchSize * seqLen]);
  const documents = hasDocuments ? input("documents", "int32", [batchSize, seqLen]) : undefined;
  const images = imageInputs(shape);
  const batch = batchSize / parts;
  const read = state.parameters.filter((_, index) => isRead(state.groups[index]!, shape));
  let loss: Tensor | undefined;
  let gradients: readonly Tensor[] | undefined;
  for (let part = 0; part < parts; part++) {
    const cut = (x: Tensor) => {
      const size = x.shape[0]! / parts;
      return sliceAxis(x, 0, part * size, (part + 1) * size);
    };
    const nats = languageLoss(memberTensors(state.groups, state.parameters), config, {
      tokens: cut(tokens),
      targets: cut(targets),
      documents: documents && cut(documents),
      batch,
      images: images && {
        patches: cut(images.patches),
        positions: cut(images.positions),
        images: cut(images.images),
        places: cut(images.places),
      },
    });
    const partLoss = mul(sum(nats), state.lossScale);
    gradients = grad(partLoss, read, gradients ? { onto: gradients } : {});
    loss = loss ? add(loss, partLoss) : partLoss;
  }
  const of = new Map(read.map((parameter, index) => [parameter, gradients![index]!]));
  const nothing = (parameter: Tensor) => expand(scalar(0), parameter.shape);
  return { loss: loss!, gradients: state.parameters.map((x) => of.get(x) ?? nothing(x)) };
}

/** A step without images leaves the vision tower unread: its gradient is zero. */
function isRead({ members }: ParameterGroup, { imageRows }: StepShape): boolean {
  return imageRows > 0 || members.some(({ name }) => !isVisionParameter(name));
}
