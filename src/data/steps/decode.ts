import type { SourceCounts } from "../document.ts";

const encodedReplacement = Buffer.from("\uFFFD");

/**
 * UTF-8 bytes to text, chunk by chunk. A byte order mark at the start is dropped; invalid sequences
 * become U+FFFD and are counted.
 */
export async function* decode(
  chunks: AsyncIterable<Uint8Array> | Iterable<Uint8Array>,
  counts: Pick<SourceCounts, "invalidSequences">,
): AsyncGenerator<string> {
  const decoder = new TextDecoder("utf-8");
  let tail = Buffer.alloc(0);
  for await (const chunk of chunks) {
    const text = decoder.decode(chunk, { stream: true });
    const bytes = Buffer.concat([tail, chunk]);
    counts.invalidSequences += countOf(text, "\uFFFD") - countOf(bytes, encodedReplacement);
    tail = bytes.subarray(Math.max(0, bytes.length - encodedReplacement.length + 1));
    if (text !== "") yield text;
  }
  const rest = decoder.decode();
  counts.invalidSequences += countOf(rest, "\uFFFD");
  if (rest !== "") yield rest;
}

/** One spelling per text: line feeds only, Unicode NFC, no blank ends. */
export function normalise(text: string): string {
  return text.replace(/\r\n?/g, "\n").normalize("NFC").trimEnd().replace(/^\n+/, "");
}

function countOf<
  T extends { indexOf(value: V, from: number): number },
  V extends { length: number },
>(within: T, value: V): number {
  let count = 0;
  for (let at = within.indexOf(value, 0); at >= 0; at = within.indexOf(value, at + value.length)) {
    count++;
  }
  return count;
}
