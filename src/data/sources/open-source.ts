import type { RecipeSource } from "../recipe.ts";
import type { Origin, OriginKind } from "../source-origin.ts";
import { openImages } from "./captions.ts";
import { openDrawing } from "./drawing.ts";
import { openFolder } from "./folder.ts";
import { openJsonl } from "./jsonl.ts";
import { openNpm } from "./npm.ts";
import { openPrimer } from "./primer.ts";
import type { Source, SourceContext } from "./source.ts";

type Open<Kind extends OriginKind> = (
  from: Extract<Origin, { kind: Kind }>,
  context: SourceContext,
) => Source;

const openers: { readonly [Kind in OriginKind]: Open<Kind> } = {
  folder: openFolder,
  jsonl: openJsonl,
  images: openImages,
  npm: openNpm,
  primer: openPrimer,
  drawing: openDrawing,
};

/** The source that a recipe names. */
export function openSource(source: RecipeSource, context: Omit<SourceContext, "name">): Source {
  const open = openers[source.from.kind] as Open<OriginKind>;
  return open(source.from, { ...context, name: source.name });
}
