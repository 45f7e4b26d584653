import { nonNegativeLeastSquares } from "../../statistics/linear-solve.ts";
import type { LawForm, LawProblem, LawRow } from "./law-form.ts";

/** A part of a loss that falls as a power of something: coefficient * read^-exponent. */
interface PowerTerm {
  readonly reads: LawForm["reads"][number];
  /** Names of its parameters. */
  readonly coefficient: string;
  readonly exponent: string;
}

/**
 * The form of a law that is a constant E and some powers, all above zero. Its variables are the
 * logarithms of the terms at the mean row, of E, and of the exponents.
 *
 * @param exponents - at which a search may begin, for each term
 */
export function sumOfPowers(
  name: string,
  terms: readonly PowerTerm[],
  exponents: readonly number[],
): LawForm {
  return {
    name,
    reads: terms.map(({ reads }) => reads),
    parameters: [
      "E",
      ...terms.map(({ coefficient }) => coefficient),
      ...terms.map(({ exponent }) => exponent),
    ],
    prepare: (rows) => new SumOfPowers(rows, terms, exponents),
  };
}

/** Log-spaced exponents, wider than any that was published. */
export function exponentGrid(count: number): readonly number[] {
  const [least, most] = [0.01, 2];
  return Array.from({ length: count }, (_, i) => least * (most / least) ** (i / (count - 1)));
}

/** What stands for a part that the projection leaves out, over the smallest loss. */
const leastShare = 1e-3;

class SumOfPowers implements LawProblem {
  readonly rows: number;
  readonly variables: number;
  readonly #terms: readonly PowerTerm[];
  readonly #exponents: readonly number[];
  /** By term: what it reads, in logarithms less their mean: coefficient and exponent come apart. */
  readonly #x: readonly Float64Array[];
  readonly #centres: readonly number[];
  readonly #y: Float64Array;
  /** The parts of a prediction, the constant last, in logarithms. */
  readonly #parts: Float64Array;

  constructor(rows: readonly LawRow[], terms: readonly PowerTerm[], exponents: readonly number[]) {
    const logs = terms.map(({ reads }) => Float64Array.from(rows, (row) => Math.log(row[reads])));
    this.rows = rows.length;
    this.variables = 2 * terms.length + 1;
    this.#terms = terms;
    this.#exponents = exponents;
    this.#centres = logs.map((column) => column.reduce((sum, log) => sum + log, 0) / rows.length);
    this.#x = logs.map((column, term) => column.map((log) => log - this.#centres[term]!));
    this.#y = Float64Array.from(rows, ({ loss }) => Math.log(loss));
    this.#parts = new Float64Array(terms.length + 1);
  }

  observed(row: number): number {
    return this.#y[row]!;
  }

  predict(x: ArrayLike<number>, row: number, gradient: Float64Array): number {
    const count = this.#terms.length;
    const parts = this.#parts;
    parts[count] = x[count]!;
    let top = parts[count];
    for (let term = 0; term < count; term++) {
      parts[term] = x[term]! - Math.exp(x[count + 1 + term]!) * this.#x[term]![row]!;
      top = Math.max(top, parts[term]!);
    }
    let sum = 0;
    for (let part = 0; part <= count; part++) sum += Math.exp(parts[part]! - top);
    const total = top + Math.log(sum);
    for (let part = 0; part <= count; part++) gradient[part] = Math.exp(parts[part]! - total);
    for (let term = 0; term < count; term++) {
      const exponent = Math.exp(x[count + 1 + term]!);
      gradient[count + 1 + term] = -gradient[term]! * this.#x[term]![row]! * exponent;
    }
    return total;
  }

  /**
   * Variable projection: at each choice of exponents the parts follow in closed form.
   *
   * @see arXiv 2603.22339
   */
  starts(count: number): readonly (readonly number[])[] {
    if (count === 0) return [];
    return combinations(this.#exponents, this.#terms.length)
      .map((exponents) => ({ ...this.#project(exponents), exponents }))
      .sort((a, b) => a.error - b.error)
      .slice(0, count)
      .map(({ parts, exponents }) => [...parts, ...exponents].map(Math.log));
  }

  /** The parts that minimize the squared relative error: the terms at the centre, and E. */
  #project(exponents: readonly number[]): { parts: readonly number[]; error: number } {
    const size = exponents.length + 1;
    const gram = Array.from({ length: size }, () => new Array<number>(size).fill(0));
    const target = new Array<number>(size).fill(0);
    for (let row = 0; row < this.rows; row++) {
      const scale = Math.exp(-this.#y[row]!);
      const basis = exponents.map((one, term) => scale * Math.exp(-one * this.#x[term]![row]!));
      basis.push(scale);
      for (let i = 0; i < size; i++) {
        target[i]! += basis[i]!;
        for (let j = 0; j < size; j++) gram[i]![j]! += basis[i]! * basis[j]!;
      }
    }
    const parts = nonNegativeLeastSquares(gram, target);
    const error = this.rows - parts.reduce((sum, part, i) => sum + part * target[i]!, 0);
    const least = leastShare * Math.exp(this.#y.reduce((low, y) => Math.min(low, y)));
    return { parts: parts.map((part) => Math.max(part, least)), error };
  }

  parametersAt(x: ArrayLike<number>): Readonly<Record<string, number>> {
    const count = this.#terms.length;
    const pairs = this.#terms.flatMap(({ coefficient, exponent }, term) => {
      const power = Math.exp(x[count + 1 + term]!);
      const factor = Math.exp(x[term]! + power * this.#centres[term]!);
      return [
        [coefficient, factor],
        [exponent, power],
      ] as const;
    });
    return { E: Math.exp(x[count]!), ...Object.fromEntries(pairs) };
  }
}

/** All choices of `count` values, in order. */
function combinations(values: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  const shorter = combinations(values, count - 1);
  return values.flatMap((value) => shorter.map((rest) => [value, ...rest]));
}
