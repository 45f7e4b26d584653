import { nonNegativeLeastSquares } from "../../statistics/linear-solve.ts";
import type { LawForm, LawParameters, LawPlace, LawProblem, LawRow } from "./law-form.ts";

/** A part of a loss that falls as a power of something: coefficient * read^-exponent. */
interface PowerTerm {
  readonly reads: LawForm["reads"][number];
  /** Names of its parameters; terms that name the same exponent share it. */
  readonly coefficient: string;
  readonly exponent: string;
  /** What is raised to the power instead, where a parameter of its own has a part in it. */
  readonly reach?: Reach;
}

/** What a parameter above zero makes of a row. */
interface Reach {
  readonly parameter: string;
  /** Values at which a search begins. */
  readonly starts: readonly number[];
  /** The logarithm of what is raised to the power, and its slope by that of the parameter. */
  log(place: LawPlace, value: number): readonly [log: number, slope: number];
}

/** What a sum of powers is made of. */
interface PowerSum {
  readonly name: string;
  readonly terms: readonly PowerTerm[];
  /** Exponents at which a search may begin, for each. */
  readonly exponents: readonly number[];
  /** Whether an irreducible loss E is added; it is by default. */
  readonly hasConstant?: boolean;
  /** Name of a power to which the terms together are raised. */
  readonly coupling?: string;
}

/** A power sum with its exponents counted. */
interface Shape extends PowerSum {
  readonly hasConstant: boolean;
  /** Names of the exponents, each once. */
  readonly powers: readonly string[];
  /** By term: which exponent is its own. */
  readonly powerOf: readonly number[];
  /** The one term with a reach. */
  readonly reaching: { readonly term: number; readonly reach: Reach } | undefined;
}

/**
 * The form of a law E + (sum of powers)^coupling, all parts above zero. Its variables are the
 * logarithms of the terms at the mean row, of E, of the exponents and of the coupling.
 */
export function sumOfPowers(sum: PowerSum): LawForm {
  const { name, terms, hasConstant = true, coupling } = sum;
  const powers = [...new Set(terms.map(({ exponent }) => exponent))];
  const powerOf = terms.map(({ exponent }) => powers.indexOf(exponent));
  const reaching = terms.flatMap(({ reach }, term) =>
    reach === undefined ? [] : [{ term, reach }],
  )[0];
  const shape: Shape = { ...sum, hasConstant, powers, powerOf, reaching };
  return {
    name,
    reads: terms.map(({ reads }) => reads),
    parameters: [
      ...(hasConstant ? ["E"] : []),
      ...terms.map(({ coefficient }) => coefficient),
      ...powers,
      ...(coupling === undefined ? [] : [coupling]),
      ...(reaching === undefined ? [] : [reaching.reach.parameter]),
    ],
    prepare: (rows) => new SumOfPowers(rows, shape),
    lossAt: (parameters, place) => lossAt(shape, parameters, place),
  };
}

function lossAt({ terms, coupling }: Shape, parameters: LawParameters, place: LawPlace): number {
  // Through logarithms: a coefficient may be large where its power is small.
  const together = terms
    .map(({ reads, coefficient, exponent, reach }) => {
      const log =
        reach === undefined
          ? Math.log(place[reads])
          : reach.log(place, parameters[reach.parameter]!)[0];
      return Math.log(parameters[coefficient]!) - parameters[exponent]! * log;
    })
    .reduce(logSum);
  const power = coupling === undefined ? 1 : parameters[coupling]!;
  return (parameters["E"] ?? 0) + Math.exp(power * together);
}

/** Log-spaced exponents, wider than any that was published. */
export function exponentGrid(count: number): readonly number[] {
  const [least, most] = [0.01, 2];
  return Array.from({ length: count }, (_, i) => least * (most / least) ** (i / (count - 1)));
}

/** What stands for a part that the projection leaves out, over the smallest loss. */
const leastShare = 1e-3;

/** Couplings at which a search begins. */
const couplings = [1, 0.5, 2];

class SumOfPowers implements LawProblem {
  readonly rows: number;
  readonly variables: number;
  readonly constant: number | undefined;
  readonly #shape: Shape;
  /** By term: what it reads, in logarithms less their mean: coefficient and exponent come apart. */
  readonly #x: readonly Float64Array[];
  readonly #centres: readonly number[];
  readonly observed: Float64Array;
  readonly #places: readonly LawPlace[];
  /** Places of the first exponent, of the coupling and of a reach's parameter. */
  readonly #power: number;
  readonly #coupling: number;
  readonly #reach: number;

