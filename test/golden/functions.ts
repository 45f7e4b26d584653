import {
  jaccard,
  normaliseText,
  shingles,
  wordShingles,
  wordsOf,
} from "../../src/data/near-duplicates/shingles.ts";
import { type Deviation, fitForm } from "../../src/scaling/fit-form.ts";
import { additiveForm } from "../../src/scaling/laws/additive.ts";
import type { LawForm, LawRow } from "../../src/scaling/laws/law-form.ts";
import { powerForm } from "../../src/scaling/laws/power.ts";
import { statisticsFunctions } from "./statistics-functions.ts";
import { textFunctions } from "./text-functions.ts";

/** The input or output of a golden case, as its file has it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape differs by function
export type Golden = any;

/** How far a number may be from the golden one. */
export interface Tolerance {
  readonly abs: number;
  readonly rel: number;
}

/** One of our functions in the terms of the golden files. */
export interface GoldenFunction {
  /** What it gives, by the keys of the golden output; keys that it lacks are not compared. */
  run(input: Golden): Readonly<Record<string, unknown>>;
  /** Whether it has the variant that a case asks for; all of them when absent. */
  has?(input: Golden): boolean;
  /** Tolerances that a case states itself. */
  tolerances?(out: Golden, kind: string): Readonly<Record<string, Tolerance>>;
}

const deviations: Readonly<Record<string, Deviation>> = {
  huber: { kind: "huber", delta: 1e-3 },
  least_squares: { kind: "least-squares" },
  lad: { kind: "least-absolute" },
};

/** A fit whose parameters the files name by their logarithms. */
function fitted(
  form: LawForm,
  rowOf: (row: number[]) => LawRow,
  namesOf: (parameters: Readonly<Record<string, number>>) => Readonly<Record<string, number>>,
): GoldenFunction {
  return {
    run({ rows, objective }) {
      const { parameters, objective: value } = fitForm(form, rows.map(rowOf), {
        deviation: deviations[objective]!,
      });
      return { objective_value: value, ...namesOf(parameters) };
    },
    tolerances(out, kind) {
      const floor = /lad.*noise-free/.test(kind) ? 1e-7 : 1e-12;
      const slack = out["param_tolerance_slack_1e-6"] as number[];
      const own = (out.parameter_order as string[]).map((name, i) => {
        return [name, { abs: 5 * slack[i]!, rel: 0 }] as const;
      });
      return { objective_value: { abs: floor, rel: 1e-6 }, ...Object.fromEntries(own) };
    },
  };
}

function sizedRow([n, d, loss]: number[]): LawRow {
  return { n: n!, d: d!, c: Number.NaN, loss: loss! };
}

function computeRow([c, loss]: number[]): LawRow {
  return { n: Number.NaN, d: Number.NaN, c: c!, loss: loss! };
}

/** Objectives and predictions of the additive law at given parameters. */
function evaluateAdditive({ rows, a, b, e, alpha, beta }: Golden): Record<string, unknown> {
  const parameters = { A: Math.exp(a), B: Math.exp(b), E: Math.exp(e), alpha, beta };
  const predicted = (rows as number[][]).map((row) =>
    additiveForm.lossAt(parameters, sizedRow(row)),
  );
  const sizes = predicted.map((value, i) => Math.abs(Math.log(value / rows[i][2])));
  const delta = 1e-3;
  const total = (of: (size: number) => number) => sizes.reduce((sum, size) => sum + of(size), 0);
  return {
    predicted,
    huber: total((r) => (r <= delta ? (r * r) / 2 : delta * (r - delta / 2))),
    least_squares: total((r) => (r * r) / 2),
    lad: total((r) => r),
  };
}

function overlap(shinglesOf: (text: string, n: number) => ReadonlySet<string>): GoldenFunction {
  return {
    run({ a, b, n }) {
      const [left, right] = [shinglesOf(a, n), shinglesOf(b, n)];
      return { size_a: left.size, size_b: right.size, jaccard: jaccard(left, right) };
    },
  };
}

/** By name in the golden files: every function of theirs that we have. */
export const goldenFunctions: Readonly<Record<string, GoldenFunction>> = {
  fit_additive: fitted(additiveForm, sizedRow, ({ A, B, E, alpha, beta }) => ({
    ...{ a: Math.log(A!), b: Math.log(B!), e: Math.log(E!), alpha: alpha!, beta: beta! },
  })),
  fit_power: fitted(powerForm, computeRow, ({ A, E, alpha }) => ({
    ...{ log_a: Math.log(A!), b: -alpha!, log_c: Math.log(E!) },
  })),
  evaluate_additive: { run: evaluateAdditive },
  normalise_text: {
    run({ text }) {
      const normalised = normaliseText(text);
      return { normalised, words: wordsOf(text), code_points: [...normalised].length };
    },
  },
  jaccard_words: overlap(wordShingles),
  jaccard_chars: overlap((text, n) => shingles([...normaliseText(text)], n)),
  ...textFunctions,
  ...statisticsFunctions,
};
