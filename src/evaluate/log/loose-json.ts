import { type ExactJson, notJson, parseExactJson } from "../registry/json-match.ts";

/** A JSON text in which `NaN` and `Infinity` may stand, as Python writes them; undefined for others. */
export function parseLooseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    const value = parseExactJson(text);
    return value === notJson ? undefined : plain(value);
  }
}

function plain(value: ExactJson): unknown {
  if (typeof value === "bigint") return Number(value);
  if (value instanceof Map) {
    return Object.fromEntries([...value].map(([key, one]) => [key, plain(one)]));
  }
  return Array.isArray(value) ? value.map(plain) : value;
}
