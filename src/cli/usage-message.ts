import type { z } from "zod";
import type { Flag } from "./schema-flags.ts";

/**
 * One sentence about what is wrong with the values that the user gave.
 *
 * @param given - the values by option name, as they were checked
 */
export function describeIssues(
  issues: readonly z.core.$ZodIssue[],
  flags: readonly Flag[],
  given: Readonly<Record<string, unknown>>,
): string {
  return issues.map((issue) => describeIssue(issue, flags, given)).join("; ");
}

function describeIssue(
  issue: z.core.$ZodIssue,
  flags: readonly Flag[],
  given: Readonly<Record<string, unknown>>,
): string {
  const flag = flags.find(({ key }) => key === issue.path[0]);
  const message = plainMessage(issue);
  if (flag === undefined) return message;
  if (!(flag.key in given))
    return `${flag.label} is missing: expected ${flag.description || message}`;
  return `${flag.label}: ${message}, got ${JSON.stringify(valueAt(given, issue.path))}`;
}

/** zod's sentence without its own heading, and without the type that the text was read as. */
function plainMessage(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_union") {
    const branches = issue.errors.map((branch) => branch.map(plainMessage).join(", "));
    return branches.join(" or ") || "not one of the values it can have";
  }
  return issue.message
    .replace(/^(Invalid \w+|Too small|Too big): /, "")
    .replace(/, received \w+$/, "")
    .replace(/^expected int$/, "expected a whole number");
}

function valueAt(given: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): unknown {
  let value: unknown = given;
  for (const step of path) value = (value as Record<PropertyKey, unknown> | undefined)?.[step];
  return value;
}
