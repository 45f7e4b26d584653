import { nonNegativeLeastSquares } from "../../statistics/linear-solve.ts";
import { centredLogs } from "./_centred-logs.ts";
import type { LawForm, LawProblem, LawRow } from "./law-form.ts";

/**
 * The loss as a sum of what is irreducible, what the model's size and what its data leave:
 * L(N, D) = E + A N^-alpha + B D^-beta, all of them above zero.
 *
 * @see Hoffmann et al. 2022, approach 3, arXiv 2203.15556
 */
export interface AdditiveLaw {
  readonly E: number;
  readonly A: number;
  readonly B: number;
  readonly alpha: number;
  readonly beta: number;
}

/** The loss that the law gives to a model of n parameters after d tokens. */
export function additiveLossAt(
  { E, A, B, alpha, beta }: AdditiveLaw,
  { n, d }: Pick<LawRow, "n" | "d">,
): number {
  return (
    E + Math.exp(Math.log(A) - alpha * Math.log(n)) + Math.exp(Math.log(B) - beta * Math.log(d))
  );
}

/** The law as a form; its variables are the logarithms of the three parts at the mean row, and of the exponents. */
export const additiveForm: LawForm = {
  name: "additive",
  reads: ["n", "d"],
  parameters: ["E", "A", "B", "alpha", "beta"],
  prepare: (rows) => new AdditiveProblem(rows),
};

/** Log-spaced exponents, wider than any that was published. */
const exponents = Array.from({ length: 20 }, (_, i) => 0.03 * (2 / 0.03) ** (i / 19));

/** What stands for a part that the projection leaves out, over the smallest loss. */
const leastShare = 1e-3;

class AdditiveProblem implements LawProblem {
  readonly rows: number;
  readonly variables = 5;
  readonly #n: Float64Array;
  readonly #d: Float64Array;
  readonly #y: Float64Array;
  readonly #centre: { readonly n: number; readonly d: number };

  constructor(rows: readonly LawRow[]) {
    this.rows = rows.length;
    const [n, d] = [centredLogs(rows.map((row) => row.n)), centredLogs(rows.map((row) => row.d))];
    [this.#n, this.#d] = [n.values, d.values];
    this.#centre = { n: n.mean, d: d.mean };
    this.#y = Float64Array.from(rows, ({ loss }) => Math.log(loss));
  }

  observed(row: number): number {
    return this.#y[row]!;
  }

  predict(x: ArrayLike<number>, row: number, gradient: Float64Array): number {
    const [n, d] = [this.#n[row]!, this.#d[row]!];
    const [alpha, beta] = [Math.exp(x[3]!), Math.exp(x[4]!)];
    const [ofN, ofD, e] = [x[0]! - alpha * n, x[1]! - beta * d, x[2]!];
    const top = Math.max(ofN, ofD, e);
    const total = top + Math.log(Math.exp(ofN - top) + Math.exp(ofD - top) + Math.exp(e - top));
    gradient[0] = Math.exp(ofN - total);
    gradient[1] = Math.exp(ofD - total);
    gradient[2] = Math.exp(e - total);
    gradient[3] = -gradient[0] * n * alpha;
    gradient[4] = -gradient[1] * d * beta;
    return total;
  }

  /**
   * Variable projection: at each pair of exponents the three parts follow in closed form.
   *
   * @see arXiv 2603.22339
   */
  starts(count: number): readonly (readonly number[])[] {
    const found = exponents.flatMap((alpha) =>
      exponents.map((beta) => ({ ...this.#project(alpha, beta), alpha, beta })),
    );
    return found
      .sort((a, b) => a.error - b.error)
      .slice(0, count)
      .map(({ parts, alpha, beta }) => [...parts.map(Math.log), Math.log(alpha), Math.log(beta)]);
  }

  /** The parts that minimize the squared relative error: of N and D at the centre, and E. */
  #project(alpha: number, beta: number): { parts: readonly number[]; error: number } {
    const gram = Array.from({ length: 3 }, () => [0, 0, 0]);
    const target = [0, 0, 0];
    for (let row = 0; row < this.rows; row++) {
      const scale = Math.exp(-this.#y[row]!);
      const basis = [
        scale * Math.exp(-alpha * this.#n[row]!),
        scale * Math.exp(-beta * this.#d[row]!),
        scale,
      ];
      for (let i = 0; i < 3; i++) {
        target[i]! += basis[i]!;
        for (let j = 0; j < 3; j++) gram[i]![j]! += basis[i]! * basis[j]!;
      }
    }
    const parts = nonNegativeLeastSquares(gram, target);
    const error = this.rows - parts.reduce((sum, part, i) => sum + part * target[i]!, 0);
    const least = leastShare * Math.exp(this.#y.reduce((low, y) => Math.min(low, y)));
    return { parts: parts.map((part) => Math.max(part, least)), error };
  }

  parametersAt(x: ArrayLike<number>): Readonly<Record<string, number>> {
    const [alpha, beta] = [Math.exp(x[3]!), Math.exp(x[4]!)];
    return {
      E: Math.exp(x[2]!),
      A: Math.exp(x[0]! + alpha * this.#centre.n),
      B: Math.exp(x[1]! + beta * this.#centre.d),
      alpha,
      beta,
    };
  }
}
