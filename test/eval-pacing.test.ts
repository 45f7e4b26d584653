import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { runCli } from "../src/cli/run-cli.fixture.ts";
import { readEvalLog } from "../src/evaluate/log/eval-log.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "foretoken-pacing-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

let server: Server | undefined;
afterEach(async () => {
  server?.closeAllConnections();
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** How a server behaves that allows few requests. */
interface Behaviour {
  /** Requests that it allows in each window; undefined: 6. */
  readonly limit?: number;
  /** Undefined: 1000. */
  readonly windowMs?: number;
  /** What answers tell of it: what is left, when to come again after a refusal, or nothing. */
  readonly tells: "limits" | "when" | "nothing";
  /** Requests before which somebody else uses up the window. */
  readonly stolenBefore?: number;
}

/** What a server saw. */
interface Seen {
  readonly answered: string[];
  /** When, in milliseconds. */
  readonly times: number[];
  /** When, of all that came. */
  readonly arrivals: number[];
  /** By question. */
  readonly refused: Map<string, number>;
}

/** A server that speaks as OpenAI's does about its limits, in windows from its first request on. */
async function limitedServer(
  { limit = 6, windowMs = 1000, tells, stolenBefore }: Behaviour,
  port = 0,
): Promise<{ readonly seen: Seen; readonly port: number }> {
  const seen: Seen = { answered: [], times: [], arrivals: [], refused: new Map() };
  let [begun, used, count] = [Number.NEGATIVE_INFINITY, 0, 0];
  const one = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const { messages } = JSON.parse(Buffer.concat(pieces).toString());
      const question: string = messages.at(-1).content;
      const now = performance.now();
      seen.arrivals.push(now);
      if (now - begun >= windowMs) [begun, used] = [now, 0];
      if (++count === stolenBefore) used = limit;
      const isRefused = used >= limit;
      if (!isRefused) used++;
      const leftMs = Math.ceil(begun + windowMs - now);
      const told = {
        "x-ratelimit-limit-requests": String(limit),
        "x-ratelimit-remaining-requests": String(limit - used),
        "x-ratelimit-reset-requests": `${leftMs}ms`,
      };
      const headers = { "content-type": "application/json", ...(tells === "limits" && told) };
      if (isRefused) {
        seen.refused.set(question, (seen.refused.get(question) ?? 0) + 1);
        const when = { "retry-after": String(Math.ceil(leftMs / 1000)) };
        response.writeHead(429, { ...headers, ...(tells !== "nothing" && when) });
        response.end(
          JSON.stringify({ error: { message: "Rate limit reached", type: "requests" } }),
        );
        return;
      }
      seen.answered.push(question);
      seen.times.push(now);
      const message = { role: "assistant", content: /\d+/.exec(question)![0] };
      const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
      const body = {
        ...{ id: "1", object: "chat.completion", created: 1, model: "x", usage },
        choices: [{ index: 0, finish_reason: "stop", message }],
      };
      response.writeHead(200, headers);
      setTimeout(() => response.end(JSON.stringify(body)), 5);
    });
  });
  server = one;
  await new Promise<void>((resolve) => one.listen(port, "127.0.0.1", resolve));
  return { seen, port: (one.address() as AddressInfo).port };
}

const soon = () => new Promise((resolve) => setTimeout(resolve, 2));

/** Evaluates questions that are answered rightly. */
async function evaluate(count: number, port: number, ...flags: string[]) {
  const rows = Array.from({ length: count }, (_, i) => `what is ${i}?,${i}`);
  await writeFile(join(directory, "questions.csv"), `input,ideal\n${rows.join("\n")}\n`);
  const log = join(directory, `${Math.random()}.jsonl`);
  const places = ["--base-url", `http://127.0.0.1:${port}/v1`, "--log", log, "--no-cache"];
  const argv = ["eval", "run", "questions.csv", "--model", "openai:x", ...places, ...flags];
  const start = performance.now();
  const outcome = await runCli(argv, { directory });
  return { ...outcome, log, seconds: (performance.now() - start) / 1000 };
}

test("a server that tells its limits refuses nothing", async () => {
  const { seen, port } = await limitedServer({ tells: "limits" });
  const { code, log, stderr } = await evaluate(20, port, "--concurrency", "8");
  expect(code).toBe(0);
  expect(seen.refused.size).toBe(0);
  expect(new Set(seen.answered).size).toBe(20);
  expect((await readEvalLog(log)).end?.report).toEqual({ accuracy: 1 });
  expect(seen.times.at(-1)! - seen.times[0]!).toBeGreaterThan(3000); // 20 requests, 6 in each
  expect(seen.times.at(-1)! - seen.times[0]!).toBeLessThan(6000);
  expect(stderr).not.toContain("failed");
}, 30_000);

test("of 300 requests at 64 at once, 50 in half a second, hardly one is refused", async () => {
  const { seen, port } = await limitedServer({ tells: "limits", limit: 50, windowMs: 500 });
  const { code, log } = await evaluate(300, port, "--concurrency", "64");
  expect([code, (await readEvalLog(log)).end?.report]).toEqual([0, { accuracy: 1 }]);
  expect(seen.arrivals.length - seen.answered.length).toBeLessThanOrEqual(3);
  const milliseconds = seen.times.at(-1)! - seen.times[0]!;
  expect(milliseconds).toBeGreaterThan(5 * 500 - 50); // 300 requests, 50 in each
  expect(milliseconds).toBeLessThan(15_000);
}, 30_000);

