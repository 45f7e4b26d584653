import { ConfigError } from "../../errors.ts";
import type { TableRow } from "./read-rows.ts";

/** Which rows count: those whose column stands so to a value. */
export interface RowFilter {
  readonly column: string;
  readonly operator: Operator;
  readonly value: string;
}

type Operator = "=" | "!=" | "<" | "<=" | ">" | ">=";

const comparisons: { readonly [operator in Operator]: (order: number) => boolean } = {
  "=": (order) => order === 0,
  "!=": (order) => order !== 0,
  "<": (order) => order < 0,
  "<=": (order) => order <= 0,
  ">": (order) => order > 0,
  ">=": (order) => order >= 0,
};

/**
 * Reads `COLUMN OP VALUE`, such as `kind = isoflop` or `flops<=3e20`.
 *
 * @param flag - named in errors
 * @throws {ConfigError} when it is not of that form
 */
export function parseFilter(text: string, flag: string): RowFilter {
  const match = /^\s*(.+?)\s*(!=|<=|>=|=|<|>)\s*(.*?)\s*$/.exec(text);
  if (match === null) {
    throw new ConfigError(
      `${flag} "${text}": expected COLUMN OP VALUE with one of = != < <= > >=, such as "kind = isoflop"`,
    );
  }
  const [, column = "", operator, value = ""] = match;
  return { column, operator: operator as Operator, value };
}

/**
 * Whether a row passes a filter: as numbers where both sides are numbers, else as text, which is
 * compared for equality alone.
 *
 * @throws {ConfigError} when the row lacks the column, or text is compared by size
 */
export function passes(
  { where, values }: TableRow,
  { column, operator, value }: RowFilter,
): boolean {
  if (!(column in values)) throw missingColumn(where, column, values);
  const found = String(values[column] ?? "").trim();
  const [left, right] = [Number(found), Number(value)];
  const areNumbers = found !== "" && value !== "" && !Number.isNaN(left) && !Number.isNaN(right);
  if (areNumbers) return comparisons[operator](left - right);
  if (operator === "=" || operator === "!=") return (found === value) === (operator === "=");
  if (found === "") return false; // an empty cell is neither below nor above
  throw new ConfigError(
    `${where}, column "${column}": "${found}" ${operator} "${value}" compares text; use = or !=, or a number`,
  );
}

/** The error for a column that a row lacks. */
export function missingColumn(where: string, column: string, values: object): ConfigError {
  const known = Object.keys(values).join(", ");
  return new ConfigError(`${where}: expected a column "${column}", there are ${known}`);
}
