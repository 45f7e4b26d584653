import { z } from "zod";
import { renderChat } from "../../model/text/chat.ts";
import { imageMark } from "../../model/text/special-tokens.ts";
import type { Document } from "../document.ts";
import { isForged, type RecordImages, storeImages } from "./image-records.ts";
import type { Reading } from "./source.ts";

const partSchema = z.discriminatedUnion("type", [
  z.object({ type: z.literal("text"), text: z.string() }),
  z.object({ type: z.literal("image_url"), image_url: z.object({ url: z.string() }) }),
]);

/**
 * A turn in OpenAI's message format: its content is text, or parts that are text or images.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create, `messages`
 */
export const messageSchema = z.object({
  role: z.string(),
  content: z.union([z.string(), z.array(partSchema)]),
});

type Message = z.output<typeof messageSchema>;

/** A conversation as its source names it. */
export interface ChatRecord extends Omit<RecordImages, "references"> {
  readonly source: string;
  readonly messages: readonly Message[];
}

/** Where the images of a conversation are, in the order in which they appear. */
export function chatImages(messages: readonly Message[]): string[] {
  return messages.flatMap(({ content }) =>
    typeof content === "string"
      ? []
      : content.flatMap((part) => (part.type === "image_url" ? [part.image_url.url] : [])),
  );
}

/** A conversation with `[IMG]` where its images are; undefined when it is left out. */
export async function chatDocument(
  record: ChatRecord,
  reading: Reading,
): Promise<Document | undefined> {
  const { item, source, messages } = record;
  const written = messages.map(({ role, content }) => role + joined(content, ""));
  if (isForged(written, item, reading)) return undefined;
  const images = await storeImages({ ...record, references: chatImages(messages) }, reading);
  if (images === undefined) return undefined;
  const turns = messages.map(({ role, content }) => ({
    role,
    content: joined(content, imageMark),
  }));
  const document = { id: item, source, text: renderChat(turns), hasSpecialTokens: true };
  return images.length === 0 ? document : { ...document, images };
}

/** The text of a message, with what stands for its images. */
function joined(content: Message["content"], image: string): string {
  if (typeof content === "string") return content;
  return content.map((part) => (part.type === "text" ? part.text : image)).join("");
}
