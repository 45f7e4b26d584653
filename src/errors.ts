/** What a family of errors concerns; machine-readable, stable. */
export type ErrorCode =
  | "config"
  | "shape"
  | "data"
  | "image"
  | "checkpoint"
  | "model"
  | "provider"
  | "runtime"
  | "training"
  | "scaling"
  | "workspace";

/**
 * Every deliberate error of Foretoken: its message says where, what was expected, what came, and
 * how the user mends it. The command line prints it as one paragraph without a stack.
 */
export class ForetokenError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = new.target.name;
    this.code = code;
  }
}

/** A wrong flag, recipe key or setting; the command line exits with 2. */
export class ConfigError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("config", message, options);
  }
}

/** Tensors whose shapes or element types do not fit. */
export class ShapeError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("shape", message, options);
  }
}

/** A source, document, shard or tokenizer that cannot be used. */
export class DataError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("data", message, options);
  }
}

/** An image that cannot be read, is too large, or does not fit into the context. */
export class ImageError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("image", message, options);
  }
}

/** A checkpoint or safetensors file that is broken, or of another shape or version. */
export class CheckpointError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("checkpoint", message, options);
  }
}

/** A model that cannot be found, loaded or asked. */
export class ModelError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("model", message, options);
  }
}

/** What a call to a provider ended with, and whether trying again may help. */
export interface ProviderFailure {
  /** HTTP status; undefined when no answer came. */
  readonly status?: number | undefined;
  /** Whether the same call may work later: rate limits, overload, lost connections, timeouts. */
  readonly isRetryable: boolean;
  /** Milliseconds that the provider asks to wait. */
  readonly retryAfterMs?: number | undefined;
  /** Whether the provider could not be reached at all. */
  readonly isUnreachable?: boolean | undefined;
  /** Whether every other call would fail alike, so that asking on is of no use. */
  readonly concernsAll?: boolean | undefined;
}

/** A model behind a network that refused, failed or could not be reached. */
export class ProviderError extends ForetokenError {
  readonly failure: ProviderFailure;

  constructor(message: string, failure: ProviderFailure, options?: ErrorOptions) {
    super("provider", message, options);
    this.failure = failure;
  }
}

/** The tensor runtime or a device is missing or failed. */
export class RuntimeError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("runtime", message, options);
  }
}

/** A training run that stopped by itself: not a number, a spike, a lost lock. */
export class TrainingError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("training", message, options);
  }
}

/** A fit, forecast or ledger entry that is refused. */
export class ScalingError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("scaling", message, options);
  }
}

/** The workspace folder, its files or its database cannot be used. */
export class WorkspaceError extends ForetokenError {
  constructor(message: string, options?: ErrorOptions) {
    super("workspace", message, options);
  }
}
