import { Random } from "../random.ts";
import { ContaminationIndex, type EvaluationItem } from "./contamination-index.ts";

const people = ["Mira", "Oskar", "Lin", "Tomas", "Ada", "Jonas", "Ines", "Pavel", "Ruth", "Emil"];
const goods = ["apples", "pencils", "lamps", "tickets", "stones", "maps", "bottles", "coats"];
const places = ["market", "harbour", "library", "station", "garden", "museum", "bakery"];

/** A word problem such as an evaluation set has; two draws share no 50 letters. */
export function wordProblem(random: Random): string {
  const sentences = Array.from({ length: 4 }, () => {
    const [count, price] = [random.integer(100, 999), random.integer(1000, 9999)];
    return `${random.pick(people)} takes ${count} ${random.pick(goods)} to the ${random.pick(places)} for $${price}.`;
  });
  return `${sentences.join(" ")} How much is left?`;
}

/** Word problems as the items of a set. */
export function wordProblems(set: string, count: number, seed: number): EvaluationItem[] {
  const random = new Random(seed);
  return Array.from({ length: count }, (_, i) => ({
    set,
    id: `${set}-${i}`,
    text: wordProblem(random),
  }));
}

/** The same letters and digits with other spaces, punctuation and line breaks between words. */
export function respelled(text: string, random: Random): string {
  const gaps = [
    " ",
    "\n",
    "\r\n",
    "  ",
    ", ",
    " - ",
    "\t",
    "** ",
    "\u00a0",
    " … ",
    " 😀 ",
    " <~> ",
  ];
  return text.replace(/[^\p{L}\p{N}\p{M}]+/gu, () => random.pick(gaps));
}

/** An index over texts whose ids are their places. */
export function indexOf(texts: readonly string[], seed = 1): Promise<ContaminationIndex> {
  return ContaminationIndex.build(
    texts.map((text, i) => ({ set: "set", id: String(i), text })),
    { seed },
  );
}

/** Ids of the items found in a document. */
export function foundIn(index: ContaminationIndex, text: string): string[] {
  return index.check(text).map(({ id }) => id);
}
