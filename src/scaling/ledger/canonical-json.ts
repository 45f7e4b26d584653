import { createHash } from "node:crypto";
import { ScalingError } from "../../errors.ts";

/**
 * The one JSON text of a value: keys sorted by UTF-16 code unit, no blanks, numbers as JavaScript
 * writes them; keys whose value is undefined are left out.
 *
 * @throws {ScalingError} for what JSON cannot hold: NaN, infinities, functions, bigints
 * @see RFC 8785
 */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item)).join(",")}]`;
  if (typeof value === "object" && value !== null) return canonicalObject(value);
  const isScalar =
    value === null ||
    typeof value === "string" ||
    typeof value === "boolean" ||
    isFiniteNumber(value);
  if (!isScalar) {
    throw new ScalingError(
      `canonicalJson: expected finite numbers, strings, booleans, null, arrays and objects, got ${String(value)}`,
    );
  }
  return JSON.stringify(value);
}

const isFiniteNumber = (value: unknown): boolean =>
  typeof value === "number" && Number.isFinite(value);

function canonicalObject(value: object): string {
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .sort(([x], [y]) => (x < y ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}

/** SHA-256 of a value's canonical JSON, in hexadecimal. */
export function canonicalHash(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}
