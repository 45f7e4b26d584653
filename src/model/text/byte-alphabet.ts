/**
 * GPT-2's printable alphabet of bytes, which `tokenizer.json` writes tokens in: printable Latin-1
 * bytes stand for themselves, the other 68 for U+0100 and up in byte order.
 *
 * @see Radford et al. 2019, `bytes_to_unicode` in encoder.py
 */
const characters: readonly string[] = byteCharacters();
const byteOf: ReadonlyMap<string, number> = new Map(characters.map((text, byte) => [text, byte]));

/** Writes bytes in the printable alphabet, one character a byte. */
export function printableBytes(values: Iterable<number>): string {
  let text = "";
  for (const byte of values) text += characters[byte];
  return text;
}

/** The bytes that `printableBytes` wrote as `text`; undefined when it has another character. */
export function bytesOfPrintable(text: string): Uint8Array | undefined {
  const bytes = new Uint8Array(text.length);
  for (let index = 0; index < text.length; index++) {
    const byte = byteOf.get(text[index]!);
    if (byte === undefined) return undefined;
    bytes[index] = byte;
  }
  return bytes;
}

function byteCharacters(): string[] {
  let substitutes = 0;
  return Array.from({ length: 256 }, (_, byte) => {
    const isPrintable =
      (byte >= 0x21 && byte <= 0x7e) || (byte >= 0xa1 && byte <= 0xff && byte !== 0xad);
    return String.fromCharCode(isPrintable ? byte : 0x100 + substitutes++);
  });
}
