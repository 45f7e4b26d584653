/** Hands every event of a generator to `show` and gives what the generator returns. */
export async function consume<Event, Result>(
  events: AsyncGenerator<Event, Result>,
  show: (event: Event) => void,
): Promise<Result> {
  for (;;) {
    const next = await events.next();
    if (next.done === true) return next.value;
    show(next.value);
  }
}