  constructor(rows: readonly LawRow[], shape: Shape) {
    const { terms, hasConstant, powers, coupling } = shape;
    const logs = terms.map(({ reads }) => Float64Array.from(rows, (row) => Math.log(row[reads])));
    this.rows = rows.length;
    this.#shape = shape;
    this.constant = hasConstant ? terms.length : undefined;
    this.#power = terms.length + (hasConstant ? 1 : 0);
    this.#coupling = this.#power + powers.length;
    this.#reach = this.#coupling + (coupling === undefined ? 0 : 1);
    this.variables = this.#reach + (shape.reaching === undefined ? 0 : 1);
    this.#places = rows;
    this.#centres = logs.map((column) => column.reduce((sum, log) => sum + log, 0) / rows.length);
    this.#x = logs.map((column, term) => column.map((log) => log - this.#centres[term]!));
    this.observed = Float64Array.from(rows, ({ loss }) => Math.log(loss));
  }

  predict(x: ArrayLike<number>, predicted: Float64Array, slopes: Float64Array): void {
    const { powerOf, hasConstant, coupling } = this.#shape;
    const powers = powerOf.map((power) => Math.exp(x[this.#power + power]!));
    const exponent = coupling === undefined ? 1 : Math.exp(x[this.#coupling]!);
    const constant = hasConstant ? Math.exp(x[this.constant!]!) : 0;
    const size = this.variables;
    const { columns, reachSlopes } = this.#columnsAt(Math.exp(x[this.#reach] ?? 0));
    slopes.fill(0);
    this.#fillTerms(x, { powers, columns, slopes });
    for (let row = 0; row < this.rows; row++) {
      const from = row * size;
      let sum = 0;
      for (let term = 0; term < powers.length; term++) sum += slopes[from + term]!;
      const reducible = coupling === undefined ? sum : sum ** exponent;
      const total = constant + reducible;
      const share = reducible / total;
      predicted[row] = Math.log(total);
      for (let term = 0; term < powers.length; term++) {
        const slope = slopes[from + term]! * ((share * exponent) / sum);
        slopes[from + term] = slope;
        slopes[from + this.#power + powerOf[term]!]! -=
          slope * columns[term]![row]! * powers[term]!;
      }
      if (hasConstant) slopes[from + this.constant!] = 1 - share;
      if (coupling !== undefined) slopes[from + this.#coupling] = share * Math.log(reducible);
    }
    if (reachSlopes !== undefined) this.#fillReach(powers, reachSlopes, slopes);
  }

  /** The slopes by a reach's parameter, from those of its term. */
  #fillReach(powers: readonly number[], reachSlopes: Float64Array, slopes: Float64Array): void {
    const { term } = this.#shape.reaching!;
    for (let row = 0; row < this.rows; row++) {
      const from = row * this.variables;
      slopes[from + this.#reach] = -slopes[from + term]! * powers[term]! * reachSlopes[row]!;
    }
  }

  /** The terms of each row, in the places of their slopes. */
  #fillTerms(
    x: ArrayLike<number>,
    {
      powers,
      columns,
      slopes,
    }: {
      readonly powers: readonly number[];
      readonly columns: readonly Float64Array[];
      readonly slopes: Float64Array;
    },
  ): void {
    for (const [term, power] of powers.entries()) {
      const column = columns[term]!;
      for (let row = 0; row < this.rows; row++) {
        slopes[row * this.variables + term] = Math.exp(x[term]! - power * column[row]!);
      }
    }
  }

  /** What the terms read, in logarithms less their centres, at a value of the reach's parameter. */
  #columnsAt(value: number): {
    readonly columns: readonly Float64Array[];
    readonly reachSlopes: Float64Array | undefined;
  } {
    const { reaching } = this.#shape;
    if (reaching === undefined) return { columns: this.#x, reachSlopes: undefined };
    const { term, reach } = reaching;
    const column = new Float64Array(this.rows);
    const reachSlopes = new Float64Array(this.rows);
    for (let row = 0; row < this.rows; row++) {
      const [log, slope] = reach.log(this.#places[row]!, value);
      column[row] = log - this.#centres[term]!;
      reachSlopes[row] = slope;
    }
    return { columns: this.#x.with(term, column), reachSlopes };
  }

  /**
   * Variable projection: at each choice of exponents the parts follow in closed form. A coupled
   * law begins where the same law without coupling does, and at other couplings of the same slopes.
   *
   * @see arXiv 2603.22339
   */
  starts(count: number): readonly (readonly number[])[] {
    if (count === 0) return [];
    const { exponents, powers, coupling, reaching } = this.#shape;
    const projected = (reaching?.reach.starts ?? [undefined])
      .flatMap((value) => {
        const { columns } = this.#columnsAt(value ?? 1);
        const last = value === undefined ? [] : [value];
        return combinations(exponents, powers.length).map((chosen) => ({
          ...this.#project(chosen, columns),
          chosen: [...chosen, ...last],
        }));
      })
      .sort((a, b) => a.error - b.error);
    if (coupling === undefined) {
      return projected
        .slice(0, count)
        .map(({ parts, chosen }) => [...parts, ...chosen].map(Math.log));
    }
    const each = projected.slice(0, Math.ceil(count / couplings.length));
    return each
      .flatMap(({ parts, chosen }) => couplings.map((one) => this.#coupled(parts, chosen, one)))
      .slice(0, count);
  }

  #coupled(parts: readonly number[], powers: readonly number[], coupling: number): number[] {
    const { length } = this.#shape.terms;
    const terms = parts.slice(0, length).map((part) => Math.log(part) / coupling);
    const constant = parts.slice(length).map(Math.log);
    return [
      ...terms,
      ...constant,
      ...powers.map((one) => Math.log(one / coupling)),
      Math.log(coupling),
    ];
  }

  /** The parts that minimize the squared relative error: the terms at the centre, and E. */
  #project(
    powers: readonly number[],
    columns: readonly Float64Array[],
  ): { parts: readonly number[]; error: number } {
    const { powerOf, hasConstant } = this.#shape;
    const size = powerOf.length + (hasConstant ? 1 : 0);
    const gram = Array.from({ length: size }, () => new Array<number>(size).fill(0));
    const target = new Array<number>(size).fill(0);
    const basis = new Array<number>(size);
    for (let row = 0; row < this.rows; row++) {
      const scale = Math.exp(-this.observed[row]!);
      for (let term = 0; term < powerOf.length; term++) {
        basis[term] = scale * Math.exp(-powers[powerOf[term]!]! * columns[term]![row]!);
      }
      if (hasConstant) basis[size - 1] = scale;
      for (let i = 0; i < size; i++) {
        target[i]! += basis[i]!;
        for (let j = 0; j < size; j++) gram[i]![j]! += basis[i]! * basis[j]!;
      }
    }
    const parts = nonNegativeLeastSquares(gram, target);
    const error = this.rows - parts.reduce((sum, part, i) => sum + part * target[i]!, 0);
    const least = leastShare * Math.exp(this.observed.reduce((low, y) => Math.min(low, y)));
    return { parts: parts.map((part) => Math.max(part, least)), error };
  }

  parametersAt(x: ArrayLike<number>): LawParameters {
    const { terms, powers, powerOf, hasConstant, coupling, reaching } = this.#shape;
    const power = (i: number) => Math.exp(x[this.#power + i]!);
    return Object.fromEntries([
      ...(hasConstant ? [["E", Math.exp(x[this.constant!]!)] as const] : []),
      ...terms.map(({ coefficient }, term) => {
        const log = x[term]! + power(powerOf[term]!) * this.#centres[term]!;
        return [coefficient, Math.exp(log)] as const;
      }),
      ...powers.map((name, i) => [name, power(i)] as const),
      ...(coupling === undefined ? [] : [[coupling, Math.exp(x[this.#coupling]!)] as const]),
      ...(reaching === undefined
        ? []
        : [[reaching.reach.parameter, Math.exp(x[this.#reach]!)] as const]),
    ]);
  }
}

/** ln(e^a + e^b). */
function logSum(a: number, b: number): number {
  const top = Math.max(a, b);
  return top + Math.log(Math.exp(a - top) + Math.exp(b - top));
}

/** All choices of `count` values, in order. */
function combinations(values: readonly number[], count: number): readonly (readonly number[])[] {
  if (count === 0) return [[]];
  const shorter = combinations(values, count - 1);
  return values.flatMap((value) => shorter.map((rest) => [value, ...rest]));
}
