import { ImageError } from "../../errors.ts";
import { mapAhead } from "../../workspace/map-ahead.ts";
import { drawingTasks } from "../primer/drawings/drawing-tasks.ts";
import { drawnDocument } from "../primer/drawings/drawn-document.ts";
import { hashText, Random } from "../random.ts";
import type { Origin } from "../source-origin.ts";
import { imagesAhead, type Source, type SourceContext } from "./source.ts";

/** Changes when the generators draw other images for the same seed. */
const drawingVersion = 1;

/** Drawn images with captions and questions, without an end: give the source `maxBytes`. */
export function openDrawing(
  { task }: Extract<Origin, { kind: "drawing" }>,
  { name, seed }: SourceContext,
): Source {
  return {
    fingerprint: async () => `${task} ${drawingVersion}`,
    async *documents(_scratch, { images }) {
      const drawings = mapAhead(numbers(), imagesAhead, async (number) => {
        const random = new Random(seed, hashText(task), number);
        const scene = drawingTasks[task].scene(random);
        const id = `${task} ${number}`;
        const drawn = images.prepare(Buffer.from(scene.svg), id, { isGenerated: true });
        const image = await drawn.catch((cause: unknown) => {
          throw new ImageError(`source "${name}": the drawing ${id} cannot be rendered`, { cause });
        });
        return { id, text: drawnDocument(scene, random), image };
      });
      for await (const { id, text, image } of drawings) {
        const stored = [await images.add(image)];
        yield { id, source: name, text, hasSpecialTokens: true, images: stored };
      }
    },
  };
}

/** 0, 1, 2, … */
function* numbers(): Generator<number> {
  for (let number = 0; ; number++) yield number;
}
