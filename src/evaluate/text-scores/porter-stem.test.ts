import { expect, test } from "vitest";
import { porterStem } from "./porter-stem.ts";

/** Words of Porter's paper, by step, with the stems that all steps together give. */
const published = {
  caresses: "caress",
  ponies: "poni",
  cats: "cat",
  feed: "feed",
  agreed: "agre",
  plastered: "plaster",
  motoring: "motor",
  sing: "sing",
  conflated: "conflat",
  hopping: "hop",
  falling: "fall",
  hissing: "hiss",
  failing: "fail",
  filing: "file",
  happy: "happi",
  relational: "relat",
  rational: "ration",
  vietnamization: "vietnam",
  triplicate: "triplic",
  electrical: "electr",
  revival: "reviv",
  adjustment: "adjust",
  adoption: "adopt",
  probate: "probat",
  rate: "rate",
  controll: "control",
  roll: "roll",
};

/** Where NLTK departs from the paper. */
const extended = {
  flies: "fli",
  dies: "die",
  died: "die",
  enjoy: "enjoy",
  by: "by",
  fly: "fli",
  hopefully: "hope",
  geology: "geolog",
  skies: "sky",
  dying: "die",
  news: "news",
  ate: "ate",
};

test.each(Object.entries({ ...published, ...extended }))("%s gives %s", (word, stem) => {
  expect(porterStem(word)).toBe(stem);
  expect(porterStem(word.toUpperCase())).toBe(stem);
});

test("two letters and fewer stay", () => {
  for (const word of ["", "s", "is", "ed"]) expect(porterStem(word)).toBe(word);
});
