/** What a law reads of a training run; what its form does not name may be not a number. */
export interface LawRow {
  /** Parameters of the model. */
  readonly n: number;
  /** Tokens it was trained on. */
  readonly d: number;
  /** Training compute in FLOP. */
  readonly c: number;
  /** Of the tokens, those that differ; all of them where it is left out. */
  readonly unique?: number;
  /** Final loss, above zero; the law is in its unit. */
  readonly loss: number;
  /** Standard error of the loss, where it was measured. */
  readonly lossError?: number;
  /** Rows of one cluster are no independent evidence, such as checkpoints of a run. */
  readonly cluster?: string;
}

/** A place in the plane of runs, with or without a loss. */
export type LawPlace = Omit<LawRow, "loss" | "lossError" | "cluster">;

/** A family of laws that can be fitted. */
export interface LawForm {
  readonly name: string;
  /** What of a row it reads beside the loss. */
  readonly reads: readonly ("n" | "d" | "c")[];
  /** Names of the parameters, as results show them. */
  readonly parameters: readonly string[];
  prepare(rows: readonly LawRow[]): LawProblem;
  /** The loss at a place. */
  lossAt(parameters: LawParameters, place: LawPlace): number;
}

/** A law's parameters by name. */
export type LawParameters = Readonly<Record<string, number>>;

/**
 * A law over given rows as an optimizer sees it: variables without bounds, as little correlated as
 * can be, and the logarithm of the loss.
 */
export interface LawProblem {
  readonly rows: number;
  /** Number of variables. */
  readonly variables: number;
  /** Which variable is ln of the irreducible loss; undefined in a law without one. */
  readonly constant: number | undefined;
  /** ln of the observed losses. */
  readonly observed: Float64Array;
  /**
   * Predicts all rows.
   *
   * @param predicted - [rows], filled with ln of the predicted losses
   * @param slopes - [rows, variables], filled with their derivatives by the variables
   */
  predict(x: ArrayLike<number>, predicted: Float64Array, slopes: Float64Array): void;
  /** Variables to begin a search at, the most promising first. */
  starts(count: number): readonly (readonly number[])[];
  /** The law's parameters at some variables. */
  parametersAt(x: ArrayLike<number>): LawParameters;
}
