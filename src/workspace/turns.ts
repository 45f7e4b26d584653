/** Lets asynchronous work on something shared happen one piece after the other. */
export class Turns {
  #last: Promise<unknown> = Promise.resolve();

  /** Does some work when all that came before is done, also when that failed. */
  take<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work, work);
    this.#last = result.catch(() => undefined);
    return result;
  }
}
