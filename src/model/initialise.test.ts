import { createHash } from "node:crypto";
import { describe, expect, it } from "vitest";
import { ConfigError } from "../errors.ts";
import { elementCount } from "../tensor/dtype.ts";
import type { ModelConfig } from "./config.ts";
import { dial } from "./dial.ts";
import { initialParameters } from "./initialise.ts";
import { parameterSpecs } from "./parameters.ts";
import { transferDefaults, transferRule } from "./transfer.ts";

const config: ModelConfig = dial(6, { vocabSize: 300 }).model;

function digest(parameters: Record<string, Float32Array>): string {
  const hash = createHash("sha256");
  for (const [name, values] of Object.entries(parameters)) {
    hash.update(name).update(new Uint8Array(values.buffer));
  }
  return hash.digest("hex");
}

describe("initialParameters", () => {
  const parameters = initialParameters(config, 7);

  it("has every tensor in its order and size", () => {
    const specs = parameterSpecs(config);
    expect(Object.keys(parameters)).toEqual(specs.map(({ name }) => name));
    for (const { name, shape } of specs) expect(parameters[name]).toHaveLength(elementCount(shape));
  });

  it("follows the transfer rules: norms 1, query and head 0, the rest normal", () => {
    for (const spec of parameterSpecs(config)) {
      const values = parameters[spec.name]!;
      const { initStd } = transferRule(spec, config);
      if (spec.role === "norm") expect(values.every((value) => value === 1)).toBe(true);
      else if (initStd === 0) expect(values.every((value) => value === 0)).toBe(true);
      else {
        const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
        const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
        const fourth = values.reduce((sum, value) => sum + value ** 4, 0) / values.length;
        const standardError = 1 / Math.sqrt(values.length); // five of them are allowed
        expect(Math.abs(mean / initStd)).toBeLessThan(5 * standardError);
        expect(Math.abs(Math.sqrt(square) / initStd - 1)).toBeLessThan(4 * standardError);
        expect(Math.abs(fourth / square ** 2 - 3)).toBeLessThan(25 * standardError);
      }
    }
  });

  it("gives equal bytes for equal seeds, other bytes for other seeds and tensors", () => {
    expect(digest(initialParameters(config, 7))).toBe(digest(parameters));
    expect(digest(initialParameters(config, 8))).not.toBe(digest(parameters));
    const { "model.layers.0.mlp.up_proj.weight": up, "model.layers.1.mlp.up_proj.weight": next } =
      parameters;
    expect(up).not.toEqual(next);
  });

  it("gives the values that every platform must give", () => {
    const settings = { ...transferDefaults, embeddingStd: 1 };
    const { "model.embed_tokens.weight": values } = initialParameters(config, 0, settings);
    expect([...values!.subarray(0, 4)]).toEqual([
      -1.317384123802185, 1.0665321350097656, 0.9246845841407776, 1.3320643901824951,
    ]);
  });

  it("starts a deeper model with the same embedding", () => {
    const deeper = initialParameters({ ...config, layers: 4 }, 7);
    expect(deeper["model.embed_tokens.weight"]).toEqual(parameters["model.embed_tokens.weight"]);
  });

  it.each([-1, 0.5, 2 ** 32, Number.NaN])("refuses the seed %s", (seed) => {
    expect(() => initialParameters(config, seed)).toThrow(ConfigError);
    expect(() => initialParameters(config, seed)).toThrow(`in [0, 2^32), got ${seed}`);
  });
});
