import { ConfigError } from "../errors.ts";
import {
  type DrawingTaskName,
  drawingTaskNames,
  isDrawingTask,
} from "./primer/drawings/drawing-tasks.ts";
import { isPrimerTask, type PrimerTaskName, primerTaskNames } from "./primer/tasks.ts";
import type { ParsedSource } from "./recipe-schema.ts";

/** A package of the npm registry, or a local tarball. */
export interface PackageReference {
  /** NAME@VERSION, or the path of a local tarball. */
  readonly specifier: string;
  readonly integrity: string | undefined;
  readonly tarballBytes: number | undefined;
}

/** Where the names and languages of emojis come from. */
export interface EmojiNaming {
  /** Undefined: the package of the pictures has them. */
  readonly names: PackageReference | undefined;
  readonly languages: readonly string[];
}

/** Where a source's text comes from; `label` says it to people. */
export type Origin =
  | {
      readonly kind: "folder";
      readonly label: string;
      readonly folder: string;
      readonly include: readonly string[];
      /** Local images of Markdown files are read. */
      readonly markdownImages: boolean;
    }
  | { readonly kind: "jsonl"; readonly label: string; readonly file: string }
  | {
      readonly kind: "images";
      readonly label: string;
      readonly folder: string;
      /** Undefined: they lie beside the images. */
      readonly captions: string | undefined;
    }
  | ({
      readonly kind: "npm";
      readonly label: string;
      readonly files: readonly string[];
      readonly format: "text" | "wordnet" | "messages" | "emoji";
      /** Of emojis. */
      readonly naming: EmojiNaming | undefined;
    } & PackageReference)
  | { readonly kind: "primer"; readonly label: string; readonly task: PrimerTaskName }
  | { readonly kind: "drawing"; readonly label: string; readonly task: DrawingTaskName };

/** The kinds of sources that a recipe knows. */
export type OriginKind = Origin["kind"];

/** Extensions taken from a folder unless the recipe says otherwise. */
const textExtensions: readonly string[] =
  ".txt .md .markdown .rst .js .mjs .cjs .jsx .ts .mts .cts .tsx .py .rs .go .java .c .h .cc .cpp .hpp .cs .rb .php .swift .kt .scala .sh .sql .lua .r .jl .html .css .yaml .yml .toml".split(
    " ",
  );

const kinds: readonly OriginKind[] = ["folder", "jsonl", "images", "npm", "primer", "drawing"];

/** Whether a source is generated: its repetitions are meant, and its tests are disjoint by key. */
export function isGenerated({ kind }: Pick<Origin, "kind">): boolean {
  return kind === "primer" || kind === "drawing";
}

/** Keys that make sense with the format of emojis only. */
const emojiKeys = ["names", "namesIntegrity", "namesTarballBytes", "languages"] as const;

/** Keys that make sense with one kind only. */
const keysOf: { readonly [kind in OriginKind]: readonly (keyof ParsedSource)[] } = {
  folder: ["include", "markdownImages"],
  jsonl: [],
  images: ["captions"],
  npm: ["files", "format", "integrity", "tarballBytes", ...emojiKeys],
  primer: [],
  drawing: [],
};

/**
 * The one origin that a source names.
 *
 * @throws {ConfigError} on none, on several, or on a key of another kind
 */
export function resolveOrigin(source: ParsedSource, where: string): Origin {
  const at = `${where}: source "${source.name}"`;
  const named = kinds.filter((kind) => source[kind] !== undefined);
  const kind = named[0];
  if (kind === undefined || named.length > 1) {
    const came = named.length === 0 ? "none" : named.join(" and ");
    throw new ConfigError(`${at}: expected exactly one of ${kinds.join(", ")}, got ${came}`);
  }
  for (const other of kinds.filter((candidate) => candidate !== kind)) {
    const stray = keysOf[other].find((key) => source[key] !== undefined);
    if (stray !== undefined) {
      throw new ConfigError(
        `${at}: "${stray}" belongs to ${other} sources, this is a ${kind} source`,
      );
    }
  }
  return resolvers[kind](source, at);
}

