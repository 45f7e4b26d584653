const unitMs = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000, ms: 1 } as const;
const piece = /(\d+(?:\.\d+)?)(d|h|ms|m|s)/g;

/** Milliseconds of a duration such as `90s`, `1m30.5s` or `1d`; undefined when a text is none. */
export function parseDuration(text: string): number | undefined {
  if (text === "" || text.replace(piece, "") !== "") return undefined;
  return [...text.matchAll(piece)].reduce(
    (sum, [, count, unit]) => sum + Number(count) * unitMs[unit as keyof typeof unitMs],
    0,
  );
}
