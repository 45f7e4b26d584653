/**
 * Maps a stream with several items under way at once. Results come in the order of the items, and
 * an error when its item's turn comes; no more than `most` items are taken ahead of the reader.
 */
export async function* mapAhead<Item, Result>(
  items: AsyncIterable<Item> | Iterable<Item>,
  most: number,
  map: (item: Item) => Promise<Result>,
): AsyncGenerator<Result> {
  const ahead: Promise<Result>[] = [];
  for await (const item of items) {
    const result = map(item);
    result.catch(() => undefined); // thrown below when its turn comes
    ahead.push(result);
    if (ahead.length === most) yield await ahead.shift()!;
  }
  for (const result of ahead) yield await result;
}