const resolvers: { readonly [kind in OriginKind]: (source: ParsedSource, at: string) => Origin } = {
  folder: ({ folder = "", include = textExtensions, markdownImages = false }) => ({
    kind: "folder",
    label: `folder ${folder}`,
    folder,
    include: include.map((extension) => (extension.startsWith(".") ? extension : `.${extension}`)),
    markdownImages,
  }),
  jsonl: ({ jsonl = "" }) => ({ kind: "jsonl", label: `file ${jsonl}`, file: jsonl }),
  images: ({ images = "", captions }, at) => ({
    kind: "images",
    label: `images ${images}`,
    folder: images,
    captions: checkedCaptions(captions, at),
  }),
  npm: (source, at) => {
    const { npm = "", files = ["**"], format = "text", integrity, tarballBytes } = source;
    return {
      kind: "npm",
      label: `npm ${npm}`,
      specifier: checkedSpecifier(npm, { key: "npm", at }),
      files,
      format,
      integrity,
      tarballBytes,
      naming: resolveNaming(source, at),
    };
  },
  primer: ({ primer = "" }, at) => ({
    kind: "primer",
    label: `generated: ${primer}`,
    task: checkedTask(primer, at),
  }),
  drawing: ({ drawing = "" }, at) => ({
    kind: "drawing",
    label: `drawn: ${drawing}`,
    task: checkedDrawing(drawing, at),
  }),
};

/** The packages that an origin is read from, the one of its text or pictures first. */
export function packagesOf(origin: Origin): readonly PackageReference[] {
  if (origin.kind !== "npm") return [];
  return origin.naming?.names === undefined ? [origin] : [origin, origin.naming.names];
}

function resolveNaming(source: ParsedSource, at: string): EmojiNaming | undefined {
  if (source.format !== "emoji") {
    const stray = emojiKeys.find((key) => source[key] !== undefined);
    if (stray === undefined) return undefined;
    throw new ConfigError(`${at}: "${stray}" belongs to the format emoji`);
  }
  const { names, namesIntegrity: integrity, namesTarballBytes: tarballBytes } = source;
  const { languages = ["en"] } = source;
  if (names === undefined) return { names, languages };
  const specifier = checkedSpecifier(names, { key: "names", at });
  return { names: { specifier, integrity, tarballBytes }, languages };
}

/** Whether an npm specifier is a tarball on this machine. */
export function isLocalTarball(specifier: string): boolean {
  return specifier.endsWith(".tgz") || specifier.endsWith(".tar.gz");
}

function checkedSpecifier(
  specifier: string,
  { key, at }: { readonly key: "npm" | "names"; readonly at: string },
): string {
  if (isLocalTarball(specifier) || /^(@[\w.-]+\/)?[\w.-]+@\d+\.\d+\.\d+[\w.+-]*$/.test(specifier)) {
    return specifier;
  }
  throw new ConfigError(
    `${at}: expected ${key}: NAME@VERSION with an exact version such as rxjs@7.8.2, or the path of a .tgz, got "${specifier}"`,
  );
}

function checkedCaptions(captions: string | undefined, at: string): string | undefined {
  if (captions === undefined || /\.(jsonl|csv)$/.test(captions)) return captions;
  throw new ConfigError(`${at}: expected captions: a .jsonl or .csv file, got "${captions}"`);
}

function checkedTask(task: string, at: string): PrimerTaskName {
  if (isPrimerTask(task)) return task;
  throw new ConfigError(
    `${at}: expected primer: one of ${primerTaskNames.join(", ")}, got "${task}"`,
  );
}

function checkedDrawing(task: string, at: string): DrawingTaskName {
  if (isDrawingTask(task)) return task;
  throw new ConfigError(
    `${at}: expected drawing: one of ${drawingTaskNames.join(", ")}, got "${task}"`,
  );
}
