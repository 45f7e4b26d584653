import { decimalDigit } from "./decimal-digit.ts";
import { strip } from "./python-text.ts";

const digits = "[0-9](?:_?[0-9])*";
const decimal = new RegExp(
  `^[+-]?(?:${digits}(?:\\.(?:${digits})?)?|\\.${digits})(?:e[+-]?${digits})?$`,
  "i",
);
const nonFinite = /^([+-]?)(?:(inf(?:inity)?)|nan)$/i;

/**
 * The number that Python's `float` reads: decimal digits of every script, `_` between digits, `inf`,
 * `infinity` and `nan`, white space around; no hexadecimal and no comma.
 *
 * @returns undefined where Python raises ValueError
 */
export function parsePythonFloat(text: string): number | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: white space to `str.split`, not to `float`
  if (/[\x1c-\x1f]/.test(text)) return undefined;
  const plain = strip(text).replace(/(?![0-9])\p{Nd}/gu, decimalDigit);
  if (decimal.test(plain)) return Number(plain.replaceAll("_", ""));
  const special = nonFinite.exec(plain);
  if (special === null) return undefined;
  if (special[2] === undefined) return Number.NaN;
  return special[1] === "-" ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
}

/** A number as Python's `str` writes it: `3.0`, `1e+16`, `1e-05`, `inf`. */
export function formatPythonFloat(value: number): string {
  if (Number.isNaN(value)) return "nan";
  if (!Number.isFinite(value)) return value > 0 ? "inf" : "-inf";
  if (Object.is(value, -0)) return "-0.0";
  const [mantissa, power] = value.toExponential().split("e") as [string, string];
  const exponent = Number(power);
  if (exponent < -4 || exponent >= 16) {
    const size = String(Math.abs(exponent)).padStart(2, "0");
    return `${mantissa}e${exponent < 0 ? "-" : "+"}${size}`;
  }
  const plain = String(value);
  return plain.includes(".") ? plain : `${plain}.0`;
}
