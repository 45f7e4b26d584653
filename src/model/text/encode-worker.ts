import { serveWorker } from "../../workspace/worker.ts";
import { encodeBatch } from "./encode-batch.ts";
import { tokenizerFromJson } from "./tokenizer-file.ts";

/** The thread of `EncodePool`: data is a `tokenizer.json` content, a request a batch of documents. */
serveWorker((tokenizerJson: object) => {
  const tokenizer = tokenizerFromJson(tokenizerJson);
  return (documents: readonly string[]) => {
    const reply = encodeBatch(tokenizer, documents);
    return { reply, transfer: [reply.tokens.buffer, reply.ends.buffer] };
  };
});
