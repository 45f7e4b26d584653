import { piecesOf } from "./pieces.ts";
import { readSpool } from "./spool.ts";

/** A source's part of the text that the tokenizer is trained on. */
export interface SampledSource {
  readonly spool: string;
  /** UTF-8 bytes in the spool. */
  readonly bytes: number;
  /** Relative to the other sources. */
  readonly weight: number;
}

/**
 * Documents for the tokenizer, about `sampleBytes` together, each source in its training weight.
 * A document is taken or not by its own text, so the sample does not depend on the order.
 */
export async function* sampleTexts(
  sources: readonly SampledSource[],
  sampleBytes: number,
  taken: { bytes: number },
): AsyncGenerator<string> {
  const totalWeight = sources.reduce((sum, { weight }) => sum + weight, 0);
  for (const { spool, bytes, weight } of sources) {
    const share = ((weight / totalWeight) * sampleBytes) / bytes;
    for await (const document of readSpool(spool)) {
      if (document.sampleShare >= share) continue;
      taken.bytes += document.bytes.length;
      yield* piecesOf(document).filter((_, place) => place % 2 === 0);
    }
  }
}
