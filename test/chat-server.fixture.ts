import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Message } from "../src/language-model/language-model.ts";

/** A chat as it came over the wire. */
export interface HeardChat {
  readonly model: string;
  readonly messages: readonly Message[];
  readonly [argument: string]: unknown;
}

/** A server that chats as OpenAI's does, with the flags that make a run ask it. */
export interface ChatServer {
  readonly url: string;
  readonly flags: readonly string[];
  /** In the order in which they came. */
  readonly heard: HeardChat[];
  close(): Promise<void>;
}

/** What a server says; undefined: it is down. */
type Answer = string | undefined;

/**
 * Starts a server on a free port whose answers a function gives.
 *
 * @param tokens - that it says each call took
 */
export async function chatServer(
  answer: (chat: HeardChat, call: number) => Answer | Promise<Answer>,
  tokens = { prompt: 3, answer: 1 },
): Promise<ChatServer> {
  const heard: HeardChat[] = [];
  const usage = {
    ...{ prompt_tokens: tokens.prompt, completion_tokens: tokens.answer },
    total_tokens: tokens.prompt + tokens.answer,
  };
  const server = createServer(async (request, response) => {
    const pieces: Buffer[] = [];
    for await (const piece of request) pieces.push(piece as Buffer);
    const chat = JSON.parse(Buffer.concat(pieces).toString()) as HeardChat;
    const content = await answer(chat, heard.push(chat));
    if (content === undefined) {
      response.writeHead(500).end("down");
      return;
    }
    const choice = { index: 0, finish_reason: "stop", message: { role: "assistant", content } };
    const reply = { id: "1", object: "chat.completion", created: 1, model: chat.model, usage };
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ ...reply, choices: [choice] }));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`;
  return {
    ...{ url, heard, flags: ["--model", "openai:stand-in", "--base-url", url] },
    close: () => {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}
