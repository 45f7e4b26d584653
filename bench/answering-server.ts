/**
 * An OpenAI-compatible server for `npm run bench eval`, in a process of its own: every answer comes
 * after a fixed time. Arguments: milliseconds. It sends its port to its parent.
 */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const delayMs = Number(process.argv[2]);
const message = { role: "assistant", content: "42" };
const answer = JSON.stringify({
  ...{ id: "1", object: "chat.completion", created: 1, model: "stand-in" },
  choices: [{ index: 0, finish_reason: "stop", message }],
  usage: { prompt_tokens: 8, completion_tokens: 1, total_tokens: 9 },
});

const server = createServer((request, response) => {
  request.resume().on("end", () => {
    setTimeout(() => {
      response.setHeader("content-type", "application/json");
      response.end(answer);
    }, delayMs);
  });
});
server.listen(0, "127.0.0.1", () => process.send?.((server.address() as AddressInfo).port));
process.on("disconnect", () => process.exit(0));
