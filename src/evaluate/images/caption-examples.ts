import { Random } from "../../data/random.ts";
import type { LocalModel } from "../../language-model/local-model.ts";
import type { ImagePixels } from "../../model/image/pixels.ts";
import type { Caption } from "./captions.ts";

/** What a model writes about an image. */
export interface CaptionExample extends Caption {
  readonly pixels: ImagePixels;
  /** The first line that it wrote. */
  readonly written: string;
}

const captionTokens = 24;

/**
 * Lets a model caption some images, chosen by the seed alone, at temperature 0.
 *
 * @param choice - `count`: how many images; fewer where there are no more
 */
export async function captionExamples(
  model: LocalModel,
  { captions, image }: CaptionSource,
  { count, seed }: { readonly count: number; readonly seed: number },
): Promise<CaptionExample[]> {
  const chosen = new Random(seed, captions.length).shuffle(captions).slice(0, count);
  const each = chosen.map(async (caption) => {
    const pixels = await image(caption.image);
    const prompt = { kind: "document", text: "", images: [pixels] } as const;
    const [completion] = await model.sample(prompt, 1, { maxTokens: captionTokens, stop: ["\n"] });
    return { ...caption, pixels, written: completion!.text.trim() };
  });
  return Promise.all(each);
}

/** Where captions and their images come from. */
interface CaptionSource {
  readonly captions: readonly Caption[];
  readonly image: (number: number) => Promise<ImagePixels>;
}
