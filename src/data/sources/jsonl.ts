import { resolve } from "node:path";
import { z } from "zod";
import { DataError } from "../../errors.ts";
import { renderChat } from "../../model/text/chat.ts";
import { specialTokenTexts } from "../../model/text/special-tokens.ts";
import type { Document, SourceCounts } from "../document.ts";
import type { Origin } from "../source-origin.ts";
import { cut } from "../steps/cut.ts";
import { decode } from "../steps/decode.ts";
import { fingerprintFiles, readChunks } from "./folder.ts";
import type { Source, SourceContext } from "./source.ts";

const recordSchema = z.union([
  z.object({ text: z.string() }),
  z.object({ messages: z.array(z.object({ role: z.string(), content: z.string() })).min(1) }),
]);

/** A JSON Lines file of documents `{text}` or chats `{messages: [{role, content}]}`. */
export function openJsonl(
  { file }: Extract<Origin, { kind: "jsonl" }>,
  { name, baseFolder }: SourceContext,
): Source {
  const path = resolve(baseFolder, file);
  return {
    fingerprint: () => fingerprintFile(path, name),
    async *documents(_scratch, counts) {
      let number = 0;
      for await (const line of lines(decode(readChunks(path, `source "${name}"`), counts))) {
        number++;
        if (line.trim() === "") continue;
        const record = parseRecord(line, `source "${name}": ${path}, line ${number}`);
        yield* recordDocuments(record, { id: `line ${number}`, source: name }, counts);
      }
    },
  };
}

async function fingerprintFile(path: string, name: string): Promise<string> {
  try {
    return await fingerprintFiles("", [path]);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new DataError(
      `source "${name}": expected a readable file, got ${code} at ${path}; check the path and its permissions`,
      { cause },
    );
  }
}

async function* recordDocuments(
  record: z.output<typeof recordSchema>,
  base: { readonly id: string; readonly source: string },
  counts: SourceCounts,
): AsyncGenerator<Document> {
  if ("text" in record) {
    let part = 0;
    for await (const text of cut([record.text])) {
      yield { id: `${base.id}#${part++}`, source: base.source, text, hasSpecialTokens: false };
    }
  } else if (record.messages.some(({ role, content }) => forgesTurn(role + content))) {
    counts.skipped++;
  } else {
    yield { ...base, text: renderChat(record.messages), hasSpecialTokens: true };
  }
}

/** A chat whose content spells a special token would gain turns that nobody wrote. */
function forgesTurn(text: string): boolean {
  return specialTokenTexts.some((special) => text.includes(special));
}

function parseRecord(line: string, where: string): z.output<typeof recordSchema> {
  let content: unknown;
  try {
    content = JSON.parse(line);
  } catch (cause) {
    throw new DataError(`${where}: expected one JSON object per line, got ${excerpt(line)}`, {
      cause,
    });
  }
  const parsed = recordSchema.safeParse(content);
  if (parsed.success) return parsed.data;
  throw new DataError(
    `${where}: expected {"text": …} or {"messages": [{"role", "content"}]}, got ${excerpt(line)}`,
  );
}

function excerpt(line: string): string {
  return line.length > 80 ? `${line.slice(0, 80)}…` : line;
}

/** Lines of a stream of text, without their ends. */
export async function* lines(texts: AsyncIterable<string>): AsyncGenerator<string> {
  let pending = "";
  for await (const text of texts) {
    const parts = (pending + text).split("\n");
    pending = parts.pop() ?? "";
    yield* parts;
  }
  if (pending !== "") yield pending;
}
