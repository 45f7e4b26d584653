import type { PaceRule } from "./pace-rule.ts";

/** Bounds the calls that a provider has under way. */
export class CallBound implements PaceRule {
  readonly #most: number;
  #underWay = 0;

  /** @param most - calls at the same time */
  constructor(most: number) {
    this.#most = most;
  }

  readyAt(now: number): number {
    return this.#underWay < this.#most ? now : Number.POSITIVE_INFINITY;
  }

  started(): void {
    this.#underWay++;
  }

  ended(): void {
    this.#underWay--;
  }
}
