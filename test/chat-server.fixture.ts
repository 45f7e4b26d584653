import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "../src/language-model/language-model.ts";

/** A chat as it came over the wire. */
export interface HeardChat {
  readonly messages: readonly Message[];
  readonly [argument: string]: unknown;
}

/** A server that chats as OpenAI's does, with the flags that make a run ask it. */
export interface ChatServer {
  readonly flags: readonly string[];
  readonly heard: HeardChat[];
  close(): Promise<void>;
}

/** Starts a server on a free port whose answers a function gives. */
export async function chatServer(
  answer: (chat: HeardChat, call: number) => string,
): Promise<ChatServer> {
  const heard: HeardChat[] = [];
  const server = createServer((request, response) => {
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    request.on("end", () => {
      const chat = JSON.parse(Buffer.concat(pieces).toString()) as HeardChat;
      heard.push(chat);
      const message = { role: "assistant", content: answer(chat, heard.length) };
      const usage = { prompt_tokens: 3, completion_tokens: 1, total_tokens: 4 };
      response.setHeader("content-type", "application/json");
      response.end(
        JSON.stringify({
          ...{ id: "1", object: "chat.completion", created: 1, model: chat["model"], usage },
          choices: [{ index: 0, finish_reason: "stop", message }],
        }),
      );
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    flags: ["--model", "openai:stand-in", "--base-url", url],
    heard,
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
