import { ConfigError, DataError } from "../errors.ts";
import { checkProbabilities, checkShares } from "./_checks.ts";
import { binomialCdf, binomialProbability } from "./binomial.ts";
import { normalQuantile } from "./distributions.ts";
import { mcnemarP } from "./mcnemar.ts";
import { checkReachable } from "./two-proportion-power.ts";

/** How often only the one or only the other of two models answers a question rightly. */
export interface Discordance {
  readonly onlyFirst: number;
  readonly onlySecond: number;
}

/**
 * Power of McNemar's exact and mid-p test over all numbers of discordant questions that may come.
 *
 * @param discordance - two probabilities with a sum of at most 1
 * @param pairs - the number of questions
 * @throws {DataError} when the probabilities are none, or `pairs` is not a whole number above 0
 * @throws {ConfigError} when alpha is not in (0, 1)
 * @see Fagerland, Lydersen, Laake 2013, doi 10.1186/1471-2288-13-91
 */
export function mcnemarPower(
  discordance: Discordance,
  pairs: number,
  alpha = 0.05,
): { readonly exact: number; readonly midP: number } {
  checkDiscordance("mcnemarPower", discordance);
  checkShares("mcnemarPower", { alpha });
  if (!(Number.isInteger(pairs) && pairs > 0)) {
    throw new DataError(`mcnemarPower: expected a whole number of pairs above 0, got ${pairs}`);
  }
  const rate = discordance.onlyFirst + discordance.onlySecond;
  const share = rate === 0 ? 0 : discordance.onlyFirst / rate;
  const thresholds = { exactP: -1, midP: -1 };
  const power = { exactP: 0, midP: 0 };
  for (let discordant = 0; discordant <= pairs; discordant++) {
    const weight = binomialProbability(discordant, pairs, rate);
    for (const kind of ["exactP", "midP"] as const) {
      // With one more discordant question the largest count that is rejected never falls.
      let smaller = thresholds[kind];
      while (2 * (smaller + 1) <= discordant && mcnemarP(smaller + 1, discordant)[kind] <= alpha) {
        smaller++;
      }
      thresholds[kind] = smaller;
      power[kind] +=
        weight *
        (binomialCdf(smaller, discordant, share) + binomialCdf(smaller, discordant, 1 - share));
    }
  }
  return { exact: power.exactP, midP: power.midP };
}

/**
 * Number of questions at which McNemar's two-sided test has this power, by a normal approximation:
 * a real number, to be rounded up.
 *
 * @throws {DataError} when the probabilities are none
 * @throws {ConfigError} when alpha or power is not in (0, 1), or the probabilities are equal
 * @see Connor 1987, "Sample size for testing differences in proportions for the paired-sample
 *   design", Biometrics 43
 */
export function mcnemarSize(discordance: Discordance, { alpha = 0.05, power = 0.8 } = {}): number {
  checkDiscordance("mcnemarSize", discordance);
  const rate = discordance.onlyFirst + discordance.onlySecond;
  const difference = discordance.onlyFirst - discordance.onlySecond;
  checkReachable("mcnemarSize", difference, { alpha, power, alternative: "two-sided" });
  const under = -normalQuantile(alpha / 2) * Math.sqrt(rate);
  const beyond = normalQuantile(power) * Math.sqrt(rate - difference ** 2);
  return ((under + beyond) / difference) ** 2;
}

function checkDiscordance(where: string, { onlyFirst, onlySecond }: Discordance): void {
  checkProbabilities(where, [onlyFirst, onlySecond]);
  if (onlyFirst + onlySecond > 1) {
    throw new ConfigError(
      `${where}: expected probabilities with a sum of at most 1, got ${onlyFirst} and ${onlySecond}`,
    );
  }
}
