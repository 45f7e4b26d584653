import type { Tokenizer } from "../model/text/tokenizer.ts";

/** What a token added to a text. */
export interface TextDelta {
  /** New text that is sure; special tokens give none. */
  readonly text: string;
  /** Whether a stop string has appeared; it and what follows are no part of the text. */
  readonly isStopped: boolean;
}

/**
 * Turns tokens into text as they come. Held back are bytes that are not yet a whole character and
 * characters that may become a stop string, which may lie across any number of tokens.
 */
export class TextStream {
  readonly #tokenizer: Tokenizer;
  readonly #stop: readonly string[];
  readonly #decoder = new TextDecoder("utf-8", { ignoreBOM: true });
  #heldBack = "";

  /** @param stop - strings that end the text; none is empty */
  constructor(tokenizer: Tokenizer, stop: readonly string[]) {
    this.#tokenizer = tokenizer;
    this.#stop = stop;
  }

  /** Adds one token. */
  push(token: number): TextDelta {
    const bytes = this.#tokenizer.decodeBytes([token], { skipSpecial: true });
    return this.#add(this.#decoder.decode(bytes, { stream: true }));
  }

  /** The text that was held back; bytes of an unfinished character become U+FFFD. */
  end(): string {
    const { text, isStopped } = this.#add(this.#decoder.decode());
    return isStopped ? text : text + this.#heldBack;
  }

  #add(more: string): TextDelta {
    const text = this.#heldBack + more;
    const found = this.#stop.map((stop) => text.indexOf(stop)).filter((index) => index >= 0);
    if (found.length > 0) {
      this.#heldBack = "";
      return { text: text.slice(0, Math.min(...found)), isStopped: true };
    }
    const sure = text.length - Math.max(0, ...this.#stop.map((stop) => overlap(text, stop)));
    this.#heldBack = text.slice(sure);
    return { text: text.slice(0, sure), isStopped: false };
  }
}

/** Length of the longest beginning of `stop` that `text` ends with. */
function overlap(text: string, stop: string): number {
  for (let length = Math.min(text.length, stop.length - 1); length > 0; length--) {
    if (text.endsWith(stop.slice(0, length))) return length;
  }
  return 0;
}
