/** Texts of the form `NAME=VALUE` as an object; values as numbers where they are some. */
export function namedValues(texts: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(
    texts.map((text) => {
      const at = text.indexOf("=");
      const value = text.slice(at + 1);
      const number = value.trim() === "" ? Number.NaN : Number(value);
      return [text.slice(0, at), Number.isNaN(number) ? value : number];
    }),
  );
}
