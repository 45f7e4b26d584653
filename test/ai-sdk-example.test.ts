import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { tinyConfig, tinyParameters } from "../src/generate/generate.fixture.ts";
import { openLocalLanguageModel } from "../src/language-model/local-language-model.ts";
import { saveModel } from "../src/model/checkpoint.ts";
import { byteTokenizer } from "../src/model/text/tokenizer.ts";
import { root } from "./tracked-files.ts";

test("the README's program for the AI SDK runs", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, example] = /^```js\n(.*?)^```/ms.exec(readme)!;
  const manifest = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const built: string = manifest.exports["./ai"].default;
  const source = built.replace("./dist/", "src/").replace(/\.js$/, ".ts");
  const directory = await mkdtemp(join(tmpdir(), "foretoken-example-"));
  try {
    const folder = join(directory, "model");
    const parameters = [...tinyParameters()].map(([name, { data }]) => [name, data] as const);
    await saveModel(folder, {
      ...{ config: tinyConfig, parameters: Object.fromEntries(parameters) },
      tokenizer: byteTokenizer(),
    });
    const program = example!
      .replace('"foretoken/ai"', JSON.stringify(pathToFileURL(join(root, source)).href))
      .replace('"RUN"', JSON.stringify(folder));
    const argv = ["--import", "tsx", "--input-type=module", "--eval", program];
    const { stdout } = await promisify(execFile)(process.execPath, argv, { cwd: root });
    const own = await openLocalLanguageModel("tiny", folder, { directory });
    const messages = [{ role: "user", content: "Hello" }];
    const { texts } = await own.chat({ messages, arguments: { max_tokens: 40 } });
    await own.close();
    expect(stdout).toBe(texts[0]);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}, 60_000);
