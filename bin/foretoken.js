#!/usr/bin/env node
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = new URL("../", import.meta.url);
const source = new URL("src/cli/main.ts", root);
const isCheckout = existsSync(source);

/** In a checkout the TypeScript sources run as they are, in an installed package what was built. */
async function loadMain() {
  if (!isCheckout) return import(new URL("dist/cli/main.js", root).href);
  const { register } = await import("tsx/esm/api");
  register({ tsconfig: fileURLToPath(new URL("tsconfig.json", root)) });
  return import(source.href);
}

function explainMissing(error) {
  if (error?.code !== "ERR_MODULE_NOT_FOUND") throw error;
  const fix = isCheckout
    ? `run \`npm ci\` in ${fileURLToPath(root)}`
    : "install the package again with `npm install foretoken`";
  process.stderr.write(
    `foretoken: something it needs is not installed: ${fix}. (${error.message})\n`,
  );
  process.exit(1);
}

const { runProcess } = await loadMain().catch(explainMissing);
await runProcess();
