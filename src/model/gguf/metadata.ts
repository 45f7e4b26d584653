import { CheckpointError } from "../../errors.ts";
import type { GgufValue } from "./value-types.ts";

/** The key-value pairs of one file, read by what they must be. */
export class GgufMetadata {
  readonly path: string;
  readonly #values: ReadonlyMap<string, GgufValue>;

  constructor(path: string, values: ReadonlyMap<string, GgufValue>) {
    this.path = path;
    this.#values = values;
  }

  /**
   * A number, or what stands in for it where the key is not there.
   *
   * @throws {CheckpointError} when it is something else, or missing and nothing stands in
   */
  number(key: string, instead?: number): number {
    const value = this.#values.get(key) ?? instead;
    if (typeof value === "number") return value;
    throw this.refused(key, "a number");
  }

  /** A number that may be missing. @throws {CheckpointError} as `number` */
  optionalNumber(key: string): number | undefined {
    return this.#values.has(key) ? this.number(key) : undefined;
  }

  /** @throws {CheckpointError} when it is no text, or missing */
  text(key: string): string {
    const value = this.optionalText(key);
    if (value !== undefined) return value;
    throw this.refused(key, "a text");
  }

  /** @throws {CheckpointError} when it is there and no text */
  optionalText(key: string): string | undefined {
    const value = this.#values.get(key);
    if (value === undefined || typeof value === "string") return value;
    throw this.refused(key, "a text");
  }

  /** @throws {CheckpointError} when it is there and neither true nor false */
  flag(key: string, instead: boolean): boolean {
    const value = this.#values.get(key) ?? instead;
    if (typeof value === "boolean") return value;
    throw this.refused(key, "true or false");
  }

  /** @throws {CheckpointError} when it is no array of texts, or missing */
  texts(key: string): readonly string[] {
    const value = this.#values.get(key);
    if (isArray(value) && value.every((item) => typeof item === "string")) return value as string[];
    throw this.refused(key, "an array of texts");
  }

  /** @throws {CheckpointError} when it is no array of numbers, or missing */
  numbers(key: string): readonly number[] {
    const value = this.#values.get(key);
    if (isArray(value) && value.every((item) => typeof item === "number")) return value as number[];
    throw this.refused(key, "an array of numbers");
  }

  /** The error of a key whose value cannot be used. @param expected - what it must be */
  refused(key: string, expected: string): CheckpointError {
    const value = this.#values.get(key);
    const came =
      value === undefined ? "none" : isArray(value) ? `an array of ${value.length}` : String(value);
    return new CheckpointError(
      `${this.path}: expected the key ${key} to be ${expected}, got ${came}; only plain Llamas with ` +
        "a byte-level BPE tokenizer can be loaded, take a file that llama.cpp's converter made of one",
    );
  }
}

function isArray(value: GgufValue | undefined): value is readonly GgufValue[] {
  return Array.isArray(value);
}
