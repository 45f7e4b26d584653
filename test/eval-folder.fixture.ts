import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { openAiProtocol } from "./language-models/openai-protocol.fixture.ts";
import { type ProviderServer, startProvider } from "./language-models/provider-server.fixture.ts";

/** A temporary folder to run evaluations in, and a server that speaks OpenAI's protocol. */
export interface EvalFolder {
  readonly directory: string;
  readonly server: ProviderServer;
  /** Writes a file, with the folders that it needs. */
  file(path: string, text: string): Promise<void>;
  close(): Promise<void>;
}

/** Makes the folder and starts the server. */
export async function evalFolder(): Promise<EvalFolder> {
  const directory = await mkdtemp(join(tmpdir(), "foretoken-eval-"));
  const server = await startProvider(openAiProtocol);
  return {
    ...{ directory, server },
    async file(path, text) {
      await mkdir(dirname(join(directory, path)), { recursive: true });
      await writeFile(join(directory, path), text);
    },
    async close() {
      await server.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}
