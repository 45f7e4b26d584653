import type { LawForm, LawParameters, LawPlace } from "./law-form.ts";

/** Compute in FLOP over parameters times tokens, for a dense transformer (Kaplan et al. 2020). */
export const flopsPerParameterToken = 6;

/** Tokens per parameter between which the best size is sought. */
const [fewest, most] = [1e-3, 1e6];
const coarse = 60;
const golden = (Math.sqrt(5) - 1) / 2;
const steps = 40;

/**
 * Where a law of size and data is lowest at a compute: the N and D with C = flopsPerToken N D. Of
 * a law of compute alone, N and D are not numbers.
 *
 * @param flopsPerToken - per parameter
 */
export function bestPlace(
  form: LawForm,
  parameters: LawParameters,
  c: number,
  flopsPerToken = flopsPerParameterToken,
): LawPlace {
  if (!form.reads.includes("n")) return { n: Number.NaN, d: Number.NaN, c };
  const placeAt = (logRatio: number): LawPlace => {
    const n = Math.sqrt(c / flopsPerToken / Math.exp(logRatio));
    return { n, d: c / flopsPerToken / n, c };
  };
  const lossAt = (logRatio: number) => form.lossAt(parameters, placeAt(logRatio));
  const step = Math.log(most / fewest) / coarse;
  let lowest = Math.log(fewest);
  for (let i = 1; i <= coarse; i++) {
    const ratio = Math.log(fewest) + i * step;
    if (lossAt(ratio) < lossAt(lowest)) lowest = ratio;
  }
  let [low, high] = [lowest - step, lowest + step];
  for (let i = 0; i < steps; i++) {
    const inner = (high - low) * golden;
    if (lossAt(high - inner) <= lossAt(low + inner)) high = low + inner;
    else low = high - inner;
  }
  return placeAt((low + high) / 2);
}
