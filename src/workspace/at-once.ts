/** A piece of work that tells events while it goes on. */
export type Work<Event, Result> = () => AsyncGenerator<Event, Result>;

/**
 * Does several pieces of work, some of them at the same time, and passes on their events as they
 * come. After a failure nothing is begun any more; what goes on is heard to its end.
 *
 * @param works - taken when their turn comes
 * @param most - how many go on at once; they begin in their order
 * @returns the results in the order of the works
 * @throws what the first failure threw
 */
export async function* atOnce<Event, Result>(
  works: Iterable<Work<Event, Result>>,
  most: number,
): AsyncGenerator<Event, Result[]> {
  const results: Result[] = [];
  const going = new Map<number, AsyncGenerator<Event, Result>>();
  const steps = new Arrivals<Step<Event, Result>>();
  const advance = (index: number, generator: AsyncGenerator<Event, Result>) => {
    going.set(index, generator);
    generator.next().then(
      (step) => steps.add({ index, step }),
      (error: unknown) => steps.add({ index, error }),
    );
  };
  let failure: { readonly error: unknown } | undefined;
  const left = works[Symbol.iterator]();
  let begun = 0;
  const begin = () => {
    const work = left.next();
    if (work.done !== true) advance(begun++, work.value());
    return work.done !== true;
  };
  let hasMore = true;
  try {
    for (;;) {
      while (hasMore && failure === undefined && going.size < most) hasMore = begin();
      if (going.size === 0) break;
      const { index, step, error } = await steps.next();
      const generator = going.get(index)!;
      going.delete(index);
      if (step === undefined) {
        failure ??= { error };
      } else if (step.done === true) {
        results[index] = step.value;
      } else {
        advance(index, generator);
        yield step.value;
      }
    }
  } finally {
    await Promise.all([...going.values()].map(stopped));
  }
  if (failure !== undefined) throw failure.error;
  return results;
}

/** What one piece of work came to next. */
interface Step<Event, Result> {
  readonly index: number;
  readonly step?: IteratorResult<Event, Result>;
  readonly error?: unknown;
}

/** Values in the order in which they come; taking one does not cost more when many are awaited. */
class Arrivals<Value> {
  readonly #come: Value[] = [];
  #taker: (() => void) | undefined;

  add(value: Value): void {
    this.#come.push(value);
    this.#taker?.();
  }

  async next(): Promise<Value> {
    while (this.#come.length === 0) {
      await new Promise<void>((resolve) => {
        this.#taker = resolve;
      });
    }
    return this.#come.shift()!;
  }
}

/** The same work with other events. */
export async function* mapEvents<Event, Other, Result>(
  work: AsyncGenerator<Event, Result>,
  map: (event: Event) => Other,
): AsyncGenerator<Other, Result> {
  try {
    for (;;) {
      const step = await work.next();
      if (step.done === true) return step.value;
      yield map(step.value);
    }
  } finally {
    await stopped(work);
  }
}

/** Ends a generator whose reader has gone. */
async function stopped<Event, Result>(generator: AsyncGenerator<Event, Result>): Promise<void> {
  await generator.return(undefined as never).catch(() => undefined);
}
