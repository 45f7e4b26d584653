import { defaultFitSettings, type FitSettings, fitLevels, type LossLawFit } from "./fit.ts";
import type { ComputeLevel } from "./levels.ts";

/** One way to read a ladder: whether c is free, and how many of the smallest rungs are left out. */
export interface LawVariant {
  readonly irreducible: FitSettings["irreducible"];
  readonly dropped: 0 | 1 | 2;
}

/**
 * All variants, in order of preference: the one that uses most rungs first, at equal rungs the
 * more general law first.
 */
export const lawVariants: readonly LawVariant[] = ([0, 1, 2] as const).flatMap((dropped) => [
  { irreducible: "free" as const, dropped },
  { irreducible: "zero" as const, dropped },
]);

/** The variant in words, such as `c = 0, without the smallest rung`. */
export function describeVariant({ irreducible, dropped }: LawVariant): string {
  const law = irreducible === "free" ? "c free" : "c = 0";
  const rungs = ["all rungs", "without the smallest rung", "without the two smallest rungs"];
  return `${law}, ${rungs[dropped]}`;
}

/** Parameters that the variant fits. */
export const parameterCount = ({ irreducible }: LawVariant): number =>
  irreducible === "free" ? 3 : 2;

/** Whether the levels leave the variant one more than it has parameters. */
export function isFittable(variant: LawVariant, levels: readonly ComputeLevel[]): boolean {
  return levels.length - variant.dropped > parameterCount(variant);
}

/** Fits a variant to checked levels; `weights` are per level of the whole ladder. */
export function fitVariant(
  variant: LawVariant,
  levels: readonly ComputeLevel[],
  options: { readonly starts?: number; readonly weights?: readonly number[] } = {},
): LossLawFit {
  const { irreducible, dropped } = variant;
  const starts = options.starts ?? defaultFitSettings.starts;
  return fitLevels(
    levels.slice(dropped),
    { ...defaultFitSettings, irreducible, starts },
    options.weights?.slice(dropped),
  );
}
