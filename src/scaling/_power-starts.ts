import type { FitData } from "./_power-objective.ts";

/** The grid of exponents: from nearly flat to far steeper than any published law, log-spaced. */
const exponents = (count: number): number[] =>
  Array.from({ length: count }, (_, i) => 0.01 * (1.5 / 0.01) ** (i / Math.max(1, count - 1)));

/** Shares of the smallest loss at which c starts when it is not solved for. */
const shares = [0.2, 0.5, 0.8, 0.95];

/**
 * Variable projection: for a given exponent, the a > 0 and c >= 0 that minimize the squared
 * relative error, in closed form.
 *
 * @returns ln a at the centre of the computes, and ln c (-Infinity for c = 0)
 * @see Golub, Pereyra 1973; for scaling laws arXiv 2603.22339
 */
export function projectLinear(data: FitData, exponent: number): readonly [number, number] {
  let [pp, pq, qq, p1, q1] = [0, 0, 0, 0, 0];
  for (let i = 0; i < data.x.length; i++) {
    const weight = data.weights[i]!;
    const q = Math.exp(-data.y[i]!);
    const p = q * Math.exp(-exponent * data.x[i]!);
    pp += weight * p * p;
    pq += weight * p * q;
    qq += weight * q * q;
    p1 += weight * p;
    q1 += weight * q;
  }
  const determinant = pp * qq - pq * pq;
  const a = (p1 * qq - q1 * pq) / determinant;
  const c = (q1 * pp - p1 * pq) / determinant;
  if (c > 0 && a > 0) return [Math.log(a), Math.log(c)];
  return [Math.log(p1 / pp), Number.NEGATIVE_INFINITY];
}

/** Starts for a free c: the projection at each exponent, and fixed shares of the smallest loss. */
export function freeStarts(data: FitData, count: number): readonly (readonly number[])[] {
  const grid = exponents(Math.max(1, Math.ceil(count / 2)));
  const projected = grid.map((exponent) => {
    const [u, v] = projectLinear(data, exponent);
    const below = data.logSmallest - 1e-3;
    return [u, Math.log(exponent), Number.isFinite(v) ? Math.min(v, below) : below - 5];
  });
  const shared = grid.map((exponent, index) => {
    const share = shares[index % shares.length]!;
    const [u] = projectLinear(data, exponent);
    return [u + Math.log(1 - share), Math.log(exponent), data.logSmallest + Math.log(share)];
  });
  return [...projected, ...shared].slice(0, count);
}

/** The start for c = 0: the least-squares line of ln L on ln C, its slope kept below zero. */
export function zeroStart(data: FitData): readonly number[] {
  let [w, x1, y1, xx, xy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < data.x.length; i++) {
    const weight = data.weights[i]!;
    w += weight;
    x1 += weight * data.x[i]!;
    y1 += weight * data.y[i]!;
    xx += weight * data.x[i]! ** 2;
    xy += weight * data.x[i]! * data.y[i]!;
  }
  const slope = Math.min(-1e-6, (xy - (x1 * y1) / w) / (xx - (x1 * x1) / w));
  return [(y1 - slope * x1) / w, Math.log(-slope)];
}
