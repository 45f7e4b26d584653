import { ScalingError } from "../errors.ts";

/** Why the data cannot say; machine-readable, stable. */
export type RefusalReason =
  | "not-finite"
  | "too-few-levels"
  | "narrow-span"
  | "no-descent"
  | "no-admitted-law"
  | "unfittable-law"
  | "too-few-problems"
  | "too-few-passes"
  | "unidentifiable-irreducible"
  | "not-beyond-ladder"
  | "target-has-result"
  | "target-started"
  | "target-unfinished"
  | "target-in-fit"
  | "already-sealed"
  | "already-scored"
  | "unknown-seal";

/** A fit, forecast or ledger entry that is refused, with the reason as a word for programs. */
export class ScalingRefusal extends ScalingError {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
