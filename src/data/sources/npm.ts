import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { extract } from "tar";
import { DataError } from "../../errors.ts";
import type { Document } from "../document.ts";
import { matchesGlobs } from "../glob.ts";
import {
  isLocalTarball,
  type Origin,
  type PackageReference,
  packagesOf,
} from "../source-origin.ts";
import { readEmoji } from "./emoji.ts";
import { EmojiNames, nameFiles } from "./emoji-names.ts";
import { listFiles, readFileDocuments, type SourceFile } from "./folder.ts";
import { readMessages } from "./messages.ts";
import { type CachedTarball, ensureTarball, type TarballRequest } from "./npm-cache.ts";
import type { Reading, Source, SourceContext } from "./source.ts";
import { readWordnet } from "./wordnet.ts";

type NpmOrigin = Extract<Origin, { kind: "npm" }>;
type Reader = (files: readonly SourceFile[], reading: Reading) => AsyncIterable<Document>;

/** Where a reader finds what it needs beside the files. */
interface ReaderPlace {
  readonly where: string;
  /** Unpacks files of the last package, which has the names of emojis. */
  readonly unpackNames: (files: readonly string[]) => Promise<string>;
}

type OpenReader = (from: NpmOrigin, place: ReaderPlace) => Promise<Reader>;

const readers: { readonly [format in NpmOrigin["format"]]: OpenReader } = {
  text: async () => eachFile(readFileDocuments),
  wordnet: async () => eachFile(readWordnet),
  messages: async () => eachFile(readMessages),
  emoji: async ({ naming }, { where, unpackNames }) => {
    const { languages } = naming!;
    const names = await EmojiNames.read(await unpackNames(nameFiles(languages)), languages, where);
    return (files, reading) => readEmoji(files, names, reading);
  },
};

/** Files of an npm package, fetched once by npm's own client and kept in the cache. */
export function openNpm(from: NpmOrigin, context: SourceContext): Source {
  const { name } = context;
  const requests = packagesOf(from).map((reference) => tarballRequest(reference, context));
  let tarballs: Promise<CachedTarball[]> | undefined;
  const ensure = () => {
    tarballs ??= Promise.all(requests.map(ensureTarball));
    return tarballs;
  };
  return {
    fingerprint: async () => (await Promise.all(requests.map(contentOf))).join(" "),
    fetch: async () => (await ensure())[0]!.integrity,
    async *documents(scratchFolder, reading) {
      const tarballPaths = (await ensure()).map(({ path }) => path);
      const where = `source "${name}" (${from.specifier})`;
      const root = join(scratchFolder, `package-${name}`);
      const namesRoot = join(scratchFolder, `names-${name}`);
      const unpackNames = async (files: readonly string[]) => {
        await unpack(tarballPaths.at(-1)!, { root: namesRoot, files });
        return namesRoot;
      };
      const read = await readers[from.format](from, { where, unpackNames });
      await unpack(tarballPaths[0]!, { root, files: from.files });
      const paths = await listFiles(root, where, () => true);
      const files = paths.map((path) => ({ root, path, source: name }));
      yield* read(files, reading);
      for (const folder of [root, namesRoot]) await rm(folder, { recursive: true, force: true });
    },
  };
}

/** Reads files that have nothing to do with each other. */
function eachFile(read: (file: SourceFile, reading: Reading) => AsyncIterable<Document>): Reader {
  return async function* (files, reading) {
    for (const file of files) yield* read(file, reading);
  };
}

/** Changes with a package's content: a pinned one or a published version cannot, a local tarball can. */
async function contentOf(request: TarballRequest): Promise<string> {
  if (request.integrity !== undefined) return request.integrity;
  const isFixed = !isLocalTarball(request.specifier);
  return isFixed ? request.specifier : (await ensureTarball(request)).integrity;
}

/** The tarball that an npm source needs. */
export function tarballRequest(
  { specifier, integrity }: PackageReference,
  { baseFolder, cacheFolder }: Pick<SourceContext, "baseFolder" | "cacheFolder">,
): TarballRequest {
  const path = isLocalTarball(specifier) ? resolve(baseFolder, specifier) : specifier;
  return { specifier: path, integrity, cacheFolder: join(cacheFolder, "npm") };
}

/** Extracts the chosen regular files; links and everything outside the package are left out. */
async function unpack(
  tarball: string,
  { root, files }: { readonly root: string; readonly files: readonly string[] },
): Promise<void> {
  await mkdir(root, { recursive: true });
  try {
    await extract({
      file: tarball,
      cwd: root,
      strip: 1,
      filter: (path, entry) =>
        "type" in entry && entry.type === "File" && matchesGlobs(withoutTop(path), files),
    });
  } catch (cause) {
    throw new DataError(
      `tarball ${tarball}: cannot be unpacked (${(cause as Error).message}); delete it and build again`,
      { cause },
    );
  }
}

/** Paths in a package begin with one folder, usually `package`. */
function withoutTop(path: string): string {
  return path.slice(path.indexOf("/") + 1);
}
