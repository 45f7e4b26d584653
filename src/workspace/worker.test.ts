import { spawnSync } from "node:child_process";
import { afterEach, expect, test } from "vitest";
import { DataError, WorkspaceError } from "../errors.ts";
import type { EchoRequest } from "./echo-worker.fixture.ts";
import { startWorker, type WorkerClient } from "./worker.ts";

let client: WorkerClient<EchoRequest, unknown>;
afterEach(() => client.close());

function start(name: string): WorkerClient<EchoRequest, unknown> {
  client = startWorker("./echo-worker.fixture", import.meta.url, name);
  return client;
}

test("answers with the data it was started with", async () => {
  expect(await start("fred").request("echo")).toBe("fred: echo");
  expect(client.pending).toBe(0);
});

test("moves memory there and back without a copy", async () => {
  const values = Float32Array.of(1, 2, 3);
  const answer = start("fred").request(values, [values.buffer]);
  expect(values.length).toBe(0);
  expect(client.pending).toBe(1);
  expect(await answer).toEqual(Float32Array.of(1, 2, 3));
});

test("our errors keep their code and message", async () => {
  const error = await start("fred")
    .request("data-error")
    .catch((reason: unknown) => reason);
  expect(error).toMatchObject({
    code: new DataError("").code,
    message: "document 3: expected text",
  });
});

test("other errors come as WorkspaceError with their cause, and the thread goes on", async () => {
  const error = await start("fred")
    .request("type-error")
    .catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(WorkspaceError);
  expect(error).toMatchObject({ message: expect.stringContaining("x is not a function") });
  expect((error as Error).cause).toMatchObject({ stack: expect.stringContaining("echo-worker") });
  expect(await client.request("echo")).toBe("fred: echo");
});

test.each<[EchoRequest, RegExp]>([
  ["crash", /the thread failed: out of nowhere/],
  ["exit", /the thread ended with exit code 3/],
])("%s: what is open fails, and what comes later", async (request, message) => {
  await expect(start("fred").request(request)).rejects.toThrow(message);
  await expect(client.request("echo")).rejects.toThrow(message);
});

test("a thread that cannot start fails the first request", async () => {
  await expect(start("no start").request("echo")).rejects.toThrow(/no start today/);
});

test("a closed client refuses requests", async () => {
  await start("fred").close();
  await expect(client.request("echo")).rejects.toThrow(WorkspaceError);
});

test("runs under tsx from any folder, and an open thread does not hold the process", () => {
  start("unused");
  const url = new URL("./worker.ts", import.meta.url).href;
  const code = `const { startWorker } = await import(${JSON.stringify(url)});
    const client = startWorker("./echo-worker.fixture", ${JSON.stringify(import.meta.url)}, "tsx");
    process.stdout.write(await client.request("echo"));`;
  const argv = ["--import", import.meta.resolve("tsx"), "--input-type=module", "-e", code];
  const { stdout, stderr } = spawnSync(process.execPath, argv, {
    cwd: "/",
    encoding: "utf8",
    timeout: 30_000,
  });
  expect(stdout, stderr).toBe("tsx: echo");
});
