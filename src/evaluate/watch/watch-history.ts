import { existsSync } from "node:fs";
import { mkdir, readdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ConfigError, DataError } from "../../errors.ts";
import { type LineFile, openLineFile, readLines } from "../../workspace/line-file.ts";
import { parseJson } from "../../workspace/parse-json.ts";
import type { WatchEntry } from "./watch-entry.ts";

/** A round that was begun and has not ended. */
export interface HalfRound {
  readonly round: string;
  /** Milliseconds since 1970 at which it began. */
  readonly begun: number;
}

/**
 * The history of a suite that is run again and again: a folder with a line for each evaluation of
 * each round in `history.jsonl`, and the logs of each round in a folder below `rounds/`.
 */
export class WatchHistory {
  readonly folder: string;
  readonly #entries: WatchEntry[];
  readonly #rounds: string[];

  private constructor(folder: string, entries: WatchEntry[], rounds: string[]) {
    this.folder = folder;
    this.#entries = entries;
    this.#rounds = rounds;
  }

  /**
   * Reads what there is, which may be nothing; a torn last line is left out.
   *
   * @throws {DataError} at a line that is none of a history
   */
  static async read(folder: string): Promise<WatchHistory> {
    const entries: WatchEntry[] = [];
    let number = 0;
    for await (const { text, isComplete } of readLines(linesOf(folder))) {
      number++;
      const entry = parsed(text);
      if (entry !== undefined) entries.push(entry);
      else if (isComplete) {
        throw new DataError(
          `${linesOf(folder)}, line ${number}: expected a line of a history, got ${JSON.stringify(text.slice(0, 60))}; mend it or give another --history`,
        );
      }
    }
    const rounds = await readdir(join(folder, "rounds")).catch(() => []);
    return new WatchHistory(
      folder,
      entries,
      rounds.filter((name) => !Number.isNaN(timeOf(name))),
    );
  }

  /** In the order in which they came. */
  get entries(): readonly WatchEntry[] {
    return this.#entries;
  }

  /** Makes the folder of a new round that begins now. */
  async begin(now: number): Promise<string> {
    const round = new Date(now).toISOString().replace(/:/g, "-");
    await mkdir(join(this.folder, "rounds", round), { recursive: true });
    this.#rounds.push(round);
    return round;
  }

  /** Appends what an evaluation came to, so that it outlives the process. */
  async append(entry: WatchEntry): Promise<void> {
    const file: LineFile = await openLineFile(
      linesOf(this.folder),
      (line) => parsed(line) !== undefined,
    );
    try {
      file.append(JSON.stringify(entry));
    } finally {
      await file.close();
    }
    this.#entries.push(entry);
  }

  /** The evaluations of a round, by the suite's names. */
  of(round: string): readonly WatchEntry[] {
    return this.#entries.filter((entry) => entry.round === round);
  }

  /** Marks a round as ended: a suite that grows later does not open it again. */
  async end(round: string): Promise<void> {
    await writeFile(this.#endOf(round), "");
  }

  /** The last round, when it was broken off. */
  halfRound(): HalfRound | undefined {
    const round = this.#rounds.toSorted().at(-1);
    if (round === undefined || existsSync(this.#endOf(round))) return undefined;
    return { round, begun: timeOf(round) };
  }

  #endOf(round: string): string {
    return join(this.folder, "rounds", round, "ended");
  }

  /**
   * What an evaluation is compared with: that of a named round, else its first with a score.
   *
   * @throws {ConfigError} when there is no such round; the message names those there are
   */
  baseline(name: string, round: string | undefined): WatchEntry | undefined {
    const scored = this.#entries.filter(({ log, scores }) => log !== null && scores.length > 0);
    if (round !== undefined && !scored.some((entry) => entry.round === round)) {
      const known = [...new Set(scored.map((entry) => entry.round))];
      throw new ConfigError(
        `--baseline ${round}: no round of the history with scores; there are ${known.slice(-5).join(", ") || "none"}`,
      );
    }
    return scored.find(
      (entry) => entry.name === name && (round === undefined || entry.round === round),
    );
  }

  /** The entry of the same evaluation in the last round before this one. */
  before({ name, round }: WatchEntry): WatchEntry | undefined {
    return this.#entries.findLast((entry) => entry.name === name && entry.round < round);
  }
}

function linesOf(folder: string): string {
  return join(folder, "history.jsonl");
}

/** When a round began, by its name; not a number when it is none. */
function timeOf(round: string): number {
  const [day = "", time = ""] = round.split("T");
  return Date.parse(`${day}T${time.replace(/-/g, ":")}`);
}

function parsed(line: string): WatchEntry | undefined {
  const value = parseJson(line) as Partial<WatchEntry> | null | undefined;
  const isNamed = typeof value?.round === "string" && typeof value.name === "string";
  const isEntry = isNamed && Array.isArray(value.scores);
  return isEntry ? withNaN(value as WatchEntry) : undefined;
}

/** Scores as they were before JSON made null of what is not a number. */
function withNaN(entry: WatchEntry): WatchEntry {
  const restored = (value: number | null) => value ?? Number.NaN;
  const scores = entry.scores.map((score) => {
    const { low, high, level } = score.interval;
    const interval = { low: restored(low), high: restored(high), level };
    return { ...score, mean: restored(score.mean), interval };
  });
  return { ...entry, scores };
}
