import type { Random } from "../random.ts";

/** A kind of step: what it is called and what it makes of an expression. */
export interface StepKind {
  /** Range of its constant; a step without one has none. */
  readonly constant?: readonly [low: number, high: number];
  /** Whether it binds an operator's sides, so that an operator before it stands in brackets. */
  readonly isOperator?: true;
  readonly words: (constant: number) => string;
  readonly code: (expression: string, constant: number) => string;
}

/** What a program starts from. */
export interface ProgramKind {
  readonly parameter: string;
  /** Steps that take and give the same kind of value. */
  readonly steps: readonly StepKind[];
  /** Steps that only the last may be. */
  readonly endings: readonly StepKind[];
  /** Values that its tests may start from. */
  readonly values: (random: Random) => readonly unknown[];
}

const numberProgram: ProgramKind = {
  parameter: "x",
  steps: [
    {
      constant: [2, 9],
      isOperator: true,
      words: (k) => `add ${k}`,
      code: (e, k) => `${e} + ${k}`,
    },
    {
      constant: [2, 9],
      isOperator: true,
      words: (k) => `subtract ${k}`,
      code: (e, k) => `${e} - ${k}`,
    },
    {
      constant: [2, 9],
      isOperator: true,
      words: (k) => `multiply by ${k}`,
      code: (e, k) => `${e} * ${k}`,
    },
    {
      constant: [2, 9],
      isOperator: true,
      words: (k) => `subtract from ${k}`,
      code: (e, k) => `${k} - ${e}`,
    },
    { constant: [2, 9], words: (k) => `raise to ${k}`, code: (e, k) => `Math.max(${e}, ${k})` },
    { constant: [2, 9], words: (k) => `cap at ${k}`, code: (e, k) => `Math.min(${e}, ${k})` },
    { words: () => "drop the sign", code: (e) => `Math.abs(${e})` },
  ],
  endings: [{ words: () => "write it as text", code: (e) => `String(${e})` }],
  values: () => Array.from({ length: 81 }, (_, i) => i - 40),
};

const listProgram: ProgramKind = {
  parameter: "a",
  steps: [
    {
      constant: [2, 9],
      words: (k) => `keep those above ${k}`,
      code: (e, k) => `${e}.filter((n) => n > ${k})`,
    },
    {
      constant: [2, 9],
      words: (k) => `add ${k} to each`,
      code: (e, k) => `${e}.map((n) => n + ${k})`,
    },
    {
      constant: [2, 9],
      words: (k) => `multiply each by ${k}`,
      code: (e, k) => `${e}.map((n) => n * ${k})`,
    },
    { constant: [2, 9], words: (k) => `drop the first ${k}`, code: (e, k) => `${e}.slice(${k})` },
    { constant: [2, 9], words: (k) => `append ${k}`, code: (e, k) => `[...${e}, ${k}]` },
    { words: () => "reverse", code: (e) => `${e}.reverse()` },
    { words: () => "sort", code: (e) => `${e}.sort((m, n) => m - n)` },
  ],
  endings: [
    {
      constant: [2, 9],
      words: (k) => `sum from ${k}`,
      code: (e, k) => `${e}.reduce((t, n) => t + n, ${k})`,
    },
    { words: () => "count", code: (e) => `${e}.length` },
    { words: () => "find the largest", code: (e) => `Math.max(...${e})` },
  ],
  values: (random) =>
    Array.from({ length: 60 }, () =>
      Array.from({ length: random.integer(3, 6) }, () => random.integer(-9, 15)),
    ),
};

/** The kinds of programs. */
export const programKinds: readonly ProgramKind[] = [numberProgram, listProgram];
