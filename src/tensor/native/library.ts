import { existsSync, readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { RuntimeError } from "../../errors.ts";

const libraryNames: Readonly<Record<string, RegExp>> = {
  linux: /^libonnxruntime\.so(\.\d+)*$/,
  darwin: /^libonnxruntime(\.\d+)*\.dylib$/,
  win32: /^onnxruntime\.dll$/,
};

/**
 * Path of ONNX Runtime's shared library: the file that `FORETOKEN_ONNXRUNTIME` names, else the one
 * of this platform inside the package `onnxruntime-node`.
 *
 * @throws {RuntimeError} when neither is there
 */
export function findLibrary(environment: NodeJS.ProcessEnv = process.env): string {
  const chosen = environment["FORETOKEN_ONNXRUNTIME"];
  if (chosen === undefined || chosen === "") return packagedLibrary();
  if (existsSync(chosen)) return chosen;
  throw new RuntimeError(
    `native runtime: FORETOKEN_ONNXRUNTIME names "${chosen}", which does not exist; ` +
      "set it to the file of ONNX Runtime's shared library, or unset it to use the packaged one",
  );
}

function packagedLibrary(): string {
  const { platform, arch } = process;
  const folder = join(packageFolder(), "bin", "napi-v6", platform, arch);
  const pattern = libraryNames[platform];
  const name = existsSync(folder)
    ? readdirSync(folder).find((file) => pattern?.test(file) === true)
    : undefined;
  if (name !== undefined) return join(folder, name);
  throw new RuntimeError(
    `native runtime: onnxruntime-node brings no library for ${platform}/${arch} (looked in ${folder}); ` +
      'set FORETOKEN_ONNXRUNTIME to a library built for this machine, or open the runtime of kind "web"',
  );
}

function packageFolder(): string {
  try {
    return dirname(createRequire(import.meta.url).resolve("onnxruntime-node/package.json"));
  } catch (cause) {
    throw new RuntimeError(
      "native runtime: the package onnxruntime-node is not installed; run `npm install`",
      { cause },
    );
  }
}
