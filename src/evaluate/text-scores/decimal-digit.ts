/** A decimal digit of any script as one of 0 to 9: those of a script follow one another from 0 on. */
export function decimalDigit(digit: string): string {
  const code = digit.codePointAt(0)!;
  let start = code;
  while (/^\p{Nd}$/u.test(String.fromCodePoint(start - 1))) start--;
  return String((code - start) % 10);
}
