import { expect, test } from "vitest";
import { brokenJson } from "./broken-json.ts";

test.each([
  ['{"a": 1,, "b": 2}', /^column 9: .*property name; mend the line$/],
  ['{"a": "x", "b": }', /^column 17: Unexpected token '}'; mend the line$/],
  ['{"a": NaN, "b": "a long text that is cut in messages"}', /^column 7: Unexpected token 'N'; /],
  ['{"a": 1', /^column 8: Expected ',' or '}' after property value; /],
  ['{"a": [1, ', /^column 11: the line ends too early; /],
  ["hello", /^column 1: Unexpected token 'h'; /],
  ["\uFEFF{}", /^column 1: a byte order mark .* save the file as UTF-8 without it$/],
  ["  ", /^the line is empty; take it out$/],
])("%j", (text, expected) => {
  let refusal: unknown;
  try {
    JSON.parse(text);
  } catch (error) {
    refusal = error;
  }
  expect(brokenJson(text, refusal)).toMatch(expected);
});
