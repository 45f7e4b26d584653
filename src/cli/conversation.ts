import type { PromptMessage } from "../language-model/chat-prompt.ts";
import { contentWithImages } from "../language-model/image-marks.ts";
import { loadImage } from "../language-model/load-image.ts";
import type { GenerateSettings, LocalModel } from "../language-model/local-model.ts";
import type { ImagePixels } from "../model/image/pixels.ts";
import { consume } from "./consume.ts";
import type { Context } from "./context.ts";

/** Who talks with whom. */
export interface ConversationOptions {
  readonly model: LocalModel;
  readonly settings: GenerateSettings;
  /** What the model is told first. */
  readonly system: string | undefined;
}

interface ShownImage {
  readonly file: string;
  readonly pixels: ImagePixels;
}

/** A conversation of a user with a model, written out as it goes. */
export class Conversation {
  readonly #options: ConversationOptions;
  readonly #context: Context;
  #messages: readonly PromptMessage[] = [];
  /** Those in the messages. */
  #images: readonly ImagePixels[] = [];
  /** To be shown with the next turn. */
  #pending: readonly ShownImage[] = [];

  constructor(options: ConversationOptions, context: Context) {
    this.#options = options;
    this.#context = context;
    this.reset();
  }

  /** All turns, what the model was told first included. */
  get messages(): readonly PromptMessage[] {
    return this.#messages;
  }

  /** Forgets all but what the model was told first. */
  reset(): void {
    const { system } = this.#options;
    this.#messages = system === undefined ? [] : [{ role: "system", content: system }];
    this.#images = [];
    this.#pending = [];
  }

  /** Shows an image with the next turn. @throws {ImageError} when it cannot be read */
  async show(file: string): Promise<void> {
    const { directory } = this.#context;
    const { longestSide } = this.#options.model.config.vision ?? {};
    const pixels = await loadImage(file, { directory, longestSide });
    this.#pending = [...this.#pending, { file, pixels }];
  }

  /**
   * Adds the user's turn and the model's.
   *
   * @throws {ConfigError} when the turn's marks do not fit its images, which wait for another turn
   * @throws {ModelError} when the turn does not fit; it and its images are left out
   */
  async answer(text: string): Promise<void> {
    const files = this.#pending.map(({ file }) => file);
    const user = { role: "user", content: contentWithImages(text, files) };
    const messages = [...this.#messages, user];
    const images = [...this.#images, ...this.#pending.map(({ pixels }) => pixels)];
    this.#pending = [];
    const { model, settings } = this.#options;
    const { signal, stdout } = this.#context;
    const reply = model.generate({ kind: "chat", messages, images }, settings);
    const completion = await consume(reply, (piece) => {
      signal.throwIfAborted();
      stdout.write(piece);
    });
    stdout.write("\n");
    this.#messages = [...messages, { role: "assistant", content: completion.text }];
    this.#images = images;
  }
}
