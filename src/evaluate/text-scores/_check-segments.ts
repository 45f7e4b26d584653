import { DataError } from "../../errors.ts";

/** Refuses an answer without anything to compare it with. */
export function checkReferences(where: string, references: readonly unknown[]): void {
  if (references.length > 0) return;
  throw new DataError(
    `${where}: expected at least one reference, got none; an empty reference is the text ""`,
  );
}

/** Refuses a corpus whose hypotheses and lists of references do not belong together. */
export function checkSegments(
  where: string,
  hypotheses: readonly string[],
  references: readonly (readonly string[])[],
): void {
  if (hypotheses.length === 0) {
    throw new DataError(`${where}: expected at least one hypothesis, got none`);
  }
  if (hypotheses.length !== references.length) {
    throw new DataError(
      `${where}: expected a list of references for each hypothesis, got ${hypotheses.length} ` +
        `hypotheses and ${references.length} lists; references[i] belongs to hypotheses[i]`,
    );
  }
  references.forEach((own, i) => {
    checkReferences(`${where}, segment ${i}`, own);
  });
}

/** The number of references of each segment, as signatures say it: `var` where it differs. */
export function referenceCount(references: readonly (readonly string[])[]): string {
  const counts = new Set(references.map(({ length }) => length));
  return counts.size === 1 ? String([...counts][0]) : "var";
}
