/** A difference of scores with its sign, to four decimals: `+0.0125`. */
export function signedText(difference: number): string {
  return `${difference >= 0 ? "+" : ""}${difference.toFixed(4)}`;
}
