/**
 * The place in [low, high] where a condition that holds on the left stops to hold, to the last bit.
 *
 * @param isBelow - true to the left of the place, false to its right
 */
export function bisect(
  isBelow: (x: number) => boolean,
  [low, high]: readonly [number, number],
): number {
  let [left, right] = [low, high];
  // A double has 52 + 1074 places below one.
  for (let step = 0; step < 1100; step++) {
    const middle = left + (right - left) / 2;
    if (middle <= left || middle >= right) break;
    if (isBelow(middle)) left = middle;
    else right = middle;
  }
  return left + (right - left) / 2;
}

/**
 * As `bisect`, on [low, infinity): the upper end is found by doubling the distance from `low`.
 *
 * @returns Infinity when the condition holds for every number that a double can be
 */
export function bisectUpwards(isBelow: (x: number) => boolean, low: number): number {
  let left = low;
  for (let distance = 1; Number.isFinite(low + distance); distance *= 2) {
    if (!isBelow(low + distance)) return bisect(isBelow, [left, low + distance]);
    left = low + distance;
  }
  return Number.POSITIVE_INFINITY;
}
