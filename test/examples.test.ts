import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { chatServer } from "./chat-server.fixture.ts";
import { root } from "./tracked-files.ts";

/** What each example's first command prints, in words that must be there. */
const outcomes: Readonly<Record<string, readonly RegExp[]>> = {
  "01-own-evaluation.ts": [/near +4 +0\.8750/, /exact +4 +0\.7500/],
};

test("every example is short, and its first command does what it says", async () => {
  const names = (await readdir(join(root, "examples"))).filter((name) => name.endsWith(".ts"));
  expect(names.sort()).toEqual(Object.keys(outcomes));
  for (const name of names) {
    const text = await readFile(join(root, "examples", name), "utf8");
    expect(text.split("\n").length).toBeLessThanOrEqual(61);
    const [, command] = /^\/\/ +npx foretoken (.*)$/m.exec(text)!;
    const home = await mkdtemp(join(tmpdir(), "foretoken-example-"));
    const environment = { FORETOKEN_HOME: home };
    const start = Date.now();
    const { code, stdout } = await runCli(command!.split(" "), { directory: root, environment });
    expect(code).toBe(0);
    for (const words of outcomes[name]!) expect(stdout).toMatch(words);
    expect(Date.now() - start).toBeLessThan(60_000);
    await rm(home, { recursive: true });
  }
});

test("the README's evaluation in code runs", async () => {
  const readme = await readFile(join(root, "README.md"), "utf8");
  const [, block] = /^```ts\n(import \{ defineTask[\s\S]*?)^```/m.exec(readme)!;
  const directory = await mkdtemp(join(tmpdir(), "foretoken-readme-"));
  await writeFile(join(directory, "capitals.ts"), block!);
  const server = await chatServer(() => "Paris.");
  const argv = ["eval", "run", "capitals.ts", ...server.flags, "--json"];
  const { code, stdout } = await runCli(argv, { directory });
  expect([code, JSON.parse(stdout).report]).toEqual([0, { accuracy: 1 }]);
  await server.close();
  await rm(directory, { recursive: true });
});
