import {
  crossEntropy,
  divergence,
  divergenceEstimates,
  estimateMoments,
} from "../../../src/statistics/divergence.ts";
import { bitsPerUnit, perplexity, textSize } from "../../../src/statistics/information.ts";
import { binaryMcFadden, mcFadden } from "../../../src/statistics/mcfadden.ts";
import type { Golden, GoldenFunction } from "../functions.ts";

function perByte({ text, bytes: given, total_nats }: Golden) {
  const size = text === undefined ? undefined : textSize(text);
  const bytes = size?.bytes ?? given;
  const { bits, perplexity: ofBytes } = bitsPerUnit(total_nats, bytes);
  return {
    ...{ bytes, bits_per_byte: bits, byte_perplexity: ofBytes },
    ...(size && {
      code_points: size.characters,
      utf16_units: text.length,
      bits_per_character: bitsPerUnit(total_nats, size.characters).bits,
    }),
  };
}

function estimates({ logp_policy, logp_ref }: Golden) {
  const found = divergenceEstimates(logp_policy, logp_ref);
  const moments = Object.entries(found).flatMap(([name, values]) => {
    const { mean, variance = null } = estimateMoments(values);
    return [
      [`${name}_mean`, mean],
      [`${name}_variance`, variance],
    ];
  });
  return { ...found, ...Object.fromEntries(moments) };
}

/** The functions of information.json. */
export const informationFunctions: Readonly<Record<string, GoldenFunction>> = {
  perplexity: {
    run({ logprobs }) {
      const got = perplexity(logprobs);
      return {
        ...{ total_nats: got.totalNats, mean_nll: got.meanNats },
        ...{ perplexity: got.perplexity, bits_per_token: got.bitsPerToken },
      };
    },
  },
  bits_per_byte: { run: perByte },
  mcfadden_r2: {
    run({ ll_model, ll_null, parameters }) {
      const { rSquared, adjusted } = mcFadden(ll_model, ll_null, parameters);
      return { r2: rSquared, r2_adjusted: adjusted };
    },
  },
  mcfadden_r2_binary: {
    run({ p, y }) {
      const { model, nullModel, rSquared } = binaryMcFadden(p, y);
      return { ll_model: model, ll_null: nullModel, r2: rSquared };
    },
  },
  kl_estimators: { run: estimates },
  kl_exact: {
    run({ p, q }) {
      const { forward, backward, jensenShannon } = divergence(p, q);
      return {
        ...{ kl_pq: forward, kl_qp: backward, js: jensenShannon },
        ...{ entropy_p: crossEntropy(p), cross_entropy_pq: crossEntropy(p, q) },
      };
    },
  },
};
