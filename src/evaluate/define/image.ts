import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { extname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { DataError } from "../../errors.ts";
import type { Message, MessagePart } from "../../language-model/language-model.ts";

/** A part of a message that is a text. */
export function text(content: string): MessagePart {
  return { type: "text", text: content };
}

/**
 * A part of a message that is an image.
 *
 * @param url - a path from the task's file, or an `http:`, `https:`, `data:` or `file:` URL
 */
export function image(url: string | URL): MessagePart {
  return { type: "image_url", image_url: { url: String(url) } };
}

const mediaTypes: Readonly<Record<string, string>> = {
  ...{ ".png": "image/png", ".jpg": "image/jpeg", ".jpeg": "image/jpeg" },
  ...{ ".webp": "image/webp", ".gif": "image/gif", ".svg": "image/svg+xml" },
};

/**
 * Messages whose images are in them, as providers take them: those of files are read.
 *
 * @param folder - where relative paths begin
 * @throws {DataError} when a file cannot be read, or is of no known kind
 */
export async function withImages(messages: readonly Message[], folder: string): Promise<Message[]> {
  const embedded = async (part: MessagePart): Promise<MessagePart> => {
    const url = fileUrlOf(part);
    if (url === undefined) return part;
    const image = part["image_url"] as object;
    return { ...part, image_url: { ...image, url: await dataUrl(url, folder) } };
  };
  return Promise.all(
    messages.map(async (message) => {
      if (message.content === null || typeof message.content === "string") return message;
      return { ...message, content: await Promise.all(message.content.map(embedded)) };
    }),
  );
}

/** SHA-256 of the images of messages that are files; empty for one that cannot be read. */
export async function imageHashes(
  messages: readonly Message[],
  folder: string,
): Promise<readonly string[]> {
  const parts = messages.flatMap(({ content }) => (Array.isArray(content) ? content : []));
  const urls = parts.flatMap((part: MessagePart) => fileUrlOf(part) ?? []);
  return Promise.all(
    urls.map(async (url) => {
      const bytes = await readFile(pathOf(url, folder)).catch(() => undefined);
      return bytes === undefined ? "" : createHash("sha256").update(bytes).digest("hex");
    }),
  );
}

/** Where an image lies that is a file. */
function fileUrlOf(part: MessagePart): string | undefined {
  const place = part.type === "image_url" ? (part["image_url"] as { readonly url?: unknown }) : {};
  const { url } = place ?? {};
  return typeof url === "string" && !/^(?:https?|data):/i.test(url) ? url : undefined;
}

function pathOf(url: string, folder: string): string {
  return url.startsWith("file:") ? fileURLToPath(url) : resolve(folder, url);
}

async function dataUrl(url: string, folder: string): Promise<string> {
  const path = pathOf(url, folder);
  const mediaType = mediaTypes[extname(path).toLowerCase()];
  if (mediaType === undefined) {
    const known = Object.keys(mediaTypes).join(", ");
    throw new DataError(`image: ${path}: expected one of ${known}`);
  }
  const bytes = await readFile(path).catch((cause: Error) => {
    throw new DataError(`image: ${path} cannot be read (${cause.message})`, { cause });
  });
  return `data:${mediaType};base64,${bytes.toString("base64")}`;
}
