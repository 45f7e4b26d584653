import { describe, expect, it } from "vitest";
import { z } from "zod";
import { ConfigError, DataError } from "../errors.ts";
import { ScalingRefusal } from "../scaling/refusal.ts";
import { type CommandEntry, type CommandResult, defineCommand } from "./command.ts";
import type { Context } from "./context.ts";
import { registry } from "./registry.ts";
import { runCli } from "./run-cli.fixture.ts";

const schema = z.strictObject({
  model: z.string().describe("the model"),
  files: z.array(z.string()).default([]).describe("texts"),
  maxTokens: z.number().int().min(1).default(64).describe("new tokens at most"),
  temperature: z.number().default(1),
  image: z.array(z.string()).default([]).meta({ placeholder: "FILE" }).describe("an image"),
  stream: z.boolean().default(true).describe("print while generating"),
  raw: z.boolean().default(false).describe("no chat template"),
  device: z.enum(["cpu", "cuda"]).optional().describe("where to compute"),
  rate: z.union([z.number(), z.literal("auto")]).default("auto"),
});
type Options = z.output<typeof schema>;

function entries(
  run: (options: Options, context: Context) => Promise<CommandResult>,
): readonly CommandEntry[] {
  const command = defineCommand({ schema, positionals: ["model", "files"], run });
  return [
    { path: "say", summary: "Say something", load: async () => ({ command }) },
    {
      path: "data build",
      summary: "Build data",
      load: () => Promise.reject(new Error("imported although it was not called")),
    },
  ];
}

async function optionsOf(...argv: string[]) {
  let seen: { options: Options; flags: Context["flags"] } | undefined;
  const outcome = await runCli(["say", ...argv], {
    entries: entries(async (options, { flags }) => {
      seen = { options, flags };
      return { json: {} };
    }),
  });
  return { ...outcome, ...seen };
}

const failing = (error: unknown) => entries(() => Promise.reject(error));

describe("options", () => {
  it("come from the schema's defaults when nothing is given", async () => {
    const { code, options, flags } = await optionsOf("m");
    expect(code).toBe(0);
    expect(options).toEqual({
      model: "m",
      files: [],
      maxTokens: 64,
      temperature: 1,
      image: [],
      stream: true,
      raw: false,
      rate: "auto",
    });
    expect(flags).toEqual({ model: "m" });
  });

  it("are read by kind: numbers, repeated, negated, in any order", async () => {
    const argv = "--max-tokens 5 m --temperature -0.5 --image a b --image=c --no-stream --raw";
    const { options, flags } = await optionsOf(
      ...argv.split(" "),
      "--rate",
      "3e-4",
      "--device=cpu",
    );
    const given = {
      model: "m",
      files: ["b"],
      maxTokens: 5,
      temperature: -0.5,
      image: ["a", "c"],
      stream: false,
      raw: true,
      rate: 3e-4,
      device: "cpu",
    };
    expect(options).toEqual(given);
    expect(flags).toEqual(given);
    expect((await optionsOf("m", "--rate", "auto")).options?.rate).toBe("auto");
    expect((await optionsOf("123")).options?.model).toBe("123");
    expect((await optionsOf("m", "--", "--raw")).options?.files).toEqual(["--raw"]);
  });

  it.each([
    [["m", "--max-tokens", "many"], '--max-tokens: expected number, got "many"'],
    [["m", "--max-tokens", "0"], "--max-tokens: expected number to be >=1, got 0"],
    [["m", "--max-tokens", "1.5"], "--max-tokens: expected a whole number, got 1.5"],
    [["m", "--max-tokens"], "option '--max-tokens <number>' argument missing"],
    [["m", "--device", "tpu"], '--device: expected one of "cpu"|"cuda", got "tpu"'],
    [["m", "--rate", "x"], '--rate: expected number or expected "auto", got "x"'],
    [["m", "--max-token", "5"], "unknown option '--max-token' (Did you mean --max-tokens?)"],
    [["m", "--raw=yes"], "--raw"],
    [[], "missing required argument 'model'"],
  ])("%j is wrong usage", async (argv, message) => {
    const { code, stdout, stderr, options } = await optionsOf(...argv);
    expect(code).toBe(2);
    expect(stdout).toBe("");
    expect(stderr).toContain(`foretoken say: `);
    expect(stderr).toContain(message);
    expect(stderr).toMatch(/See `foretoken say --help`\.\n$/);
    expect(stderr.trim().split("\n").length).toBe(1);
    expect(options).toBeUndefined();
  });

  it("names every wrong value in one paragraph", async () => {
    const { stderr } = await optionsOf("m", "--max-tokens", "x", "--device", "y");
    expect(stderr).toBe(
      'foretoken say: --max-tokens: expected number, got "x"; --device: expected one of ' +
        '"cpu"|"cuda", got "y". See `foretoken say --help`.\n',
    );
  });
});

