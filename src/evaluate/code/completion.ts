import { fencedBlocks } from "../scorers/fenced-blocks.ts";

/** A function that was asked for. */
export interface AskedFunction {
  /** The function's head and docstring, with what stands before it. */
  readonly prompt: string;
  /** Its name. */
  readonly entry_point: string;
}

/** Lines at which a program begins that is in no block. */
const programStart = /^(?:from \S+ import |import \w|class \w+ *[:(]|(?:async )?def \w+ *\(|@\w)/m;

/** The prompts' functions are indented by so much. */
const indent = "    ";

/**
 * What follows a prompt by a model's answer: the code of its fenced block, or the answer as it is, cut
 * where the function ends, be it by other code or by prose. A whole function stands after the prompt
 * and replaces the prompt's; a body alone continues it, indented if it is not.
 *
 * @see Chen et al. 2021, arXiv 2107.03374, section 2.1: where a continuation ends
 */
export function completionOf({ prompt, entry_point: name }: AskedFunction, text: string): string {
  const head = new RegExp(`^(?:async\\s+)?def\\s+${name}\\b`, "m");
  const gap = prompt.endsWith("\n") ? "" : "\n";
  const blocks = fencedBlocks(text).map(({ code }) => code);
  const block = blocks.find((code) => head.test(code)) ?? blocks[0];
  if (block !== undefined) return head.test(block) ? `\n${block}` : gap + indented(block);
  const at = head.exec(text)?.index;
  if (at === undefined) return gap + untilItsEnd(indented(text.replace(/^(?:[ \t]*\n)+/, "")));
  const start = programStart.exec(text.slice(0, at))?.index ?? at;
  return `\n${text.slice(start, at)}${untilItsEnd(text.slice(at))}`;
}

/** A function up to the next line that is not indented; its own head may be the first line. */
function untilItsEnd(code: string): string {
  const lines = code.split("\n");
  const end = lines.findIndex((line, i) => i > 0 && /^[^\s)\]}]/.test(line));
  return (end === -1 ? lines : lines.slice(0, end)).join("\n");
}

/** A body with the indentation of the prompts' functions. */
function indented(code: string): string {
  const lines = code.split("\n");
  const first = lines.findIndex((line) => line.trim() !== "");
  if (first === -1 || /^\s/.test(lines[first]!)) return code;
  const isOnlyFirst = hasLostFirstIndent(lines.slice(first));
  return lines
    .map((line, i) => (line === "" || (isOnlyFirst && i !== first) ? line : indent + line))
    .join("\n");
}

/** Whether only the first line's indentation is missing, as of an answer without outer blanks. */
function hasLostFirstIndent([first = "", ...rest]: readonly string[]): boolean {
  const next = rest.find((line) => line.trim() !== "");
  if (next === undefined) return false;
  const goesDeeper = /[:([{,\\]\s*(?:#.*)?$/.test(first);
  return /^ */.exec(next)![0].length >= (goesDeeper ? 2 : 1) * indent.length;
}
