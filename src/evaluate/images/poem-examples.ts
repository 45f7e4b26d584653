import type { TestItem } from "../../data/primer/test-items.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import type { TaskSample } from "../primer/primer-tasks.ts";

/** A picture, the words that a poem was asked with, and the poem that a model wrote. */
export interface PoemExample {
  readonly pixels: ImagePixels;
  /** What was asked, without the mark of the image. */
  readonly asked: string;
  readonly written: string;
  /** Why it misses what was asked; empty where it fulfils all. */
  readonly fault: string;
}

/** The first poems among answered test questions; none where no poem was asked for. */
export function poemExamples(
  {
    items,
    samples,
  }: { readonly items: readonly TestItem[]; readonly samples: readonly TaskSample[] },
  image: (number: number) => Promise<ImagePixels>,
  count: number,
): Promise<PoemExample[]> {
  const answers = new Map(samples.map((sample) => [sample.id, sample]));
  const poems = items.filter(({ poem }) => poem !== undefined).slice(0, count);
  return Promise.all(
    poems.map(async ({ id, poem, image: number }) => {
      const { answer: written, explanation: fault } = answers.get(id)!;
      const asked = poem!.words.join(", ");
      return { pixels: await image(number!), asked, written, fault };
    }),
  );
}
