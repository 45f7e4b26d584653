import type { GateResult } from "../compare/gates.ts";
import { isFullScore } from "../eval-task.ts";
import { recordName } from "./record-name.ts";
import type { SampleRecord } from "./sample-record.ts";

/**
 * A run as JUnit XML, for continuous integration: a test case for each gate, then for each sample,
 * which fails below a full score and errs when it was not evaluated.
 */
export function junitXml(
  task: string,
  {
    records,
    gates,
  }: { readonly records: readonly SampleRecord[]; readonly gates: readonly GateResult[] },
): string {
  const cases = [
    ...gates.map(({ gate, verdict, reason }) =>
      testCase({ group: `${task}.gates`, name: gate }, verdictTag(verdict, reason)),
    ),
    ...records.map((record) =>
      testCase({ group: task, name: recordName(record) }, sampleTag(record)),
    ),
  ];
  const failures = cases.filter((one) => one.includes("<failure")).length;
  const errors = cases.filter((one) => one.includes("<error")).length;
  return `<?xml version="1.0" encoding="UTF-8"?>
<testsuite name="${escaped(task)}" tests="${cases.length}" failures="${failures}" errors="${errors}">
${cases.join("\n")}
</testsuite>
`;
}

function testCase(
  { group, name }: { readonly group: string; readonly name: string },
  tag: string,
): string {
  return `  <testcase classname="${escaped(group)}" name="${escaped(name)}">${tag}</testcase>`;
}

function verdictTag(verdict: GateResult["verdict"], reason: string): string {
  if (verdict === "PASS") return "";
  const tag = verdict === "FAIL" ? "failure" : "skipped";
  return `<${tag} message="${escaped(`${verdict}: ${reason}`)}"/>`;
}

function sampleTag({ scores, error }: SampleRecord): string {
  if (error !== undefined) return `<error message="${escaped(error)}"/>`;
  const [first] = Object.values(scores);
  if (first === undefined || first.value === null) return '<skipped message="unscored"/>';
  if (isFullScore(first)) return "";
  const read =
    first.answer === undefined ? "" : `, read as ${JSON.stringify(first.answer.slice(0, 200))}`;
  return `<failure message="${escaped(`score ${first.value}${read}`)}"/>`;
}

/** Text for XML; characters that it cannot hold are left out. */
function escaped(text: string): string {
  return text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, "")
    .replace(/&/g, "&amp;")
    .replace(/</g, "&lt;")
    .replace(/"/g, "&quot;")
    .replace(/\n/g, "&#10;");
}
