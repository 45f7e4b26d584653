import { createHash } from "node:crypto";
import { ConfigError } from "../errors.ts";
import { Random } from "../statistics/random.ts";
import { elementCount } from "../tensor/dtype.ts";
import { checkConfig, type ModelConfig } from "./config.ts";
import { parameterSpecs } from "./parameters.ts";
import { type TransferSettings, transferDefaults, transferRule } from "./transfer.ts";

/**
 * The initial values of every tensor, by name, in the order of `parameterSpecs`: norms 1, the
 * rest normal with the standard deviation of its transfer rule.
 *
 * A tensor's values depend on the seed, its name and its size alone, so a model of more layers
 * begins with the same first layers.
 *
 * @param seed - a whole number in [0, 2^32)
 * @throws {ConfigError} for a seed outside of that or an impossible configuration
 */
export function initialParameters(
  config: ModelConfig,
  seed: number,
  settings: TransferSettings = transferDefaults,
): Record<string, Float32Array> {
  checkConfig(config);
  if (!Number.isInteger(seed) || seed < 0 || seed >= 2 ** 32) {
    throw new ConfigError(
      `initial parameters: seed must be a whole number in [0, 2^32), got ${seed}`,
    );
  }
  const parameters: Record<string, Float32Array> = {};
  for (const spec of parameterSpecs(config)) {
    const values = new Float32Array(elementCount(spec.shape));
    const { initStd } = transferRule(spec, config, settings);
    if (spec.role === "norm") values.fill(1);
    else if (initStd > 0) {
      const random = randomOf(seed, spec.name);
      for (let i = 0; i < values.length; i++) values[i] = initStd * random.normal();
    }
    parameters[spec.name] = values;
  }
  return parameters;
}

/**
 * The random numbers of one tensor.
 *
 * They take a logarithm, which V8 computes by its own port of fdlibm on every platform, and else
 * exactly rounded operations: equal seeds give equal bytes wherever Node runs.
 */
function randomOf(seed: number, name: string): Random {
  const digest = createHash("sha256").update(`${seed} ${name}`).digest();
  return new Random([
    digest.readUInt32LE(0),
    digest.readUInt32LE(4),
    digest.readUInt32LE(8),
    digest.readUInt32LE(12),
  ]);
}
