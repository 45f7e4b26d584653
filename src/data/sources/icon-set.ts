import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";

const size = { width: z.number().optional(), height: z.number().optional() };

const setSchema = z.object({
  icons: z.record(z.string(), z.object({ body: z.string(), ...size })),
  aliases: z.record(z.string(), z.object({ parent: z.string() })).default({}),
  ...size,
});

const charactersSchema = z.record(z.string(), z.string());

/** A picture of an icon set. */
export interface IconPicture {
  /** Code points, or a name with hyphens. */
  readonly name: string;
  readonly svg: string;
}

/**
 * The pictures of an icon set in Iconify's format, `icons.json` with `chars.json` beside it; one
 * that has several names comes with each.
 *
 * @throws {DataError} when the file is none
 * @see https://iconify.design/docs/types/iconify-json.html
 */
export async function* iconPictures(path: string): AsyncGenerator<IconPicture> {
  const set = await readSet(path);
  const { width = 16, height = 16 } = set; // the format's defaults
  const characters = await readCharacters(join(dirname(path), "chars.json"));
  const own = Object.keys(set.icons).map((name) => [name, name] as const);
  const aliases = Object.entries(set.aliases).map(([name, { parent }]) => [name, parent] as const);
  for (const [name, icon] of [...Object.entries(characters), ...own, ...aliases]) {
    const found = set.icons[icon];
    if (found === undefined) continue;
    const box = `0 0 ${found.width ?? width} ${found.height ?? height}`;
    const spaces = `xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"`;
    yield { name, svg: `<svg ${spaces} viewBox="${box}">${found.body}</svg>` };
  }
}

async function readSet(path: string): Promise<z.output<typeof setSchema>> {
  try {
    return setSchema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch (cause) {
    throw new DataError(`${path}: expected an icon set in Iconify's format; check "files"`, {
      cause,
    });
  }
}

/** Icons by code points; sets without them have names only. */
async function readCharacters(path: string): Promise<z.output<typeof charactersSchema>> {
  const text = await readFile(path, "utf8").catch(() => "{}");
  return charactersSchema.parse(JSON.parse(text));
}
