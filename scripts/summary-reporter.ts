import type { Reporter, TestCase, TestModule } from "vitest/node";

/** What a skipped test lacked may be one of these only where CI has installed the rest. */
const allowedSkips = ["needs a GPU", "needs the shared test data"];

/**
 * Ends a test run with the skipped tests and their reasons, then with `N passed, N failed, N
 * skipped` alone on a line. A file or suite that breaks outside of its tests, an unhandled error
 * and a run without tests count as failed; so does, where `CI` is set, a test skipped for another
 * reason than a missing GPU or missing shared test data.
 */
class SummaryReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly unknown[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === "passed").length;
    const skipped = tests.filter((test) => test.result().state === "skipped");
    const forbidden = process.env["CI"] ? skipped.filter((test) => !isAllowed(test)) : [];
    const broken = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const found =
      tests.filter((test) => test.result().state === "failed").length +
      broken.filter((part) => part.errors().length > 0).length +
      unhandledErrors.length +
      forbidden.length;
    const failed = tests.length === 0 ? Math.max(found, 1) : found;
    if (failed > 0) process.exitCode = 1;
    const lines = skipped.map((test) => {
      const mark = forbidden.includes(test) ? "not allowed to skip in CI" : "skipped";
      return `${mark}: ${test.module.relativeModuleId} > ${test.fullName} (${reasonOf(test)})`;
    });
    const count = skipped.length - forbidden.length;
    lines.push(`${passed} passed, ${failed} failed${count > 0 ? `, ${count} skipped` : ""}`);
    // After the other reporters, which write in the same turn.
    process.once("exit", () => process.stdout.write(`${lines.join("\n")}\n`));
  }
}

function reasonOf(test: TestCase): string {
  const result = test.result();
  return (result.state === "skipped" && result.note) || "no reason given";
}

function isAllowed(test: TestCase): boolean {
  return allowedSkips.some((reason) => reasonOf(test).startsWith(reason));
}

// biome-ignore lint/style/noDefaultExport: vitest takes a reporter from the default export
export default SummaryReporter;
