import { expect, test } from "vitest";
import { defaultScorerOptions } from "./scorer.ts";
import { scorers } from "./scorers.ts";

const person = {
  type: "object",
  required: ["name", "age"],
  properties: { name: { type: "string" }, age: { type: "integer", minimum: 0 } },
  additionalProperties: false,
};

async function judged(text: string, ideal: string, schema?: string) {
  const scorer = scorers["json-schema"]({ ...defaultScorerOptions, schema });
  return (await (await scorer.against([ideal], {}))(text))["accuracy"]!;
}

test.each([
  ['{"name": "Ann", "age": 3}', 1, undefined],
  ['Here:\n```json\n{"name": "Ann", "age": 3}\n```', 1, undefined],
  ['{"name": "Ann", "age": -1}', 0, "/age must be >= 0"],
  ['{"name": "Ann", "age": "3"}', 0, "/age must be integer"],
  ['{"name": "Ann"}', 0, "the value must have required property 'age'"],
  ['{"name": "A", "age": 1, "x": 2}', 0, 'the value must NOT have additional properties: "x"'],
  ["Ann, 3", 0, "no JSON"],
])("%j is %d: %s", async (text, value, explanation) => {
  const score = await judged(text, JSON.stringify(person));
  expect([score.value, score.explanation]).toEqual([value, explanation]);
});

test("of several schemas one is enough", async () => {
  const scorer = scorers["json-schema"](defaultScorerOptions);
  const scored = await scorer.against(['{"type": "number"}', '{"type": "array"}'], {});
  expect((await scored("[1]"))["accuracy"]).toMatchObject({ value: 1 });
  const explanation = "the value must be number";
  expect((await scored('{"a": 1}'))["accuracy"]).toMatchObject({ value: 0, explanation });
});

test("one schema for all rows stands instead of their own", async () => {
  const schema = JSON.stringify({ type: "array", items: { type: "number" } });
  expect(await judged("[1, 2]", "", schema)).toMatchObject({ value: 1 });
  expect(await judged('[1, "b"]', "", schema)).toMatchObject({
    ...{ value: 0, explanation: "/1 must be number" },
  });
});

test.each([
  // prefixItems came with 2020-12, and is no keyword before
  ["https://json-schema.org/draft/2020-12/schema", { prefixItems: [{ type: "string" }] }, 0],
  ["http://json-schema.org/draft-07/schema#", { prefixItems: [{ type: "string" }] }, 1],
  ["https://json-schema.org/draft/2019-09/schema", { dependentRequired: { a: ["b"] } }, 1],
  ["http://json-schema.org/draft-06/schema#", { contains: { const: 2 } }, 0],
])("the draft %s is kept to", async ($schema, rest, value) => {
  expect(await judged("[1]", JSON.stringify({ $schema, ...rest }))).toMatchObject({ value });
});

test.each([
  ["none", "expected a JSON Schema, got none"],
  ["[1]", "expected a JSON Schema"],
  ['{"type": "text"}', "the schema cannot be used"],
  ['{"$schema": "http://json-schema.org/draft-04/schema#"}', "draft-04"],
  ['{"$ref": "https://example.org/none.json"}', "can't resolve reference"],
])("the schema %s is refused", async (schema, message) => {
  await expect(judged("1", schema)).rejects.toThrow(message);
});
