import { ImageError } from "../../errors.ts";
import { drawingTasks } from "../primer/drawings/drawing-tasks.ts";
import { drawnDocument } from "../primer/drawings/drawn-document.ts";
import { hashText, Random } from "../random.ts";
import type { Origin } from "../source-origin.ts";
import type { Source, SourceContext } from "./source.ts";

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
      for (let number = 0; ; number++) {
        const random = new Random(seed, hashText(task), number);
        const scene = drawingTasks[task].scene(random);
        const id = `${task} ${number}`;
        const image = await images.add(Buffer.from(scene.svg), id).catch((cause: unknown) => {
          throw new ImageError(`source "${name}": the drawing ${id} cannot be rendered`, { cause });
        });
        const text = drawnDocument(scene, random);
        yield { id, source: name, text, hasSpecialTokens: true, images: [image] };
      }
    },
  };
}
