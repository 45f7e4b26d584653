import { expect, test } from "vitest";
import { Random } from "../../random.ts";
import { readShapes } from "./read-drawing.fixture.ts";
import { judgePoem, type PoemSubject, verses } from "./verses.ts";

const scenes = Array.from({ length: 2000 }, (_, i) => verses.scene(new Random(3, i)));
const tests = Array.from({ length: 500 }, (_, i) => verses.tests[0]!(new Random(4, i)));
const all = { namesPicture: true, usesWords: true, rhymes: true };

/** What a training document asks for, read from its drawing and its first line. */
function asked({ svg, caption }: { readonly svg: string; readonly caption: string }) {
  const [head, ...lines] = caption.split("\n");
  const words = head!.replace("Words: ", "").split(", ");
  return { subject: { ...readShapes(svg)[0]!, words } as unknown as PoemSubject, lines };
}

test("every poem fulfils what its picture and its words ask", () => {
  for (const scene of scenes) {
    const { subject, lines } = asked(scene);
    expect([lines, judgePoem(subject, lines.join("\n"))]).toEqual([lines, all]);
  }
  for (const { svg, prompt, answer, poem } of tests) {
    expect(asked({ svg, caption: prompt.trim() }).subject).toMatchObject(poem!);
    expect(judgePoem(poem!, answer)).toEqual(all);
  }
});

test("a poem that misses the picture, a word or a rhyme is found out", () => {
  const request = { colour: "red", shape: "star", words: ["moon", "sea"] } as const;
  const good = [
    "A red star sees the moon",
    "and hums a tune.",
    "It likes the sea",
    "and feels quite free.",
  ].join("\n");
  const judged = (text: string) => judgePoem(request, text);
  expect(judged(good)).toEqual(all);
  expect(judged(good.replace("red", "blue"))).toEqual({ ...all, namesPicture: false });
  expect(judged(good.replace("red", "red or blue"))).toEqual({ ...all, namesPicture: false });
  expect(judged(good.replace("star", "thing"))).toEqual({ ...all, namesPicture: false });
  expect(judged(good.replace("sea", "lake"))).toEqual({ ...all, usesWords: false, rhymes: false });
  expect(judged(good.replace("tune", "song"))).toEqual({ ...all, rhymes: false });
  expect(judged(good.replace("tune", "moon"))).toEqual({ ...all, rhymes: false });
  expect(judged(`${good}\nThe end.`)).toEqual({ ...all, rhymes: false });
  expect(judged("")).toEqual({ namesPicture: false, usesWords: false, rhymes: false });
});

test("training never shows a test's shape, colour and words together", () => {
  const key = ({ colour, shape, words }: PoemSubject) =>
    `${colour} ${shape} ${words.toSorted().join(" ")}`;
  const trained = new Set(scenes.map((scene) => key(asked(scene).subject)));
  expect(tests.filter(({ poem }) => trained.has(key(poem!)))).toEqual([]);
  expect(new Set(tests.map(({ poem }) => key(poem!))).size).toBeGreaterThan(200);
});
