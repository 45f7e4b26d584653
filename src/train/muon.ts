import { add, mul, reciprocal, sqrt, sub } from "../tensor/elementwise.ts";
import { matmul } from "../tensor/products.ts";
import { sumOfSquares } from "../tensor/reductions.ts";
import { transpose } from "../tensor/shapes.ts";
import { scalar, type Tensor } from "../tensor/tensor.ts";
import { adamw } from "./adamw.ts";
import type { Optimizer, UpdateInput, UpdateOutput } from "./optimizer.ts";
import type { ParameterGroup } from "./parameter-groups.ts";

const momentum = 0.95; // Muon's reference implementation (Keller Jordan, 2024)
const iterations = 5;
const quintic = [3.4445, -4.775, 2.0315] as const; // ibid.: steepest at zero
/**
 * With it a 64 x 64 matrix moves as far (root mean square 0.2 of the learning rate) as under Adam,
 * so that one learning rate serves both; arXiv 2502.16982, section 2.2.
 */
const adamMatch = 0.025;

/**
 * Muon for the matrices inside blocks, AdamW for embedding, head and vectors.
 *
 * The step is the orthogonalised momentum times learningRate * scale * sqrt(in * out), whose
 * spectral norm follows the width exactly as µP asks, given the scale of `transferRule`.
 *
 * @see https://kellerjordan.github.io/posts/muon; arXiv 2502.16982
 */
export const muon: Optimizer = {
  name: "muon",
  init: (group) => (isInnerMatrix(group) ? 1 : adamw.init(group)),
  update: (input) => (isInnerMatrix(input.group) ? muonUpdate(input) : adamw.update(input)),
};

function isInnerMatrix({ members }: ParameterGroup): boolean {
  return ["query", "hidden", "residual"].includes(members[0]!.role);
}

function muonUpdate({ group, parameter, gradient, state, scalars }: UpdateInput): UpdateOutput {
  const clipped = mul(gradient, scalars.clip);
  const nextMomentum = add(mul(state[0]!, scalar(momentum)), clipped);
  const lookahead = add(mul(nextMomentum, scalar(momentum)), clipped);
  const [rows, columns] = group.shape as [number, number];
  const factor = adamMatch * Math.sqrt(rows * columns) * group.rule.learningRateScale;
  const rate = mul(scalars.learningRate, scalar(factor));
  const step = mul(orthogonalise(lookahead), rate);
  return { parameter: sub(mul(parameter, scalars.keep), step), state: [nextMomentum] };
}

/**
 * Roughly the nearest matrix with all singular values 1 (between about 0.7 and 1.2), by Newton and
 * Schulz's iteration.
 *
 * @param x - [rows, columns]
 */
export function orthogonalise(x: Tensor): Tensor {
  const [rows, columns] = x.shape as [number, number];
  const isTall = rows > columns;
  let y = isTall ? transpose(x, [1, 0]) : x;
  const norm = sqrt(add(sumOfSquares(y), scalar(1e-14)));
  y = mul(y, reciprocal(norm));
  const [a, b, c] = quintic;
  for (let iteration = 0; iteration < iterations; iteration++) {
    const gram = matmul(y, y, { transposeB: true });
    const polynomial = add(mul(gram, scalar(b)), matmul(gram, gram, { scale: c }));
    y = add(mul(y, scalar(a)), matmul(polynomial, y));
  }
  return isTall ? transpose(y, [1, 0]) : y;
}
