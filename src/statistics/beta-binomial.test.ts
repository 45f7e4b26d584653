import { describe, expect, test } from "vitest";
import {
  betaBinomialCdf,
  betaBinomialLogProbability,
  betaBinomialMoments,
} from "./beta-binomial.ts";
import { fitBetaBinomial } from "./beta-binomial-fit.ts";
import { betaPosterior, probabilityAbove } from "./beta-posterior.ts";
import { binomialLogProbability } from "./binomial.ts";
import { Random } from "./random.ts";

describe("beta-binomial distribution", () => {
  test.each([
    { n: 12, a: 0.3, b: 4 },
    { n: 40, a: 70, b: 2 },
    { n: 25, a: 3e5, b: 1e6 },
    { n: 9, a: 1e-6, b: 2e-6 },
  ])("probabilities of $n trials, a $a, b $b add up, with the stated moments", (distribution) => {
    const { n, a, b } = distribution;
    let [total, first, second] = [0, 0, 0];
    for (let k = 0; k <= n; k++) {
      const log = betaBinomialLogProbability(k, distribution);
      total += Math.exp(log);
      first += k * Math.exp(log);
      second += k * k * Math.exp(log);
      expect(betaBinomialCdf(k, distribution)).toBeCloseTo(total, 13);
      const mirrored = betaBinomialLogProbability(n - k, { n, a: b, b: a });
      expect(mirrored).toBeCloseTo(log, 12);
    }
    const { mean, variance } = betaBinomialMoments(distribution);
    expect(total).toBeCloseTo(1, 13);
    expect(first / mean).toBeCloseTo(1, 12);
    expect((second - first ** 2) / variance).toBeCloseTo(1, 10);
  });

  test("for a and b without end it is the binomial distribution", () => {
    const log = betaBinomialLogProbability(30, { n: 100, a: 2e14, b: 6e14 });
    expect(log).toBeCloseTo(binomialLogProbability(30, 100, 0.25), 10);
  });

  test("uniform rates make all counts equally likely, for a million trials as well", () => {
    const log = betaBinomialLogProbability(123_456, { n: 1e6, a: 1, b: 1 });
    expect(log).toBeCloseTo(-Math.log(1e6 + 1), 9);
  });

  test("counts that are not whole and parameters that are not above 0 are refused", () => {
    expect(() => betaBinomialLogProbability(0.5, { n: 2, a: 1, b: 1 })).toThrow(
      /got k 0.5 and n 2/,
    );
    expect(() => betaBinomialCdf(0, { n: -1, a: 1, b: 1 })).toThrow(/got k 0 and n -1/);
    expect(() => betaBinomialMoments({ n: 2, a: 0, b: 1 })).toThrow(/above 0, got 0 and 1/);
  });
});

describe("maximum likelihood", () => {
  const problems = [
    ...[3, 9, 0, 10, 4, 7, 10, 1].map((count) => ({ count, n: 10 })),
    ...[2, 0, 5, 1].map((count) => ({ count, n: 5 })),
  ];
  const likelihood = (a: number, b: number) =>
    problems.reduce(
      (total, { count, n }) => total + betaBinomialLogProbability(count, { n, a, b }),
      0,
    );

  test("no neighbour is likelier, and the order of the problems does not matter", () => {
    const { a, b, mean, overdispersion, logLikelihood } = fitBetaBinomial(problems);
    expect(logLikelihood).toBeCloseTo(likelihood(a, b), 11);
    expect(mean).toBeCloseTo(a / (a + b), 14);
    expect(overdispersion).toBeCloseTo(1 / (a + b + 1), 14);
    for (const [da, db] of [
      [1.001, 1],
      [0.999, 1],
      [1, 1.001],
      [1, 0.999],
    ] as const) {
      expect(likelihood(a * da, b * db)).toBeLessThan(logLikelihood);
    }
    expect(fitBetaBinomial(problems.toReversed()).a).toBeCloseTo(a, 10);
  });

  test("successes and failures may change places", () => {
    const turned = problems.map(({ count, n }) => ({ count: n - count, n }));
    const [fit, other] = [fitBetaBinomial(problems), fitBetaBinomial(turned)];
    expect(other.a).toBeCloseTo(fit.b, 9);
    expect(other.b).toBeCloseTo(fit.a, 9);
  });

  test("drawn rates are found again", () => {
    const random = new Random(9);
    // Beta(2, 3) as the second smallest of four uniform numbers.
    const drawn = Array.from({ length: 3000 }, () => {
      const rate = [0, 1, 2, 3].map(() => random.uniform()).sort((x, y) => x - y)[1]!;
      let count = 0;
      for (let trial = 0; trial < 20; trial++) count += random.uniform() < rate ? 1 : 0;
      return { count, n: 20 };
    });
    const { a, b } = fitBetaBinomial(drawn);
    expect(Math.abs(a - 2)).toBeLessThan(0.25);
    expect(Math.abs(b - 3)).toBeLessThan(0.35);
  });

  test("counts without spread have one rate, counts of all or nothing have no middle", () => {
    const even = fitBetaBinomial([4, 5, 6].map((count) => ({ count, n: 10 })));
    expect(even).toMatchObject({ a: Infinity, b: Infinity, overdispersion: 0 });
    expect(even.mean).toBe(0.5);
    const split = fitBetaBinomial([0, 8, 8].map((count) => ({ count, n: 8 })));
    expect(split).toMatchObject({ a: 0, b: 0, overdispersion: 1 });
    expect(split.mean).toBeCloseTo(2 / 3, 14);
    expect(split.logLikelihood).toBeCloseTo(Math.log(4 / 27), 13);
  });

  test("what says nothing of the spread is refused", () => {
    expect(() => fitBetaBinomial([])).toThrow("got 0 successes in 0 trials of 0 problems");
    expect(() => fitBetaBinomial([{ count: 3, n: 3 }])).toThrow(/successes and failures/);
    expect(() => fitBetaBinomial([0, 1].map((count) => ({ count, n: 1 })))).toThrow(/at least 2/);
    expect(() => fitBetaBinomial([{ count: 4, n: 3 }])).toThrow("got count 4 and n 3");
  });
});

describe("posterior of a rate", () => {
  test("the ends and the median have their probabilities", () => {
    const posterior = betaPosterior(17, 40, { level: 0.9 });
    expect(posterior).toMatchObject({ a: 18, b: 24 });
    expect(probabilityAbove(posterior.median, posterior)).toBeCloseTo(0.5, 12);
    expect(probabilityAbove(posterior.interval.low, posterior)).toBeCloseTo(0.95, 12);
    expect(probabilityAbove(posterior.interval.high, posterior)).toBeCloseTo(0.05, 12);
  });

  test("counts above n, a prior of 0 and a level of 1 are refused", () => {
    expect(() => betaPosterior(3, 2)).toThrow("got count 3 and n 2");
    expect(() => betaPosterior(1, 2, { prior: { a: 0, b: 1 } })).toThrow("prior a above 0, got 0");
    expect(() => probabilityAbove(0.5, { a: -1, b: 1 })).toThrow("expected a above 0, got -1");
    expect(() => betaPosterior(1, 2, { level: 1 })).toThrow("level between 0 and 1, got 1");
  });
});
