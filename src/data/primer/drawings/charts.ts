import type { Random } from "../../random.ts";
import { type ChartEntry, drawChart } from "./chart-drawing.ts";
import { drawingTask, type Question, type Scene } from "./drawing-task.ts";

const letters = [..."ABCDE"];

/** How many entries a chart has and how high its axis goes: 5, or 10 with only even values marked. */
interface ChartRange {
  readonly entries: readonly [minimum: number, maximum: number];
  readonly maximum: 5 | 10;
}

/** Entries with distinct letters and distinct values from 1, so that every question has one answer. */
function drawEntries({ entries, maximum }: ChartRange, random: Random): ChartEntry[] {
  const count = random.integer(...entries);
  const values = random.shuffle(Array.from({ length: maximum }, (_, i) => i + 1));
  const labels = random.shuffle(letters).slice(0, count);
  return labels.map((label, i) => ({ label, value: values[i]! }));
}

function chart(
  range: ChartRange,
  ask: (entries: readonly ChartEntry[], random: Random) => Question,
): (random: Random) => Scene {
  return (random) => {
    const entries = drawEntries(range, random);
    const kind = random.pick(["bar", "line"] as const);
    const values = entries.map(({ label, value }) => `${label} ${value}`);
    return {
      // The same numbers in another order or as a line are the same content.
      content: values.toSorted().join(", "),
      caption: `a ${kind} chart: ${values.join(", ")}`,
      ask: (random) => ask(entries, random),
      draw: (random) => drawChart(entries, { kind, maximum: range.maximum }, random),
    };
  };
}

function askExtreme(entries: readonly ChartEntry[], random: Random): Question {
  const sorted = entries.toSorted((a, b) => a.value - b.value);
  return random.pick([
    { prompt: "Which letter is highest?", answer: sorted.at(-1)!.label },
    { prompt: "Which letter is lowest?", answer: sorted[0]!.label },
  ]);
}

function askValue(entries: readonly ChartEntry[], random: Random): Question {
  const { label, value } = random.pick(entries);
  return { prompt: `What is the value of ${label}?`, answer: String(value) };
}

function askDifference(entries: readonly ChartEntry[], random: Random): Question {
  const [one, other] = random.shuffle(entries) as [ChartEntry, ChartEntry];
  const [higher, lower] = one.value > other.value ? [one, other] : [other, one];
  const prompt = `How much higher is ${higher.label} than ${lower.label}?`;
  return { prompt, answer: String(higher.value - lower.value) };
}

/**
 * Graded bar and line charts with letters below: the highest of few and of many, a value at a marked
 * height, a value between marks, a difference. `What is the value of B?`
 */
export const charts = drawingTask([
  chart({ entries: [2, 3], maximum: 5 }, askExtreme),
  chart({ entries: [4, 5], maximum: 10 }, askExtreme),
  chart({ entries: [2, 4], maximum: 5 }, askValue),
  chart({ entries: [3, 5], maximum: 10 }, askValue),
  chart({ entries: [3, 5], maximum: 10 }, askDifference),
]);
