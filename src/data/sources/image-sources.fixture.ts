import { join } from "node:path";
import sharp from "sharp";
import { folderWith, recipeOf } from "../build.fixture.ts";
import type { Document, SourceCounts } from "../document.ts";
import { ImageStore } from "../images/image-store.ts";
import type { SourceInput } from "../recipe-schema.ts";
import { openSource } from "./open-source.ts";
import type { Source } from "./source.ts";

/** A PNG of one colour, 96 x 96 pixels. */
export function picture(colour: string): Promise<Buffer> {
  const create = { width: 96, height: 96, channels: 3, background: colour } as const;
  return sharp({ create }).png().toBuffer();
}

/** Opens one source of a recipe over a folder. */
export function openIn(baseFolder: string, input: Partial<SourceInput>): Source {
  const description = recipeOf(baseFolder, [input]).sources[0]!;
  return openSource(description, { baseFolder, cacheFolder: join(baseFolder, "cache"), seed: 1 });
}

/** Everything that a source gives, its images in a store of their own. */
export async function readAll(baseFolder: string, input: Partial<SourceInput>) {
  const scratchFolder = await folderWith({});
  const images = await ImageStore.create(scratchFolder, { nearDuplicates: false, scratchFolder });
  const counts: SourceCounts = { invalidSequences: 0, skipped: 0, broken: [] };
  const documents: Document[] = [];
  const reading = Object.assign(counts, { images });
  try {
    for await (const document of openIn(baseFolder, input).documents(scratchFolder, reading)) {
      documents.push(document);
    }
  } finally {
    await images.finish();
  }
  return { documents, ...counts, texts: documents.map(({ text }) => text) };
}
