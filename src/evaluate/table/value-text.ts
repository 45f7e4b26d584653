/** A value of a row as a text: of a list or an object its JSON, of nothing an empty one. */
export function valueText(value: unknown): string {
  return typeof value === "object" && value !== null ? JSON.stringify(value) : String(value ?? "");
}
