import { expect, test } from "vitest";
import { completionOf } from "./completion.ts";

const asked = { prompt: 'def twice(n):\n    """Doubles."""\n', entry_point: "twice" };
const whole = "def twice(n):\n    return 2 * n\n";
const body = "    m = n\n    return 2 * m\n";

test.each([
  ["a fenced function", `Here it is:\n\`\`\`python\n${whole}\`\`\`\nIt doubles.`, `\n${whole}`],
  ["the block with the function", `\`\`\`sh\npip\n\`\`\`\n~~~\n${whole}~~~\n`, `\n${whole}`],
  ["an open block", `\`\`\`py\n${whole}`, `\n${whole}`],
  ["a fenced body", `\`\`\`\n${body}\`\`\``, body],
  ["a fenced body without indentation", "```\nm = n\nreturn 2 * m\n```", body],
  ["a bare function among prose", `Sure.\n${whole}\nIt doubles.`, `\n${whole}\n`.slice(0, -1)],
  ["with its imports", `import math\n\n${whole}`, `\nimport math\n\n${whole}`],
  [
    "a head of many lines",
    "def twice(\n    n\n):\n    return n\nx",
    "\ndef twice(\n    n\n):\n    return n",
  ],
  ["a continuation", `${body}\ndef test():\n    pass`, body],
  ["that goes on with code", `${body}print(twice(1))`, body.trimEnd()],
  ["whose first blanks are lost", body.trim(), body.trimEnd()],
  [
    "with a block first",
    "for i in n:\n        pass\n    return n",
    "    for i in n:\n        pass\n    return n",
  ],
  [
    "without any indentation",
    "for i in n:\n    pass\nreturn n",
    "    for i in n:\n        pass\n    return n",
  ],
  ["of one line", "return 2 * n", "    return 2 * n"],
  ["nothing", "", ""],
])("%s", (_, text, completion) => {
  expect(completionOf(asked, text)).toBe(completion);
});

test("a prompt that does not end its line", () => {
  expect(completionOf({ ...asked, prompt: asked.prompt.trimEnd() }, body)).toBe(`\n${body}`);
});
