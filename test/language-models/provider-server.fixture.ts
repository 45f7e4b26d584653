import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

/** A turn as any provider's server understands it. */
export interface HeardTurn {
  readonly role: "user" | "assistant" | "tool";
  readonly text: string;
  /** In base64. */
  readonly images: readonly string[];
  readonly calls: readonly { readonly name: string; readonly input: unknown }[];
}

/** A request as any provider's server understands it. */
export interface Heard {
  readonly model: string;
  readonly system: string;
  readonly turns: readonly HeardTurn[];
  readonly settings: {
    readonly temperature?: number | undefined;
    readonly topP?: number | undefined;
    readonly maxTokens?: number | undefined;
    readonly stop?: readonly string[] | undefined;
    readonly seed?: number | undefined;
    readonly n?: number | undefined;
    readonly tools?: readonly string[] | undefined;
    /** Whether JSON is wanted. */
    readonly json?: boolean | undefined;
  };
}

/** An answer that a test wants. */
export interface Answered {
  /** Several only where the provider has several. */
  readonly texts: readonly string[];
  readonly finish: "stop" | "length" | "tool_calls" | "content_filter";
  readonly call?:
    | { readonly id: string; readonly name: string; readonly input: object }
    | undefined;
  readonly usage: { readonly prompt: number; readonly completion: number };
}

/** A failure that a test wants. */
export interface Refused {
  readonly status: number;
  readonly message: string;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** What the next request gets: `hang` says nothing, `break` closes in the middle of the answer. */
export type Reply = Answered | Refused | { readonly raw: string } | "hang" | "break";

export interface WireRequest {
  readonly path: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: unknown;
}

/** How a provider's server reads and writes; `hear` throws on what the provider would not accept. */
export interface WireProtocol {
  /** Behind the host, what a base URL has. */
  readonly basePath: string;
  hear(request: WireRequest): Heard;
  answer(answered: Answered, heard: Heard): unknown;
  refuse(refused: Refused): unknown;
}

/** A server on this machine that speaks a provider's language. */
export interface ProviderServer {
  readonly url: string;
  /** As understood. */
  readonly heard: Heard[];
  /** As they came. */
  readonly requests: WireRequest[];
  /** Why requests were not understood. */
  readonly problems: string[];
  /** What the next request gets; without one it is the default answer. */
  next(reply: Reply, headers?: Readonly<Record<string, string>>): void;
  close(): Promise<void>;
}

export const defaultAnswer: Answered = {
  ...{ texts: ["An answer."], finish: "stop" },
  usage: { prompt: 11, completion: 3 },
};

export async function startProvider(protocol: WireProtocol): Promise<ProviderServer> {
  const heard: Heard[] = [];
  const requests: WireRequest[] = [];
  const problems: string[] = [];
  let next: { reply: Reply; headers: Readonly<Record<string, string>> } | undefined;
  const server = createServer((request, response) => {
    void answer(request, response).catch((error: unknown) => problems.push(String(error)));
  });
  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const body: unknown = JSON.parse(Buffer.concat(chunks).toString());
    const wire = { path: `${request.method} ${request.url}`, headers: request.headers, body };
    requests.push(wire);
    let understood: Heard;
    try {
      understood = protocol.hear(wire);
    } catch (error) {
      problems.push(String(error));
      send(response, { status: 400, content: protocol.refuse({ status: 400, message: "bad" }) });
      return;
    }
    heard.push(understood);
    const { reply, headers } = next ?? { reply: defaultAnswer, headers: {} };
    next = undefined;
    if (reply === "hang") return;
    if (reply === "break") {
      response.writeHead(200, { "content-type": "application/json", "content-length": "1000" });
      response.write('{"half": ');
      setImmediate(() => response.destroy());
    } else if ("raw" in reply) {
      response.writeHead(200, { "content-type": "application/json" }).end(reply.raw);
    } else if ("status" in reply) {
      send(response, { ...reply, content: protocol.refuse(reply) });
    } else {
      send(response, { status: 200, headers, content: protocol.answer(reply, understood) });
    }
  }
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  return {
    ...{ url: `http://127.0.0.1:${port}${protocol.basePath}`, heard, requests, problems },
    next: (reply, headers = {}) => {
      next = { reply, headers };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function send(
  response: ServerResponse,
  {
    status,
    headers,
    content,
  }: {
    readonly status: number;
    readonly headers?: Readonly<Record<string, string>> | undefined;
    readonly content: unknown;
  },
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify(content));
}
