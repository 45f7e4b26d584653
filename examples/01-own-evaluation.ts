// An evaluation of one's own in one file. It runs without a key, on answers that were written down:
//   npx foretoken eval run examples/01-own-evaluation.ts --model replay:examples/01-answers.jsonl
// and with any model: --model openai:NAME, anthropic:NAME, a run of yours, a GGUF file.
import {
  defineTask,
  fewShot,
  type KindScorer,
  type Metric,
  type Sample,
  type Solver,
  system,
} from "foretoken/evaluate";

const samples: readonly Sample[] = [
  { input: "The first Moon landing", ideal: "1969", metadata: { era: "modern" } },
  { input: "The fall of the Berlin Wall", ideal: "1989", metadata: { era: "modern" } },
  { input: "The Battle of Hastings", ideal: "1066", metadata: { era: "medieval" } },
  { input: "The Magna Carta", ideal: "1215", metadata: { era: "medieval" } },
];

const yearOf = (text: string) => Number(/\d{3,4}/.exec(text)?.[0] ?? Number.NaN);

/** Asks, and asks once more when there is no year in the answer. */
const insist: Solver = async ({ messages }, ask) => {
  const answer = await ask(messages);
  if (!Number.isNaN(yearOf(answer))) return answer;
  const again = { role: "user", content: "Your best guess, as a year?" };
  return ask([...messages, { role: "assistant", content: answer }, again]);
};

/** Right within the decade is half right; an answer without a year is unscored. */
const near: KindScorer = {
  kind: "share",
  score(answer, { ideal }) {
    const years = Math.abs(yearOf(answer) - Number(ideal));
    if (Number.isNaN(years)) return null;
    return { value: years === 0 ? 1 : years <= 10 ? 0.5 : 0, answer: String(yearOf(answer)) };
  },
};

/** The mean score of the older questions. */
const medieval: Metric = (all) => {
  const values = all
    .filter(({ sample }) => sample.metadata?.["era"] === "medieval")
    .map(({ scores }) => scores["near"]?.value ?? 0);
  return values.reduce((sum, value) => sum + value, 0) / values.length;
};

export default defineTask({
  name: "years",
  samples,
  solver: [
    system("Answer with a year."),
    fewShot([{ input: "The first train", answer: "1804" }]),
    insist,
  ],
  scorers: { near, exact: "exact" },
  metrics: { medieval },
});
