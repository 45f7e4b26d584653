/** A block of Markdown between fences. */
export interface FencedBlock {
  /** The word behind the opening fence, in lower case; empty when there is none. */
  readonly language: string;
  readonly code: string;
}

const block = /^[ \t]*(`{3,}|~{3,})[ \t]*([\w+#.-]*)[^\n]*\n([\s\S]*?)(?:^[ \t]*\1|(?![\s\S]))/gmu;

/** The fenced blocks of an answer; the last one may be open, where the answer was cut off. */
export function fencedBlocks(text: string): FencedBlock[] {
  return [...text.matchAll(block)].map(([, , language, code]) => ({
    language: language!.toLowerCase(),
    code: code!,
  }));
}
