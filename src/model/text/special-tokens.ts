/** The ids of the special tokens, the same in every tokenizer that foretoken trains. */
export interface SpecialTokens {
  readonly pad: number;
  /** Starts every document. */
  readonly bos: number;
  /** Ends every document. */
  readonly eos: number;
  readonly imStart: number;
  readonly imEnd: number;
  readonly image: number;
  readonly imageBreak: number;
  readonly imageEnd: number;
  readonly toolCall: number;
  readonly toolCallEnd: number;
}

/** The ids of the special tokens of any tokenizer; undefined where it has none for the purpose. */
export type TokenRoles = {
  readonly [Role in keyof SpecialTokens]?: SpecialTokens[Role] | undefined;
};

/** What a tokenizer does with its special tokens. */
export interface TokenUse<Special extends TokenRoles = TokenRoles> {
  readonly special: Special;
  /** Ids that every document begins with; none in some families. */
  readonly documentStart: readonly number[];
  /** Ids that end a generated text: a document's end, a turn's end. */
  readonly stopTokens: readonly number[];
}

export const specialTokens: SpecialTokens = {
  pad: 0,
  bos: 1,
  eos: 2,
  imStart: 3,
  imEnd: 4,
  image: 5,
  imageBreak: 6,
  imageEnd: 7,
  toolCall: 8,
  toolCallEnd: 9,
};

/** What tokenizers that foretoken trains do with their special tokens. */
export const ownTokenUse: TokenUse<SpecialTokens> = {
  special: specialTokens,
  documentStart: [specialTokens.bos],
  stopTokens: [specialTokens.eos, specialTokens.imEnd],
};

/**
 * The spelling of every special token, by id. Other programs hard-code these spellings: the image
 * tokens are Pixtral's, the chat tokens ChatML's.
 */
export const specialTokenTexts: readonly string[] = [
  "<pad>",
  "<s>",
  "</s>",
  "<|im_start|>",
  "<|im_end|>",
  "[IMG]",
  "[IMG_BREAK]",
  "[IMG_END]",
  "<tool_call>",
  "</tool_call>",
];

/** Stands in a text for an image. */
export const imageMark = specialTokenTexts[specialTokens.image]!;

/** In tokenizers that foretoken trains: the id of byte 0; the 256 byte tokens follow the special tokens in byte order. */
export const firstByteToken = specialTokenTexts.length;

/** The id of the first merged token: the m-th merge (from 0) makes token `firstMergeToken + m`. */
export const firstMergeToken = firstByteToken + 256;
