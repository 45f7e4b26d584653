import { ConfigError, DataError } from "../errors.ts";

/** Refuses counts that are not whole numbers with 0 <= count <= n and n > 0. */
export function checkCounts(where: string, count: number, n: number): void {
  const fits = Number.isInteger(count) && Number.isInteger(n) && n > 0 && count >= 0 && count <= n;
  if (!fits) {
    throw new DataError(
      `${where}: expected whole numbers 0 <= count <= n with n > 0, got count ${count} and n ${n}`,
    );
  }
}

/** Refuses settings, such as a level or a power, that are not strictly between 0 and 1. */
export function checkShares(where: string, shares: Readonly<Record<string, number>>): void {
  for (const [name, share] of Object.entries(shares)) {
    if (!(share > 0 && share < 1)) {
      throw new ConfigError(`${where}: expected ${name} between 0 and 1, got ${share}`);
    }
  }
}

/** Refuses settings, such as a size, that are not finite numbers above zero. */
export function checkPositive(where: string, settings: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(settings)) {
    if (!(value > 0 && value < Number.POSITIVE_INFINITY)) {
      throw new ConfigError(`${where}: expected ${name} above 0, got ${value}`);
    }
  }
}

/** Refuses numbers outside [0, 1], and an empty list of them. */
export function checkProbabilities(where: string, values: readonly number[]): void {
  if (values.length === 0) throw new DataError(`${where}: expected at least one value, got none`);
  const wrong = values.findIndex((value) => !(value >= 0 && value <= 1));
  if (wrong >= 0) {
    throw new DataError(
      `${where}: expected probabilities in [0, 1], got ${values[wrong]} at index ${wrong}`,
    );
  }
}

/** Refuses two lists of different lengths. */
export function checkPaired(where: string, left: ArrayLike<unknown>, right: ArrayLike<unknown>) {
  if (left.length !== right.length) {
    throw new DataError(
      `${where}: expected lists of one length, got ${left.length} and ${right.length} values`,
    );
  }
}

/** Refuses numbers that are not finite, and fewer of them than `least`. */
export function checkNumbers(where: string, values: readonly number[], least = 1): void {
  if (values.length < least) {
    throw new DataError(`${where}: expected at least ${least} values, got ${values.length}`);
  }
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) {
    throw new DataError(
      `${where}: expected finite numbers, got ${values[wrong]} at index ${wrong}`,
    );
  }
}

/** Refuses rows of numbers that differ in length or have no number, and labels that are no place. */
export function checkLabelled(
  where: string,
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): void {
  checkPaired(where, rows, labels);
  const classes = rows[0]?.length ?? 0;
  if (classes === 0) throw new DataError(`${where}: expected rows of numbers, got none`);
  rows.forEach((row, index) => {
    const label = labels[index]!;
    if (row.length !== classes) {
      throw new DataError(
        `${where}: expected ${classes} numbers in row ${index}, got ${row.length}`,
      );
    }
    if (!(Number.isInteger(label) && label >= 0 && label < classes)) {
      throw new DataError(
        `${where}: expected a label from 0 to ${classes - 1} of row ${index}, got ${label}`,
      );
    }
  });
}

/** As `checkLabelled`, for rows that are probabilities: in [0, 1], with a sum within 1e-3 of 1. */
export function checkForecasts(
  where: string,
  rows: readonly (readonly number[])[],
  labels: readonly number[],
): void {
  checkLabelled(where, rows, labels);
  rows.forEach((row, index) => {
    checkProbabilities(where, row);
    const total = row.reduce((all, one) => all + one, 0);
    if (Math.abs(total - 1) > 1e-3) {
      throw new DataError(`${where}: expected row ${index} with the sum 1, got the sum ${total}`);
    }
  });
}

/** Refuses events that are neither 0 (false) nor 1 (true). */
export function checkEvents(where: string, events: readonly (number | boolean)[]): void {
  const wrong = events.find((event) => Number(event) !== 0 && Number(event) !== 1);
  if (wrong !== undefined) throw new DataError(`${where}: expected 0 or 1, got ${wrong}`);
}
