import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { checkpointFolder } from "../workspace/run-folder.ts";
import { exampleRow } from "../workspace/run-row.fixture.ts";
import { insertRun } from "../workspace/run-table.ts";
import { openWorkspace } from "../workspace/workspace.ts";
import { resolveModelFolder } from "./resolve.ts";

let directory: string;
let workspaceFolder: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-"));
  workspaceFolder = join(directory, ".foretoken");
});
afterEach(() => rm(directory, { recursive: true }));

const resolve = (text: string) => resolveModelFolder(text, { directory, workspaceFolder });

async function makeFile(...path: string[]): Promise<void> {
  await mkdir(join(...path.slice(0, -1)), { recursive: true });
  await writeFile(join(...path), "{}");
}

/** A run in the workspace with checkpoints after these steps. */
async function makeRun(id: string, name: string, steps: readonly number[]): Promise<string> {
  const workspace = await openWorkspace(workspaceFolder);
  await insertRun(workspace.database, exampleRow({ id, name }));
  await workspace.close();
  const folder = join(workspaceFolder, "runs", id);
  await makeFile(folder, "config.json");
  await mkdir(join(folder, "checkpoints"));
  for (const step of steps) await makeFile(checkpointFolder(folder, step), "model", "config.json");
  return folder;
}

describe("a path", () => {
  test("of a model folder is taken, relative to the directory or whole", async () => {
    await makeFile(directory, "my-model", "config.json");
    const folder = join(directory, "my-model");
    expect(await resolve("my-model")).toBe(folder);
    expect(await resolve("./my-model/")).toBe(folder);
    expect(await resolve(folder)).toBe(folder);
  });

  test("of a checkpoint or a run gives the model in it", async () => {
    const run = await makeRun("250101-000000-aaa", "small", [9, 100]);
    expect(await resolve(checkpointFolder(run, 9))).toBe(join(checkpointFolder(run, 9), "model"));
    expect(await resolve(run)).toBe(join(checkpointFolder(run, 100), "model"));
  });

  test("comes before a run's name; a file is refused", async () => {
    await makeRun("250101-000000-aaa", "small", [1]);
    await makeFile(directory, "small", "config.json");
    expect(await resolve("small")).toBe(join(directory, "small"));
    await makeFile(directory, "weights.bin");
    await expect(resolve("weights.bin")).rejects.toThrow(
      /^model .*weights\.bin: expected the folder of a model .* or a \.gguf file, got another file$/,
    );
  });
});

describe("a run", () => {
  test("by id, name or beginning of the id gives its newest checkpoint", async () => {
    const run = await makeRun("250101-000000-aaa", "small", [9, 100, 20]);
    for (const text of ["250101-000000-aaa", "small", "250101"]) {
      expect(await resolve(text)).toBe(join(checkpointFolder(run, 100), "model"));
    }
  });

  test("without a checkpoint is refused", async () => {
    await makeRun("250101-000000-aaa", "small", []);
    await expect(resolve("small")).rejects.toThrow(/^run .*: has no checkpoint yet; train it/);
  });
});

test.each(["nothing", "openai:gpt-4o", ""])(
  "%j, which is neither, is refused with the forms there are, and no workspace is made",
  async (text) => {
    await expect(resolve(text)).rejects.toThrow(
      `model "${text}": neither an existing path nor a run of the workspace ${workspaceFolder}. Give the folder of a model`,
    );
    await rm(workspaceFolder, { recursive: true }).then(
      () => expect.fail("a workspace was made"),
      () => undefined,
    );
  },
);