describe("help", () => {
  it("lists the commands and no others, on standard output", async () => {
    for (const argv of [[], ["--help"], ["help"]]) {
      const { code, stdout, stderr } = await runCli(argv);
      expect([code, stderr]).toEqual([0, ""]);
      const listed = [...stdout.matchAll(/^ {2}(\w+) {2,}\S/gm)].map((match) => match[1]);
      expect(listed).toEqual([...new Set(registry.map(({ path }) => path.split(" ")[0]))]);
      expect(listed).toContain("runs");
    }
  });

  it("shows the flags of one command with defaults", async () => {
    const { code, stdout } = await optionsOf("--help");
    expect(code).toBe(0);
    expect(stdout).toContain("Usage: foretoken say [options] <model> [files...]");
    expect(stdout).toMatch(/--max-tokens <number> +new tokens at most \(default: 64\)/);
    expect(stdout).toMatch(/--image <FILE> +an image\n/);
    expect(stdout).toMatch(/--no-stream +print while generating\n/);
    expect(stdout).toMatch(/--device <cpu\|cuda> +where to compute\n/);
    expect(stdout).toMatch(/--json +print one JSON/);
    expect((await runCli(["help", "say"], { entries: failing(0) })).stdout).toBe(stdout);
  });

  it("prints the version", async () => {
    const { code, stdout } = await runCli(["--version"]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^\d+\.\d+\.\d+(\+[0-9a-f]{8}(\.dirty)?)?\n$/);
  });
});

describe("commands", () => {
  it.each([
    [["sai"], "foretoken: unknown command 'sai' (Did you mean say?). See `foretoken --help`."],
    [["zzzzz"], "foretoken: unknown command 'zzzzz'. See `foretoken --help`."],
    [["--sya"], "unknown option '--sya'"],
    [["data"], "foretoken data: expected one of: build. See `foretoken data --help`."],
    [["data", "biuld"], "foretoken data: unknown command 'biuld' (Did you mean build?)"],
  ])("%j is wrong usage", async (argv, message) => {
    const { code, stdout, stderr } = await runCli(argv, { entries: failing(0) });
    expect([code, stdout]).toEqual([2, ""]);
    expect(stderr).toContain(message);
  });

  it("import only the module that is called", async () => {
    const { code, stderr } = await runCli(["data", "build"], { entries: failing(0) });
    expect(code).toBe(1);
    expect(stderr).toContain("imported although");
    expect((await optionsOf("m")).code).toBe(0);
  });
});

describe("exit codes and errors", () => {
  it("are 1 for what failed, 2 for configuration, in one paragraph without a stack", async () => {
    const data = await runCli(["say", "m"], { entries: failing(new DataError("a.txt: empty")) });
    expect(data).toEqual({ code: 1, stdout: "", stderr: "a.txt: empty\n" });
    const config = await runCli(["say", "m"], { entries: failing(new ConfigError("bad key")) });
    expect(config).toEqual({ code: 2, stdout: "", stderr: "bad key\n" });
    const fault = await runCli(["say", "m"], { entries: failing(new TypeError("x is not")) });
    expect(fault.code).toBe(1);
    expect(fault.stderr).toMatch(/^unexpected error: x is not \(.*--debug.*\)\n$/);
  });

  it("are 3 for a refusal, whose reason is a word in the JSON", async () => {
    const refusal = new ScalingRefusal("too-few-levels", "fit: 3 levels; run a fourth");
    const { code, stdout } = await runCli(["say", "m", "--json"], { entries: failing(refusal) });
    const error = { code: "scaling", reason: "too-few-levels", message: refusal.message };
    expect([code, JSON.parse(stdout)]).toEqual([3, { error }]);
  });

  it("show the stack and the cause under --debug", async () => {
    const error = new DataError("a.txt: empty", { cause: new Error("the cause") });
    const { stderr } = await runCli(["say", "m", "--debug"], { entries: failing(error) });
    expect(stderr).toMatch(/DataError: a\.txt: empty\n +at /);
    expect(stderr).toContain("the cause");
  });

  it("are what the command says", async () => {
    const run = entries(async () => ({ json: {}, exitCode: 3 }));
    expect((await runCli(["say", "m"], { entries: run })).code).toBe(3);
  });

  it("are 130 after an interrupt, whether the command returns or throws", async () => {
    const signal = AbortSignal.abort();
    const returning = entries(async () => ({ json: { saved: true } }));
    const options = { signal, entries: returning };
    expect(await runCli(["say", "m", "--json"], options)).toEqual({
      code: 130,
      stdout: '{"saved":true}\n',
      stderr: "",
    });
    const throwing = entries(async (_, context) => {
      context.signal.throwIfAborted();
      return { json: {} };
    });
    expect((await runCli(["say", "m"], { signal, entries: throwing })).code).toBe(130);
  });
});

describe("--json", () => {
  const chatty = entries(async (_, { stdout, stderr, json }) => {
    stdout.write("for people\n");
    stderr.write("progress\n");
    return { json: { json } };
  });

  it("leaves one JSON object alone on standard output, wherever the flag stands", async () => {
    for (const argv of [
      ["--json", "say", "m"],
      ["say", "--json", "m"],
      ["say", "m", "--json"],
    ]) {
      const outcome = await runCli(argv, { entries: chatty });
      expect(outcome).toEqual({
        code: 0,
        stdout: '{"json":true}\n',
        stderr: "for people\nprogress\n",
      });
    }
    expect((await runCli(["say", "m"], { entries: chatty })).stdout).toBe("for people\n");
  });

  it("gives errors as an object too", async () => {
    const error = new DataError("a.txt: empty");
    const failed = await runCli(["say", "m", "--json"], { entries: failing(error) });
    expect(failed.code).toBe(1);
    expect(JSON.parse(failed.stdout)).toEqual({
      error: { code: "data", message: "a.txt: empty" },
    });
    const wrong = await runCli(["say", "m", "--json", "--nope"], { entries: chatty });
    expect(wrong.code).toBe(2);
    expect(JSON.parse(wrong.stdout).error.code).toBe("config");
    expect(wrong.stderr).toContain("--nope");
  });
});
