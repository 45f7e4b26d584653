import { canonicalHash } from "./canonical-json.ts";

/** What an entry says: a forecast, what came of it, or a remark on one. */
export type LedgerKind = "seal" | "score" | "amend";

/** One entry of the ledger; nothing of it may change once it is written. */
export interface LedgerEntry {
  /** Place in the ledger, from 0. */
  readonly index: number;
  /** Hash of the entry before; 64 zeros for the first. */
  readonly previousHash: string;
  readonly hash: string;
  readonly kind: LedgerKind;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** Canonical JSON. */
  readonly payload: string;
}

/** The `previousHash` of the first entry. */
export const genesisHash = "0".repeat(64);

/** SHA-256 over all of an entry but its own hash. */
export function entryHash(entry: Omit<LedgerEntry, "hash">): string {
  const { index, previousHash, kind, time, payload } = entry;
  return canonicalHash({ index, previousHash, kind, time, payload });
}

/** What `verifyEntries` found. */
export interface LedgerVerdict {
  readonly isIntact: boolean;
  readonly entries: number;
  /** Hash of the last entry: keep it elsewhere (print, mail, commit), and give it next time. */
  readonly headHash: string;
  readonly problems: readonly LedgerProblem[];
}

/** One thing that does not fit, at the entry where it shows. */
export interface LedgerProblem {
  readonly index: number;
  readonly problem: string;
}

/**
 * Checks every entry and every link between entries, in the order of their index.
 *
 * Any edit, removal from the middle, insertion or change of order breaks a hash or a link. The end
 * of a chain cannot vouch for itself: entries cut off, or all rewritten, show only against a hash
 * that was kept elsewhere.
 *
 * @param knownHash - the hash of an entry, such as the last, that was kept elsewhere
 */
export function verifyEntries(entries: readonly LedgerEntry[], knownHash?: string): LedgerVerdict {
  const problems = entries.flatMap((entry, place) =>
    entryProblems(entry, entries[place - 1], place),
  );
  if (knownHash !== undefined && !entries.some(({ hash }) => hash === knownHash)) {
    problems.push({
      index: Math.max(0, entries.length - 1),
      problem: `no entry has the hash that was kept, ${knownHash}: entries were rewritten or removed`,
    });
  }
  const headHash = entries.at(-1)?.hash ?? genesisHash;
  return { isIntact: problems.length === 0, entries: entries.length, headHash, problems };
}

function entryProblems(
  entry: LedgerEntry,
  before: LedgerEntry | undefined,
  place: number,
): LedgerProblem[] {
  const { index, hash, previousHash } = entry;
  const problems: LedgerProblem[] = [];
  if (index !== place) {
    problems.push({ index, problem: `expected index ${place}: an entry before it is missing` });
  }
  if (hash !== entryHash(entry)) {
    problems.push({ index, problem: "its content does not give its hash: it was edited" });
  }
  if (previousHash !== (before?.hash ?? genesisHash)) {
    problems.push({ index, problem: "it does not hold the hash of the entry before" });
  }
  return problems;
}
