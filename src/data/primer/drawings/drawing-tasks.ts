import { charts } from "./charts.ts";
import { diagrams } from "./diagrams.ts";
import { digits } from "./digits.ts";
import type { DrawingTask } from "./drawing-task.ts";
import { shapes } from "./shapes.ts";
import { verses } from "./verses.ts";

/** The drawn parts of the primer. */
export type DrawingTaskName = "shapes" | "charts" | "diagrams" | "digits" | "verses";

/** Every drawn part, by its name. */
export const drawingTasks: { readonly [name in DrawingTaskName]: DrawingTask } = {
  shapes,
  charts,
  diagrams,
  digits,
  verses,
};

/** The names that `drawing:` accepts. */
export const drawingTaskNames = Object.keys(drawingTasks) as readonly DrawingTaskName[];

/** Whether a text names a drawn part. */
export function isDrawingTask(name: string): name is DrawingTaskName {
  return Object.hasOwn(drawingTasks, name);
}
