import { mkdir, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { extract } from "tar";
import { DataError } from "../../errors.ts";
import type { Document, SourceCounts } from "../document.ts";
import { matchesGlobs } from "../glob.ts";
import { isLocalTarball, type Origin } from "../source-origin.ts";
import { listFiles, readFileDocuments } from "./folder.ts";
import { ensureTarball, type TarballRequest } from "./npm-cache.ts";
import type { Source, SourceContext } from "./source.ts";
import { readWordnet } from "./wordnet.ts";

type NpmOrigin = Extract<Origin, { kind: "npm" }>;
type Reader = (
  file: { readonly root: string; readonly path: string; readonly source: string },
  counts: SourceCounts,
) => AsyncIterable<Document>;

const readers: { readonly [format in NpmOrigin["format"]]: Reader } = {
  text: readFileDocuments,
  wordnet: readWordnet,
};

/** Files of an npm package, fetched once by npm's own client and kept in the cache. */
export function openNpm(from: NpmOrigin, context: SourceContext): Source {
  const request = tarballRequest(from, context);
  let tarball: ReturnType<typeof ensureTarball> | undefined;
  const ensure = () => {
    tarball ??= ensureTarball(request);
    return tarball;
  };
  return {
    async fingerprint() {
      // A pinned content or a published version cannot change; a local tarball can.
      if (from.integrity !== undefined) return from.integrity;
      return isLocalTarball(request.specifier) ? (await ensure()).integrity : request.specifier;
    },
    fetch: async () => (await ensure()).integrity,
    async *documents(scratchFolder, counts) {
      const { path } = await ensure();
      const root = join(scratchFolder, `package-${context.name}`);
      await unpack(path, { root, files: from.files });
      const where = `source "${context.name}" (${from.specifier})`;
      for (const file of await listFiles(root, where, () => true)) {
        yield* readers[from.format]({ root, path: file, source: context.name }, counts);
      }
      await rm(root, { recursive: true, force: true });
    },
  };
}

/** The tarball that an npm source needs. */
export function tarballRequest(
  { specifier, integrity }: NpmOrigin,
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
