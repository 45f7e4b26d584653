/**
 * What is wrong with a text that `JSON.parse` refuses, and at which column of it: `column 16: expected
 * double-quoted property name`.
 *
 * @param refusal - what `JSON.parse` threw
 */
export function brokenJson(text: string, refusal: unknown): string {
  if (text.trim() === "") return "the line is empty; take it out";
  if (text.startsWith("\uFEFF")) {
    return "column 1: a byte order mark (BOM); save the file as UTF-8 without it";
  }
  const said = messageOf(refusal);
  const place = placeOf(said) ?? (isCut(said) ? text.length : firstBadPlace(text));
  const reason = said
    .replace(/ in JSON at position \d+.*$/s, "")
    .replace(/(?:, )?("|\.\.\.).* is not valid JSON$/s, "")
    .replace(/^Unexpected end of JSON input$/, "the line ends too early");
  return `column ${place + 1}: ${reason}; mend the line`;
}

/** Where the engine says nothing: the end of the shortest beginning that it refuses as more than cut off. */
function firstBadPlace(text: string): number {
  let [good, bad] = [0, text.length];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (isBad(text.slice(0, middle))) bad = middle;
    else good = middle;
  }
  return bad - 1;
}

function isBad(text: string): boolean {
  try {
    JSON.parse(text);
    return false;
  } catch (error) {
    const said = messageOf(error);
    return !isCut(said) && (placeOf(said) ?? 0) < text.length;
  }
}

function isCut(said: string): boolean {
  return said === "Unexpected end of JSON input";
}

/** From 0. */
function placeOf(said: string): number | undefined {
  const place = /at position (\d+)/.exec(said)?.[1];
  return place === undefined ? undefined : Number(place);
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
