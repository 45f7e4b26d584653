import { nonNegativeLeastSquares } from "../../statistics/linear-solve.ts";
import { centredLogs } from "./_centred-logs.ts";
import type { LawForm, LawProblem, LawRow } from "./law-form.ts";

/**
 * The law of compute-optimal runs as a form for tables, L(C) = E + A C^-alpha; its variables are the
 * logarithms of A C^-alpha at the mean row, of E and of alpha.
 *
 * @see `LossLaw`, where the same law is written a C^b + c
 */
export const powerForm: LawForm = {
  name: "power",
  reads: ["c"],
  parameters: ["E", "A", "alpha"],
  prepare: (rows) => new PowerProblem(rows),
};

const exponents = Array.from({ length: 60 }, (_, i) => 0.01 * (2 / 0.01) ** (i / 59));

/** What stands for E where the projection leaves it out, over the smallest loss. */
const leastShare = 1e-3;

class PowerProblem implements LawProblem {
  readonly rows: number;
  readonly variables = 3;
  readonly #c: Float64Array;
  readonly #y: Float64Array;
  readonly #centre: number;

  constructor(rows: readonly LawRow[]) {
    const { values, mean } = centredLogs(rows.map(({ c }) => c));
    this.rows = rows.length;
    this.#c = values;
    this.#centre = mean;
    this.#y = Float64Array.from(rows, ({ loss }) => Math.log(loss));
  }

  observed(row: number): number {
    return this.#y[row]!;
  }

  predict(x: ArrayLike<number>, row: number, gradient: Float64Array): number {
    const c = this.#c[row]!;
    const alpha = Math.exp(x[2]!);
    const [ofC, e] = [x[0]! - alpha * c, x[1]!];
    const top = Math.max(ofC, e);
    const total = top + Math.log(Math.exp(ofC - top) + Math.exp(e - top));
    gradient[0] = Math.exp(ofC - total);
    gradient[1] = Math.exp(e - total);
    gradient[2] = -gradient[0] * c * alpha;
    return total;
  }

  starts(count: number): readonly (readonly number[])[] {
    return exponents
      .map((alpha) => ({ ...this.#project(alpha), alpha }))
      .sort((a, b) => a.error - b.error)
      .slice(0, count)
      .map(({ parts, alpha }) => [...parts.map(Math.log), Math.log(alpha)]);
  }

  #project(alpha: number): { parts: readonly number[]; error: number } {
    let [pp, pq, qq, p, q] = [0, 0, 0, 0, 0];
    for (let row = 0; row < this.rows; row++) {
      const ofE = Math.exp(-this.#y[row]!);
      const ofC = ofE * Math.exp(-alpha * this.#c[row]!);
      pp += ofC * ofC;
      pq += ofC * ofE;
      qq += ofE * ofE;
      p += ofC;
      q += ofE;
    }
    const parts = nonNegativeLeastSquares(
      [
        [pp, pq],
        [pq, qq],
      ],
      [p, q],
    );
    const error = this.rows - parts[0]! * p - parts[1]! * q;
    const least = leastShare * Math.exp(this.#y.reduce((low, y) => Math.min(low, y)));
    return { parts: parts.map((part) => Math.max(part, least)), error };
  }

  parametersAt(x: ArrayLike<number>): Readonly<Record<string, number>> {
    const alpha = Math.exp(x[2]!);
    return { E: Math.exp(x[1]!), A: Math.exp(x[0]! + alpha * this.#centre), alpha };
  }
}
