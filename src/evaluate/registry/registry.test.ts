import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sharedPath, withoutSharedData } from "../../statistics/shared-data.fixture.ts";
import { evalTask, isSupportedClass } from "./classes/eval-classes.ts";
import { matchesPattern, Registry } from "./registry.ts";
import { readSamples } from "./sample-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "foretoken-registry-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function write(path: string, content: string | Uint8Array): Promise<void> {
  await mkdir(dirname(join(folder, path)), { recursive: true });
  await writeFile(join(folder, path), content);
}

const entry = `
alias:
  id: alias.dev.v0
  metrics: [accuracy]
alias.dev.v0:
  class: evals.elsuite.basic.match:Match
  args:
    samples_jsonl: alias/samples.jsonl
`;

describe("a registry", () => {
  test("follows aliases, and names what is near", async () => {
    await write("evals/a.yaml", entry);
    await write("evals/ignored.yml", "{{{");
    await write("evals/no-mapping.yaml", "- a\n- b\n");
    const registry = new Registry([folder]);
    expect(await registry.evalSpec("alias")).toMatchObject({
      ...{ key: "alias.dev.v0", base: "alias", split: "dev", group: "a" },
      args: { samples_jsonl: "alias/samples.jsonl" },
    });
    await expect(registry.evalSpec("alais")).rejects.toThrow('no entry "alais"; near are alias');
  });

  test.each([
    ["a circle of aliases", "a:\n  id: b\nb:\n  id: a\n", /leads back to itself/],
    ["an alias of nothing", "a:\n  id: zzz\n", /no entry "zzz"/],
    ["no class", "a:\n  args: {}\n", /expected a name with a dot and a class/],
    ["no dot", "a:\n  class: x:Y\n", /expected a name with a dot and a class/],
    ["a reserved field", "a:\n  key: x\n", /the field key is reserved/],
    ["text for fields", "a: b\n", /expected fields, got "b"/],
    ["broken YAML", "a: [\n", /a\.yaml: /],
  ])("%s is an error that says where", async (_what, yaml, message) => {
    await write("evals/a.yaml", yaml);
    await expect(new Registry([folder]).evalSpec("a")).rejects.toThrow(message);
  });

  test("has each name once; of equal fields the last one holds", async () => {
    await write("evals/a.yaml", `${entry}b.dev.v0:\n  class: x:A\n  class: x:B\n`);
    expect((await new Registry([folder]).evalSpec("b.dev.v0")).cls).toBe("x:B");
    await write("evals/b.yaml", entry);
    await expect(new Registry([folder]).evalSpec("alias")).rejects.toThrow(
      /b\.yaml: "alias" is defined in .*a\.yaml already/,
    );
    expect(() => new Registry([join(folder, "none")])).toThrow(/found nothing there/);
  });

  test("chooses the evaluations of a set once each", async () => {
    await write("evals/a.yaml", `${entry}other.v0:\n  class: x:Y\n`);
    await write("eval_sets/s.yaml", "s:\n  evals: [alias*, alias.dev.v0, oth?r*]\n");
    expect(await new Registry([folder]).evalSet("s")).toEqual(["alias.dev.v0"]);
    expect(matchesPattern("a.b", "a.b")).toBe(true);
    expect(matchesPattern("axb", "a.b")).toBe(false);
  });

  test("of OpenAI Evals loads whole; classes that do not run say so", async (context) => {
    const path = sharedPath("openai-evals");
    context.skip(path === undefined, withoutSharedData);
    const registry = new Registry([path!]);
    const names = [...(await registry.entries("evals")).keys()];
    expect(names.length).toBeGreaterThan(100);
    for (const name of names) {
      const spec = await registry.evalSpec(name);
      expect([name, isSupportedClass(spec.cls)]).toEqual([name, true]);
    }
    expect((await registry.evalSet("test-basic")).length).toBeGreaterThan(1);
    const spec = {
      ...(await registry.evalSpec("test-match")),
      cls: "evals.elsuite.bluff.eval:Bluff",
    };
    const options = { spec, registry, args: {}, directory: folder, policies: 1, maxSamples: 2 };
    await expect(evalTask(options)).rejects.toThrow(
      "evals.elsuite.bluff.eval:Bluff is not supported",
    );
    const strange = { ...options, spec: await registry.evalSpec("finance"), args: { speed: 1 } };
    await expect(evalTask(strange)).rejects.toThrow('takes no argument "speed"');
  });
});

describe("samples", () => {
  const read = (path: string) => readSamples(path, { folder, directory: folder });

  test("are lines, as they are or packed, or a folder of files", async () => {
    const text = '{"input": "a"}\r\n{"input": "b"}';
    await write("data/plain.jsonl", text);
    await write("data/packed.jsonl.gz", gzipSync(text));
    // {"input": "a"}\n, packed by zstd
    const zstd = "KLUv/QRYeQAAeyJpbnB1dCI6ICJhIn0KH4mSWw==";
    await write("data/packed.jsonl.zst", Buffer.from(zstd, "base64"));
    await write("data/many/b.jsonl", '{"input": "2"}\n');
    await write("data/many/a.jsonl", '{"input": "1"}\n');
    expect(await read("plain.jsonl")).toEqual([{ input: "a" }, { input: "b" }]);
    expect(await read("packed.jsonl.gz")).toHaveLength(2);
    expect(await read("packed.jsonl.zst")).toEqual([{ input: "a" }]);
    expect(await read("many")).toEqual([{ input: "1" }, { input: "2" }]);
  });

  test.each([
    ["lfs.jsonl", "version https://git-lfs.github.com/spec/v1\noid sha256:1\n", /git lfs pull/],
    [
      "broken.jsonl",
      '{"input": 1}\n{"input": }\n',
      /broken\.jsonl, line 2: .*column 11: Unexpected token/,
    ],
    ["blank.jsonl", '{"input": 1}\n\n{"input": 2}\n', /line 2: .*the line is empty/],
    ["list.jsonl", "[1]\n", /line 1: expected an object, got \[1\]/],
    ["packed.jsonl.lz4", "\x04\x22\x4d\x18", /lz4 is not read; unpack it/],
    ["bad.jsonl.gz", "no gzip", /cannot be unpacked/],
  ])("%s is refused with its place", async (name, content, message) => {
    await write(`data/${name}`, content);
    await expect(read(name)).rejects.toThrow(message);
  });

  test("that are missing are named", async () => {
    await expect(read("https://a.b/c.jsonl")).rejects.toThrow("addresses are not fetched");
    await expect(read("none.jsonl")).rejects.toThrow(/found neither .* nor .*none\.jsonl/);
  });
});
