import type { CaptionResults, CaptionsDelta } from "../evaluate/images/caption-evaluation.ts";
import type { VisualQuestionResults } from "../evaluate/images/image-evaluation.ts";
import type { MeanEstimate } from "../statistics/intervals.ts";
import { createProgress } from "./progress.ts";
import { tasksTable } from "./tasks-table.ts";
import { textTable } from "./text-table.ts";

const align = "right" as const;

/** Captions of images that training has not seen, a row for each set. */
export function captionTable(sets: readonly Omit<CaptionResults, "samples">[]): string {
  const columns = [
    { title: "images" },
    ...[
      ...["concepts", "caption loss", "other image", "difference (95 %)"],
      ...["right of candidates (95 %)", "other image", "difference (95 %)", "chance"],
    ].map((title) => ({ title, align })),
  ];
  const rows = sets.map((set) => [
    set.set,
    String(set.concepts),
    set.lossNats.mean.toFixed(3),
    set.shuffledLossNats.mean.toFixed(3),
    shown(set.lossDifference),
    shown(set.retrieval),
    set.shuffledRetrieval.mean.toFixed(3),
    shown(set.retrievalDifference),
    set.chance.toFixed(3),
  ]);
  return textTable(columns, rows);
}

/** Answers to questions about images; with a baseline, both side by side. */
export function comparisonText({ scores, comparison }: VisualQuestionResults): string {
  if (scores.length === 0) return "";
  if (comparison.length === 0) return tasksTable(scores);
  const columns = [
    { title: "questions" },
    ...["level", "n", "accuracy", "baseline", "difference (95 %)"].map((title) => ({
      title,
      align,
    })),
  ];
  const rows = comparison.map(({ task, difficulty, n, accuracy, baselineAccuracy, difference }) => [
    task,
    String(difficulty),
    String(n),
    accuracy.toFixed(3),
    baselineAccuracy.toFixed(3),
    shown(difference),
  ]);
  return textTable(columns, rows);
}

function shown({ mean, interval }: MeanEstimate): string {
  return `${mean.toFixed(3)} (${interval.low.toFixed(3)} to ${interval.high.toFixed(3)})`;
}

/** Shows how far an evaluation of captions has come. */
export function captionProgress(context: Parameters<typeof createProgress>[0]): {
  show(event: CaptionsDelta): void;
  end(): void;
} {
  const progress = createProgress(context, "captions");
  return {
    show: ({ set, done, total }) =>
      progress.update({ done, total, parts: { set }, values: { set } }),
    end: progress.end,
  };
}
