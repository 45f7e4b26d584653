/** A message in OpenAI's format; `name`, tool calls and whatever else it has are carried untouched. */
export interface Message {
  readonly role: string;
  readonly content: string | null | readonly MessagePart[];
  readonly name?: string;
  readonly [field: string]: unknown;
}

/** A part of a message in OpenAI's format, such as a text or an image. */
export interface MessagePart {
  readonly type: string;
  readonly [field: string]: unknown;
}

/**
 * Arguments of a call in OpenAI's names (`temperature`, `max_tokens`, `top_p`, `stop`, `seed`, `n`,
 * `tools`, `response_format`, …), carried untouched; what is left out is the provider's default.
 */
export type CallArguments = Readonly<Record<string, unknown>>;

/** One question to a model. */
export interface ModelRequest {
  readonly messages: readonly Message[];
  readonly arguments: CallArguments;
  /**
   * Which time the same question is asked, from 0 (the default): each has an answer of its own in a
   * cache, and a model that draws by a seed draws others.
   */
  readonly draw?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** The beginning of a text that a model is to go on with. */
export interface CompletionRequest {
  /** Each `[IMG]` in it is the place of an image. */
  readonly prompt: string;
  /** `data:` URLs or paths, in the order of their places. */
  readonly images?: readonly string[] | undefined;
  readonly arguments: CallArguments;
  /** As of a `ModelRequest`. */
  readonly draw?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Tokens that a call took, in OpenAI's names. */
export interface TokenUsage {
  readonly prompt_tokens: number;
  readonly completion_tokens: number;
  readonly total_tokens: number;
  /** Tokens of the prompt that the provider had in its own cache; left out at none. */
  readonly prompt_tokens_details?: { readonly cached_tokens: number };
}

/** What a model answered. */
export interface ModelAnswer {
  /** The text of each choice, one unless `n` asked for more; empty where a choice has none. */
  readonly texts: readonly string[];
  /** By choice, in OpenAI's words: `stop`, `length`, `tool_calls`, `content_filter`. */
  readonly finishReasons: readonly (string | null)[];
  /** By choice: its tool calls in OpenAI's format. */
  readonly toolCalls: readonly (readonly unknown[])[];
  readonly usage: TokenUsage | undefined;
  /** The provider's name of the model that answered. */
  readonly model: string;
  /** Fields of the request that this provider cannot carry: they had no effect. */
  readonly unsupported: readonly string[];
  /** Of a model that asks others for its answer: what it asked them, in order. */
  readonly steps?: readonly ModelStep[];
}

/** A question that a model asked another one on the way to its answer. */
export interface ModelStep {
  /** Name of the model that was asked. */
  readonly model: string;
  readonly request: ModelRequest;
  readonly answer: ModelAnswer;
  readonly milliseconds: number;
}

/** How likely a model finds a text after a prompt. */
export interface TextLikelihood {
  /** Natural logarithm of the text's probability. */
  readonly logProb: number;
  readonly tokens: number;
  /** Whether each token of it was the likeliest. */
  readonly isGreedy: boolean;
}

/** Texts whose likelihood is asked for after one prompt. */
export interface ScoreRequest {
  readonly prompt: string | readonly Message[];
  readonly continuations: readonly string[];
  readonly signal?: AbortSignal | undefined;
}

/** Anything that can be asked: a model of ours, a provider's, a server's, a log. */
export interface LanguageModel {
  /** As the user wrote it, such as `openai:gpt-4o`. */
  readonly name: string;
  /** Requests that are worth having under way at the same time. */
  readonly concurrency: number;
  /** What answers depend on besides the name and a call, such as how weights are held. */
  readonly settings?: Readonly<Record<string, unknown>>;
  /**
   * Answers a conversation.
   *
   * @throws {ProviderError} when the provider refuses or cannot be reached
   */
  chat(request: ModelRequest): Promise<ModelAnswer>;
  /** Goes on with a text as it is, without a conversation's template; absent where it cannot. */
  readonly complete?: (request: CompletionRequest) => Promise<ModelAnswer>;
  /** Log-probabilities of texts; absent where the model has none. */
  readonly score?: (request: ScoreRequest) => Promise<readonly TextLikelihood[]>;
  /** Frees what it holds. */
  close(): Promise<void>;
}
