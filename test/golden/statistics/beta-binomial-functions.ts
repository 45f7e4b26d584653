import {
  betaBinomialCdf,
  betaBinomialLogProbability,
  betaBinomialMoments,
} from "../../../src/statistics/beta-binomial.ts";
import { fitBetaBinomial } from "../../../src/statistics/beta-binomial-fit.ts";
import { betaPosterior, probabilityAbove } from "../../../src/statistics/beta-posterior.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

function posterior({ count, nobs, prior_a, prior_b, alpha, threshold }: Golden) {
  const prior = { a: prior_a as number, b: prior_b as number };
  const got = betaPosterior(count, nobs, { prior, level: 1 - alpha });
  const { a, b, mean, variance, median, interval } = got;
  return {
    ...{ a, b, mean, variance, median },
    ...{ equal_tail_low: interval.low, equal_tail_high: interval.high },
    prob_above: probabilityAbove(threshold, got),
  };
}

/** The functions of power_betabinom.json that concern beta and beta-binomial distributions. */
export const betaBinomialFunctions: Readonly<Record<string, GoldenFunction>> = {
  betabinom: {
    run({ n, a, b, k }) {
      const log = betaBinomialLogProbability(k, { n, a, b });
      const cdf = betaBinomialCdf(k, { n, a, b });
      return { pmf: Math.exp(log), logpmf: log, cdf, ...betaBinomialMoments({ n, a, b }) };
    },
  },
  beta_posterior: { run: posterior },
  betabinom_mle: {
    run({ k, n }) {
      const problems = (k as number[]).map((count, index) => ({ count, n: n[index] as number }));
      const { a, b, mean, overdispersion, logLikelihood } = fitBetaBinomial(problems);
      return { a, b, mean, overdispersion_rho: overdispersion, log_likelihood: logLikelihood };
    },
  },
};
