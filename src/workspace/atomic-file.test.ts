import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createFolderAtomic, removeTemporaries, writeFileAtomic } from "./atomic-file.ts";
import { mountDisk, NO_DISK } from "./small-disk.fixture.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

describe("writeFileAtomic", () => {
  it("writes text, bytes and pieces, and leaves only the file", async () => {
    const path = join(folder, "a.txt");
    await writeFileAtomic(path, "grün");
    expect(await readFile(path, "utf8")).toBe("grün");
    await writeFileAtomic(path, new Uint8Array([1, 2]));
    expect([...(await readFile(path))]).toEqual([1, 2]);
    await writeFileAtomic(path, [new Uint8Array([3]), new Uint8Array([4, 5])]);
    expect([...(await readFile(path))]).toEqual([3, 4, 5]);
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  it("keeps the old content and removes the temporary file when the content fails midway", async () => {
    const path = join(folder, "a.txt");
    await writeFileAtomic(path, "old");
    const failing = (function* () {
      yield new Uint8Array(10);
      throw new Error("source failed");
    })();
    await expect(writeFileAtomic(path, failing)).rejects.toThrow("source failed");
    expect(await readFile(path, "utf8")).toBe("old");
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });

  it("says that the folder is missing", async () => {
    await expect(writeFileAtomic(join(folder, "no/a.txt"), "x")).rejects.toThrow(
      /a\.txt: the folder .*no does not exist/,
    );
  });

  it("shows either the old or the new content to a reader while others write", async () => {
    const path = join(folder, "a.txt");
    const script = `
      const { writeFileAtomic } = await import(${JSON.stringify(new URL("./atomic-file.ts", import.meta.url).href)});
      for (let i = 0; i < 30; i++) await writeFileAtomic(${JSON.stringify(path)}, process.argv[1].repeat(200_000));`;
    await writeFileAtomic(path, "a".repeat(200_000));
    const writers = ["b", "c"].map((letter) =>
      spawn(process.execPath, ["--import", "tsx", "--input-type=module", "-e", script, letter], {
        stdio: "inherit",
      }),
    );
    const ends = Promise.all(writers.map((writer) => once(writer, "exit")));
    let isDone = false;
    void ends.then(() => {
      isDone = true;
    });
    const seen = new Set<string>();
    while (!isDone) seen.add(await readFile(path, "utf8"));
    expect((await ends).map(([code]) => code)).toEqual([0, 0]);
    const whole = ["a", "b", "c"].map((letter) => letter.repeat(200_000));
    expect([...seen].every((content) => whole.includes(content))).toBe(true);
    expect(await readdir(folder)).toEqual(["a.txt"]);
  });
});

describe("createFolderAtomic", () => {
  it("makes the folder whole or not at all", async () => {
    const target = join(folder, "step-1");
    const failing = createFolderAtomic(target, async (temporary) => {
      await writeFile(join(temporary, "a"), "x");
      throw new Error("stopped");
    });
    await expect(failing).rejects.toThrow("stopped");
    expect(await readdir(folder)).toEqual([]);
    await createFolderAtomic(target, (temporary) => writeFile(join(temporary, "a"), "x"));
    expect(await readdir(target)).toEqual(["a"]);
  });

  it("does not replace a folder that holds something", async () => {
    const target = join(folder, "step-1");
    await mkdir(target);
    await writeFile(join(target, "kept"), "x");
    await expect(createFolderAtomic(target, async () => {})).rejects.toThrow("exists already");
    expect(await readdir(target)).toEqual(["kept"]);
  });
});

it("removes only the temporaries that a killed process left", async () => {
  await writeFile(join(folder, ".a.txt.0123456789ab.tmp"), "half");
  await mkdir(join(folder, ".step-1.0123456789ab.tmp"));
  await writeFile(join(folder, "mine.tmp"), "kept");
  expect((await removeTemporaries(folder)).length).toBe(2);
  expect(await readdir(folder)).toEqual(["mine.tmp"]);
});

describe("on a full disk", () => {
  it("says which file, how much it needs and that nothing was lost", async ({ skip }) => {
    const unmount = mountDisk(folder, "size=256k") ?? skip(NO_DISK);
    try {
      const path = join(folder, "model.bin");
      await writeFileAtomic(path, "old");
      await expect(writeFileAtomic(path, new Uint8Array(1_000_000))).rejects.toThrow(
        /model\.bin: the disk is full: the file needs 1000000 bytes, \d+ bytes are free\. Nothing was lost/,
      );
      expect(await readFile(path, "utf8")).toBe("old");
      expect(await readdir(folder)).toEqual(["model.bin"]);
      const checkpoint = createFolderAtomic(join(folder, "step-1"), (temporary) =>
        writeFileAtomic(join(temporary, "model.bin"), new Uint8Array(1_000_000)),
      );
      await expect(checkpoint).rejects.toThrow("the disk is full");
      expect(await readdir(folder)).toEqual(["model.bin"]);
    } finally {
      unmount();
    }
  });
});
