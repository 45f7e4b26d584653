import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import type { Document } from "../document.ts";
import type { SourceFile } from "./folder.ts";
import type { Reading } from "./source.ts";

/** Messages per document: about one training window. */
const messagesPerDocument = 8;

const messagesSchema = z.record(z.string(), z.string());

/** The messages of a JSON object of strings, such as a program's in one language, a line each. */
export async function* readMessages(
  { root, path, source }: SourceFile,
  reading: Reading,
): AsyncGenerator<Document> {
  const found = messagesSchema.safeParse(await readJson(join(root, path)));
  if (!found.success) {
    reading.broken.push({ item: path, reason: "expected a JSON object of strings" });
    return;
  }
  const messages = Object.values(found.data).filter((message) => message.trim() !== "");
  for (let start = 0; start < messages.length; start += messagesPerDocument) {
    const text = messages.slice(start, start + messagesPerDocument).join("\n");
    const id = `${path}#${start / messagesPerDocument}`;
    yield { id, source, text, hasSpecialTokens: false };
  }
}

async function readJson(path: string): Promise<unknown> {
  try {
    return JSON.parse(await readFile(path, "utf8"));
  } catch {
    return undefined;
  }
}
