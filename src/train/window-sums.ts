import type { RunLoss } from "../workspace/run-row.ts";

/** Sums over windows from which a mean per token and its clustered standard error follow. */
export class WindowSums {
  /** UTF-8 bytes of the text of all windows. */
  bytes = 0;
  readonly #windows: { nats: number; tokens: number }[] = [];

  /** One window: the sum of its losses and the number of its targets. */
  add(nats: number, tokens: number): void {
    if (tokens > 0) this.#windows.push({ nats, tokens });
  }

  /**
   * The mean of all windows. Its standard error is the ratio estimator's with windows as clusters;
   * null for a single window.
   *
   * @see Cochran 1977, Sampling Techniques, section 6.3
   */
  loss(): RunLoss {
    const n = this.#windows.length;
    const tokens = this.#windows.reduce((sum, window) => sum + window.tokens, 0);
    const total = this.#windows.reduce((sum, window) => sum + window.nats, 0);
    const nats = total / tokens;
    const squares = this.#windows.reduce(
      (sum, window) => sum + (window.nats - nats * window.tokens) ** 2,
      0,
    );
    const standardError = n > 1 ? Math.sqrt((squares * n) / (n - 1)) / tokens : null;
    const bitsPerByte = this.bytes > 0 ? total / Math.LN2 / this.bytes : null;
    return { nats, standardError, bitsPerByte, tokens, bytes: this.bytes };
  }
}

/** Sum of losses by weight; their errors are taken as independent. */
export function weightedLoss(
  weights: readonly { readonly name: string; readonly weight: number }[],
  losses: Readonly<Record<string, RunLoss>>,
): RunLoss {
  const parts = weights.map(({ name, weight }) => ({ weight, loss: losses[name]! }));
  const weighted = (value: (loss: RunLoss) => number) =>
    parts.reduce((sum, { weight, loss }) => sum + weight * value(loss), 0);
  const variance = parts.reduce(
    (sum, { weight, loss }) => sum + (weight * (loss.standardError ?? 0)) ** 2,
    0,
  );
  return {
    nats: weighted(({ nats }) => nats),
    standardError: Math.sqrt(variance),
    bitsPerByte: weighted(({ bitsPerByte }) => bitsPerByte ?? 0),
    tokens: parts.reduce((sum, { loss }) => sum + loss.tokens, 0),
    bytes: parts.reduce((sum, { loss }) => sum + loss.bytes, 0),
  };
}
