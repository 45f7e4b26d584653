import { expect, test } from "vitest";
import { sharedText, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { defaultScorerOptions, type ScoredText, type ScorerOptions } from "./scorer.ts";
import { scorers } from "./scorers.ts";

interface CorpusCase {
  readonly fn: string;
  readonly in: {
    readonly hypotheses: readonly string[];
    readonly reference_streams: readonly (readonly (string | null)[])[];
    readonly options: Readonly<Record<string, unknown>>;
  };
  readonly out: { readonly score: number };
}

type Told = Partial<ScorerOptions>;

test.for<
  [
    name: "bleu" | "chrf" | "ter",
    usual: object,
    told: (options: CorpusCase["in"]["options"]) => Told,
  ]
>([
  [
    "bleu",
    { lowercase: false, smooth_method: "exp", max_ngram_order: 4, effective_order: false },
    ({ tokenize }) => ({ tokenizer: tokenize as ScorerOptions["tokenizer"] }),
  ],
  [
    "chrf",
    { char_order: 6, beta: 2, lowercase: false, whitespace: false, eps_smoothing: false },
    ({ word_order }) => ({ wordOrder: word_order as number }),
  ],
  [
    "ter",
    { normalized: false, no_punct: false, asian_support: false, case_sensitive: false },
    () => ({}),
  ],
])("%s of all texts is sacreBLEU's of the corpus", ([name, usual, told], context) => {
  const file = sharedText(`golden/${name}.json`);
  context.skip(file === undefined, withoutSharedData);
  const { cases } = JSON.parse(file!) as { readonly cases: readonly CorpusCase[] };
  const fitting = cases.filter(
    ({ fn, in: { options } }) =>
      fn === `${name}_corpus` &&
      Object.entries(usual).every(([key, value]) => options[key] === value),
  );
  expect(fitting.length).toBeGreaterThan(0);
  for (const one of fitting) {
    const { hypotheses, reference_streams, options } = one.in;
    const texts = hypotheses.map((text, i) => ({
      text,
      ideals: reference_streams.flatMap((stream) => stream[i] ?? []),
    }));
    const scorer = scorers[name]({ ...defaultScorerOptions, ...told(options) });
    const all = scorer.together!(texts);
    expect(all!.name).toBe(name);
    expect(all!.value).toBeCloseTo(one.out.score, 9);
  }
});

test("the interval holds the score, and narrows with the texts", () => {
  const pairs = [
    ["the cat sat on the mat today", "the cat sat on the mat yesterday"],
    ["a dog barks at night in town", "a dog was barking in town at night"],
    ["it rains", "it rains a lot"],
    ["birds sing in the morning", "birds sing in the morning"],
  ] as const;
  const texts = (times: number) =>
    Array.from({ length: times }, () =>
      pairs.map(([text, ideal]) => ({ text, ideals: [ideal] })),
    ).flat();
  for (const name of ["bleu", "chrf", "ter"] as const) {
    const scorer = scorers[name](defaultScorerOptions);
    const few = scorer.together!(texts(1))!.summary();
    const many = scorer.together!(texts(16))!.summary();
    expect(many.mean).toBeCloseTo(few.mean, 9); // counts are summed
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(few.interval.low).toBeLessThan(few.mean);
    expect(few.interval.high).toBeGreaterThan(few.mean);
    expect(width(many.interval)).toBeLessThan(width(few.interval) / 2);
  }
});

test("answers of one sample, or of a cluster, are one draw", () => {
  const pairs = ["a b c d e", "a b x d e", "a x c d e", "a b c d x"].map((text, i) => {
    return { text, ideals: ["a b c d e"], id: `t.${i}` };
  });
  const summary = (texts: readonly ScoredText[]) =>
    scorers.chrf(defaultScorerOptions).together!(texts)!.summary();
  const once = summary(pairs);
  expect(once).toMatchObject({ n: 4, unscored: 0 });
  const often = [...pairs, ...pairs, ...pairs];
  const { low, high } = summary(often).interval;
  expect(summary(often).n).toBe(4);
  expect([low, high]).toEqual([
    ...[expect.closeTo(once.interval.low, 9), expect.closeTo(once.interval.high, 9)],
  ]);
  const clustered = pairs.map((pair, i) => ({ ...pair, cluster: i < 2 ? "a" : "b" }));
  expect(summary(clustered)).toMatchObject({ n: 4, clusters: 2 });
  const alone = pairs.map((pair) => ({ ...pair, cluster: "a" }));
  expect(summary(alone)).toMatchObject({ n: 4, clusters: 1, interval: { low: Number.NaN } });
});

test("of one text no interval is known, of none nothing", () => {
  const scorer = scorers.bleu(defaultScorerOptions);
  expect(scorer.together!([])).toBeUndefined();
  const one = scorer.together!([{ text: "a b c d", ideals: ["a b c d"] }]);
  expect(one!.summary()).toMatchObject({ n: 1, interval: { low: Number.NaN } });
});
