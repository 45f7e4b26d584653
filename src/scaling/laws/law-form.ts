/** What a law reads of a training run; what its form does not name may be not a number. */
export interface LawRow {
  /** Parameters of the model. */
  readonly n: number;
  /** Tokens it was trained on. */
  readonly d: number;
  /** Training compute in FLOP. */
  readonly c: number;
  /** Final loss, above zero; the law is in its unit. */
  readonly loss: number;
}

/** A family of laws that can be fitted. */
export interface LawForm {
  readonly name: string;
  /** What of a row it reads beside the loss. */
  readonly reads: readonly Exclude<keyof LawRow, "loss">[];
  /** Names of the parameters, as results show them. */
  readonly parameters: readonly string[];
  prepare(rows: readonly LawRow[]): LawProblem;
}

/**
 * A law over given rows as an optimizer sees it: variables without bounds, as little correlated as
 * can be, and the logarithm of the loss.
 */
export interface LawProblem {
  readonly rows: number;
  /** Number of variables. */
  readonly variables: number;
  /** ln of the observed loss of a row. */
  observed(row: number): number;
  /** ln of the predicted loss of a row; its gradient by the variables goes into `gradient`. */
  predict(x: ArrayLike<number>, row: number, gradient: Float64Array): number;
  /** Variables to begin a search at, the most promising first. */
  starts(count: number): readonly (readonly number[])[];
  /** The law's parameters at some variables. */
  parametersAt(x: ArrayLike<number>): Readonly<Record<string, number>>;
}
