/** Lines of a stream of text, without their ends. */
export async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let pending: string[] = [];
  for await (const text of texts) {
    const [first = "", ...rest] = text.split("\n");
    pending.push(first);
    if (rest.length === 0) continue;
    yield pending.join("");
    pending = [rest.pop()!];
    yield* rest;
  }
  const last = pending.join("");
  if (last !== "") yield last;
}
