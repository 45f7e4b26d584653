/** A JSON value whose whole numbers are exact and which may hold NaN and the infinities. */
export type ExactJson =
  | string
  | number
  | bigint
  | boolean
  | null
  | readonly ExactJson[]
  | ReadonlyMap<string, ExactJson>;

/** What `parseExactJson` gives for a text that is no JSON. */
export const notJson = Symbol("not JSON");

/** Deeper nesting is refused, as Python's parser does. */
const mostDepth = 990;

/**
 * Reads JSON in the way of Python's `json.loads`: whole numbers of any size are exact, and `NaN`,
 * `Infinity` and `-Infinity` are values. Of equal keys the last one holds.
 */
export function parseExactJson(text: string): ExactJson | typeof notJson {
  const parser = new Parser(text);
  try {
    return parser.parse();
  } catch (error) {
    if (error instanceof SyntaxError) return notJson;
    throw error;
  }
}

class Parser {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  parse(): ExactJson {
    this.#skipSpace();
    const value = this.#value(0);
    this.#skipSpace();
    if (this.#at < this.#text.length) throw new SyntaxError("text after the value");
    return value;
  }

  #skipSpace(): void {
    while (" \t\n\r".includes(this.#text[this.#at] ?? "x")) this.#at++;
  }

  #value(depth: number): ExactJson {
    if (depth > mostDepth) throw new SyntaxError("too deep");
    const first = this.#text[this.#at];
    if (first === '"') return this.#string();
    if (first === "[") return this.#list(depth);
    if (first === "{") return this.#object(depth);
    return this.#scalar();
  }

  #scalar(): ExactJson {
    const rest = this.#text.slice(this.#at);
    const word = /^(?:null|true|false|NaN|-?Infinity)/.exec(rest)?.[0];
    if (word !== undefined) {
      this.#at += word.length;
      const values = { null: null, true: true, false: false } as const;
      return word in values ? values[word as keyof typeof values] : Number(word);
    }
    const number = /^-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?/.exec(rest);
    if (number === null) throw new SyntaxError("no value");
    this.#at += number[0].length;
    const isWhole = number[1] === undefined && number[2] === undefined;
    return isWhole ? BigInt(number[0]) : Number(number[0]);
  }

  #string(): string {
    const found = /^"(?:[^"\\]|\\.)*"/su.exec(this.#text.slice(this.#at));
    if (found === null) throw new SyntaxError("an open string");
    this.#at += found[0].length;
    return JSON.parse(found[0]) as string; // which refuses control characters
  }

  #list(depth: number): ExactJson {
    const items: ExactJson[] = [];
    this.#each("]", () => items.push(this.#value(depth + 1)));
    return items;
  }

  #object(depth: number): ExactJson {
    const entries = new Map<string, ExactJson>();
    this.#each("}", () => {
      if (this.#text[this.#at] !== '"') throw new SyntaxError("no key");
      const key = this.#string();
      this.#skipSpace();
      if (this.#text[this.#at++] !== ":") throw new SyntaxError("no colon");
      this.#skipSpace();
      entries.set(key, this.#value(depth + 1));
    });
    return entries;
  }

  /** The parts between an opening bracket and its closing one, with commas between. */
  #each(close: string, part: () => void): void {
    this.#at++;
    this.#skipSpace();
    if (this.#text[this.#at] === close) {
      this.#at++;
      return;
    }
    for (;;) {
      part();
      this.#skipSpace();
      const mark = this.#text[this.#at++];
      if (mark === close) return;
      if (mark !== ",") throw new SyntaxError("no comma");
      this.#skipSpace();
    }
  }
}

/**
 * Whether two JSON values are alike as openai/evals' JsonMatch sees it: objects by their keys
 * whatever their order, lists in order, numbers by value; true is 1, false 0; null is like nothing,
 * not even null.
 */
export function isAlikeJson(a: ExactJson, b: ExactJson): boolean {
  if (a === null || b === null) return false;
  if (isList(a) || isList(b)) {
    return (
      isList(a) &&
      isList(b) &&
      a.length === b.length &&
      a.every((one, i) => isAlikeJson(one, b[i]!))
    );
  }
  if (a instanceof Map || b instanceof Map) {
    if (!(a instanceof Map && b instanceof Map)) return false;
    const keys = new Set([...a.keys(), ...b.keys()]);
    return [...keys].every((key) => isAlikeJson(a.get(key) ?? null, b.get(key) ?? null));
  }
  if (typeof a === "string" || typeof b === "string") return a === b;
  return isSameNumber(a as number | bigint | boolean, b as number | bigint | boolean);
}

function isList(value: ExactJson): value is readonly ExactJson[] {
  return Array.isArray(value);
}

function isSameNumber(a: number | bigint | boolean, b: number | bigint | boolean): boolean {
  const [left, right] = [asNumber(a), asNumber(b)];
  // biome-ignore lint/suspicious/noDoubleEquals: a bigint and a number of the same value are alike
  return left == right;
}

function asNumber(value: number | bigint | boolean): number | bigint {
  return typeof value === "boolean" ? Number(value) : value;
}
