const sampleMs = 50;
const earlyShare = 0.2;

/** Resident memory of a part of the work, in bytes. */
export interface PhaseMemory {
  readonly name: string;
  /** The highest of the whole part less the highest of its first fifth. */
  readonly growth: number;
}

/** Looks at the resident memory of this process every 50 ms, and whenever it is asked to. */
export class ResidentMemory {
  readonly #early = new Map<string, number>();
  readonly #whole = new Map<string, number>();
  readonly #timer: NodeJS.Timeout;
  #name: string | undefined;
  #share = 0;
  peak = 0;

  constructor() {
    this.#timer = setInterval(() => this.#sample(), sampleMs);
  }

  /** Looks now, and from now on for this part of the work, of which a share is done. */
  look(name: string, share: number): void {
    this.#name = name;
    this.#share = share;
    this.#sample();
  }

  /** What follows belongs to no part. */
  leave(): void {
    this.#name = undefined;
  }

  /** By part, in the order of their beginnings. */
  get phases(): readonly PhaseMemory[] {
    return [...this.#whole].map(([name, highest]) => ({
      name,
      growth: highest - (this.#early.get(name) ?? Number.NaN),
    }));
  }

  /** Ends the looking. */
  stop(): void {
    clearInterval(this.#timer);
  }

  #sample(): void {
    const bytes = process.memoryUsage.rss();
    this.peak = Math.max(this.peak, bytes);
    if (this.#name === undefined) return;
    const raise = (highest: Map<string, number>) =>
      highest.set(this.#name!, Math.max(bytes, highest.get(this.#name!) ?? 0));
    raise(this.#whole);
    if (this.#share <= earlyShare) raise(this.#early);
  }
}
