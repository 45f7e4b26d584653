import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";

/** A thing that emojis show, whatever the style. */
export interface EmojiConcept {
  /** Its code points in small hexadecimal, without variation selectors: `1f468-200d-1f33e`. */
  readonly key: string;
  /** Its name by language. */
  readonly labels: ReadonlyMap<string, string>;
}

/** Files of a package that hold names in the given languages, as globs. */
export function nameFiles(languages: readonly string[]): string[] {
  return ["emoji.json", ...["en", ...languages].map((language) => `${language}/data.json`)];
}

/** The base emojis, without skin tones, by the names that picture files have. */
export class EmojiNames {
  readonly #byKey: ReadonlyMap<string, EmojiConcept>;
  readonly #bySlug: ReadonlyMap<string, EmojiConcept>;

  private constructor(concepts: readonly EmojiConcept[], english: ReadonlyMap<string, string>) {
    this.#byKey = new Map(concepts.map((concept) => [concept.key, concept]));
    this.#bySlug = new Map(concepts.map((concept) => [slugOf(english.get(concept.key)!), concept]));
  }

  /**
   * Reads the names in an unpacked package: `LANGUAGE/data.json` as emojibase-data has them, or
   * `emoji.json` as the emoji-datasource packages do, in English.
   *
   * @param where - named in errors
   * @throws {DataError} when they are missing, or not in these languages
   */
  static async read(
    folder: string,
    languages: readonly string[],
    where: string,
  ): Promise<EmojiNames> {
    const english = await readLabels(folder, "en");
    if (english === undefined) {
      throw new DataError(
        `${where}: expected names of emojis in en/data.json or emoji.json, found neither; set names to emojibase-data@VERSION`,
      );
    }
    const labels = new Map<string, ReadonlyMap<string, string>>();
    for (const language of languages) {
      const own = language === "en" ? english : await readLabels(folder, language);
      if (own === undefined) {
        throw new DataError(
          `${where}: expected names in the language "${language}", found no ${language}/data.json; correct languages, or set names to emojibase-data@VERSION`,
        );
      }
      labels.set(language, own);
    }
    const concepts = [...english.keys()].map((key) => ({ key, labels: labelsOf(key, labels) }));
    return new EmojiNames(concepts, english);
  }

  /**
   * What a picture file shows, by its name without the extension: code points (`1F981`), or the name
   * with hyphens (`lion`, `waving-hand-default`). Undefined for other skin tones and other pictures.
   */
  find(fileName: string): EmojiConcept | undefined {
    return this.#byKey.get(keyOf(fileName)) ?? this.#bySlug.get(fileName.replace(/-default$/, ""));
  }
}

function labelsOf(
  key: string,
  labels: ReadonlyMap<string, ReadonlyMap<string, string>>,
): Map<string, string> {
  const found = [...labels].map(([language, own]) => [language, own.get(key)] as const);
  return new Map(found.filter((entry): entry is [string, string] => entry[1] !== undefined));
}

const componentGroup = 2;

/** emojibase-data; parts of emojis, such as regional letters, have no group or the one of components. */
const emojibaseSchema = z.array(
  z.object({ hexcode: z.string(), label: z.string(), group: z.number().optional() }),
);

const datasourceSchema = z.array(
  z.object({ unified: z.string(), name: z.string().nullable(), category: z.string() }),
);

/** Names by key; undefined when the package has none in this language. */
async function readLabels(
  folder: string,
  language: string,
): Promise<Map<string, string> | undefined> {
  const emojibase = await readJson(join(folder, language, "data.json"), emojibaseSchema);
  if (emojibase !== undefined) {
    const shown = emojibase.filter(({ group = componentGroup }) => group !== componentGroup);
    return new Map(shown.map(({ hexcode, label }) => [keyOf(hexcode), label]));
  }
  if (language !== "en") return undefined;
  const datasource = await readJson(join(folder, "emoji.json"), datasourceSchema);
  const shown = datasource?.filter(({ name, category }) => name && category !== "Component");
  return shown && new Map(shown.map(({ unified, name }) => [keyOf(unified), plainName(name!)]));
}

async function readJson<T>(path: string, schema: z.ZodType<T>): Promise<T | undefined> {
  const text = await readFile(path, "utf8").catch(() => undefined);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

/** `LION FACE` as people write it; names that have small letters stay. */
function plainName(name: string): string {
  return /[a-z]/.test(name) ? name : name.toLowerCase();
}

function keyOf(codePoints: string): string {
  const parts = codePoints.toLowerCase().split("-");
  return parts
    .filter((part) => part !== "fe0f" && part !== "fe0e")
    .map((part) => part.replace(/^0+/, ""))
    .join("-");
}

/** `Mrs. Claus` as file names spell it: `mrs-claus`. */
function slugOf(label: string): string {
  const plain = label.normalize("NFD").replace(/[\u0300-\u036f.’“”!]/g, "");
  return plain
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}