test("a refusal without any word of when makes all wait", async () => {
  const { seen, port } = await limitedServer({ tells: "nothing", limit: 20 });
  const { code, log, stderr } = await evaluate(80, port, "--concurrency", "64");
  expect([code, (await readEvalLog(log)).end?.report]).toEqual([0, { accuracy: 1 }]);
  // of those at once 44 are too many, and those that came before the word of it did
  expect(seen.arrivals.length - seen.answered.length).toBeLessThanOrEqual(2 * 64);
  expect(Math.max(...seen.refused.values())).toBeLessThanOrEqual(3); // 64 refused come again at once
  const gaps = seen.arrivals.slice(1).map((at, i) => at - seen.arrivals[i]!);
  expect(gaps.filter((gap) => gap > 500).length).toBeGreaterThanOrEqual(1);
  expect(stderr).toMatch(/^waits [01]\.\ds: openai:x at .*status 429/m);
}, 30_000);

test("nothing is refused twice when somebody else uses up the limit, or nothing is told", async () => {
  const told = /^waits .*: openai:x: the provider's limit of requests is used up/m;
  const refusal = /^waits 1\.0s: openai:x at .*status 429 \(Rate limit reached\)/m;
  for (const { says, ...behaviour } of [
    { tells: "limits", stolenBefore: 10, says: told },
    { tells: "when", says: refusal },
  ] as const) {
    const { seen, port } = await limitedServer(behaviour);
    const { code, log, stderr } = await evaluate(20, port, "--concurrency", "8");
    expect(code).toBe(0);
    expect(seen.refused.size).toBeGreaterThan(0);
    expect(Math.max(...seen.refused.values())).toBe(1);
    expect(seen.refused.size).toBeLessThanOrEqual(behaviour.tells === "limits" ? 8 : 12);
    expect((await readEvalLog(log)).end?.report).toEqual({ accuracy: 1 });
    expect(stderr).toMatch(says);
    server!.closeAllConnections();
    await new Promise((resolve) => server!.close(resolve));
  }
}, 30_000);

test("requests and tokens a minute are kept to without any word of the server", async () => {
  const { seen, port } = await limitedServer({ tells: "when", limit: 1000 });
  const { code } = await evaluate(11, port, "--requests-per-minute", "300");
  expect([code, seen.answered.length]).toEqual([0, 11]);
  expect(seen.times.at(-1)! - seen.times[0]!).toBeGreaterThan(1900); // ten gaps of 0.2 s
  const controller = new AbortController();
  const argv = ["eval", "run", "questions.csv", "--model", "openai:x", "--no-cache"];
  const place = ["--base-url", `http://127.0.0.1:${port}/v1`, "--tokens-per-minute", "20"];
  let stderr = "";
  const running = runCli([...argv, ...place], {
    ...{ directory, signal: controller.signal },
    stderr: { write: (text) => (stderr += text) },
  });
  while (seen.answered.length < 11 + 5 || !stderr.includes("waits")) await soon();
  controller.abort();
  expect((await running).code).toBe(130); // an interrupt ends the wait
  expect(seen.answered.length).toBe(11 + 5);
  expect(stderr).toContain("openai: 20 tokens a minute are used up");
}, 30_000);

test("the grader's calls take turns with those of the model", async () => {
  const { seen, port } = await limitedServer({ tells: "nothing", limit: 1000 });
  const flags = ["--scorer", "graded", "--grader", "openai:judge", "--requests-per-minute", "600"];
  const { code } = await evaluate(6, port, ...flags);
  expect([code, seen.times.length]).toEqual([0, 12]);
  expect(seen.times.at(-1)! - seen.times[0]!).toBeGreaterThan(1000); // eleven gaps of 0.1 s
}, 30_000);

test("a server that is down ends the run soon, saying which and what to do", async () => {
  const { port } = await limitedServer({ tells: "when" });
  await new Promise((resolve) => server!.close(resolve));
  const { code, stderr, log, seconds } = await evaluate(200, port);
  expect(code).toBe(1);
  expect(seconds).toBeLessThan(15);
  const said = `openai:x at http://127.0.0.1:${port}/v1: cannot be reached (connect ECONNREFUSED 127.0.0.1:${port}); nothing listens there: start the server`;
  expect(stderr.split("\n").find((line) => line.startsWith("waits 1.0s: "))).toContain(said);
  expect(stderr.split("\n").at(-2)).toContain(said);
  expect((await readEvalLog(log)).records).toEqual([]); // so that the same --log asks them all
}, 30_000);

test("an outage in the middle of a run is waited for", async () => {
  const { seen, port } = await limitedServer({ tells: "limits" });
  const running = evaluate(12, port, "--concurrency", "4");
  while (seen.answered.length < 5) await soon();
  server!.closeAllConnections();
  await new Promise((resolve) => server!.close(resolve));
  await new Promise((resolve) => setTimeout(resolve, 1500));
  const after = await limitedServer({ tells: "limits" }, port);
  const { code, log, stderr } = await running;
  expect([code, (await readEvalLog(log)).end?.report]).toEqual([0, { accuracy: 1 }]);
  expect(after.seen.answered.length).toBeGreaterThan(6);
  expect(stderr).toContain("cannot be reached");
}, 30_000);
