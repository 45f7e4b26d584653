import type { Dataset } from "../data/dataset.ts";
import { ConfigError } from "../errors.ts";
import { parameterCounts } from "../model/counts.ts";
import { type RunSettings, type SettingsChoices, settingsFromDial } from "./run-settings.ts";
import { meanSequenceFlops } from "./sequence-flops.ts";

/**
 * Settings of a run that spends a compute: the dial's, with as many tokens as the compute buys,
 * rounded up to a whole step. Batch and learning rate follow the tokens by the dial's rules, so that
 * two models of equal compute are each trained as the dial would.
 *
 * @param flops - training FLOPs
 * @throws {ConfigError} when the choices say the tokens or the steps as well
 */
export function settingsForCompute(
  choices: SettingsChoices,
  flops: number,
  dataset: Pick<Dataset, "imageLoads">,
): RunSettings {
  if (choices.tokensPerParameter !== undefined || choices.overrides?.steps !== undefined) {
    throw new ConfigError(
      "flops: expected neither tokensPerParameter nor steps beside it, because the compute decides them; leave them out",
    );
  }
  const settings = settingsFromDial(choices);
  const tokens = (flops / meanSequenceFlops(settings, dataset)) * settings.seqLen;
  const { nonEmbedding, head } = parameterCounts(settings.model);
  return settingsFromDial({ ...choices, tokensPerParameter: tokens / (nonEmbedding + head) });
}
