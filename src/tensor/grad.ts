import { ShapeError } from "../errors.ts";
import { add } from "./elementwise.ts";
import { describe, type Node, scalar, type Tensor } from "./tensor.ts";

/** What `grad` may be told. */
export interface GradOptions {
  /** Sums that the gradients are added to, one for each tensor: accumulation over parts of a batch. */
  readonly onto?: readonly Tensor[];
}

/**
 * Gradients of a scalar by reverse-mode differentiation, as further nodes of the same graph.
 *
 * @param loss - a scalar, shape []
 * @param tensors - what to differentiate by
 * @returns one gradient for each tensor, of the same shape
 * @throws {ShapeError} when the loss is no scalar or does not depend on a tensor, or a sum does not fit
 */
export function grad(
  loss: Tensor,
  tensors: readonly Tensor[],
  options: GradOptions = {},
): Tensor[] {
  if (loss.shape.length !== 0) {
    throw new ShapeError(`grad: expected a scalar loss, got ${describe(loss)}`);
  }
  const gradients = new Gradients();
  const path = nodesTowards(loss, tensors);
  if (options.onto !== undefined) {
    checkOnto(tensors, options.onto, new Set(path));
    options.onto.forEach((sum, index) => {
      gradients.add(tensors[index]!, sum);
    });
  }
  gradients.add(loss, scalar(1, loss.dtype));
  for (const node of path) {
    const outputs = node.outputs.map((output) => gradients.get(output));
    if (node.rule.grad === undefined || outputs.every((gradient) => gradient === undefined))
      continue;
    node.rule.grad(node, outputs).forEach((gradient, index) => {
      if (gradient !== undefined) gradients.add(node.inputs[index]!, gradient);
    });
  }
  return tensors.map((tensor, index) => {
    const gradient = gradients.get(tensor);
    if (gradient === undefined || gradient === options.onto?.[index]) {
      throw new ShapeError(`grad: the loss does not depend on ${describe(tensor)}`);
    }
    return gradient;
  });
}

/** A sum on a tensor within the path would count as its gradient on the way to the tensors below. */
function checkOnto(
  tensors: readonly Tensor[],
  onto: readonly Tensor[],
  path: ReadonlySet<Node>,
): void {
  const [expected, got] = [tensors.map(describe).join(", "), onto.map(describe).join(", ")];
  if (expected !== got) throw new ShapeError(`grad: expected onto ${expected}, got ${got}`);
  const within = tensors.find(({ node }) => node.inputs.some((source) => path.has(source.node)));
  if (within !== undefined) {
    throw new ShapeError(
      `grad: onto expects tensors that do not depend on each other, got ${describe(within)} that does`,
    );
  }
}

class Gradients {
  readonly #sums = new Map<Node, (Tensor | undefined)[]>();

  get({ node, index }: Tensor): Tensor | undefined {
    return this.#sums.get(node)?.[index];
  }

  add({ node, index }: Tensor, contribution: Tensor): void {
    const sums = this.#sums.get(node) ?? [];
    const sum = sums[index];
    sums[index] = sum === undefined ? contribution : accumulate(sum, contribution);
    this.#sums.set(node, sums);
  }
}

function accumulate(sum: Tensor, contribution: Tensor): Tensor {
  const { node } = contribution;
  return node.rule.accumulate?.(node, sum) ?? add(sum, contribution);
}

/** Nodes between the loss and the tensors, last first; those that lead to no tensor are left out. */
function nodesTowards(loss: Tensor, tensors: readonly Tensor[]): Node[] {
  const reached = new Set<Node>([loss.node]);
  for (const node of reached) for (const { node: source } of node.inputs) reached.add(source);
  const ordered = [...reached].sort((a, b) => a.id - b.id);
  const wanted = new Set<Node>(tensors.map(({ node }) => node));
  for (const node of ordered) {
    if (node.inputs.some(({ node: source }) => wanted.has(source))) wanted.add(node);
  }
  return ordered.filter((node) => wanted.has(node)).reverse();
}
