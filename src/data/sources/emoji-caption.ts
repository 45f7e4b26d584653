import { hashText } from "../random.ts";

/** How an English caption is put; `thing` has its article. */
const templates: readonly ((thing: string) => string)[] = [
  (thing) => thing,
  (thing) => `This is ${thing}.`,
  (thing) => `An emoji of ${thing}.`,
];

/**
 * A caption of an emoji: in English one of three short sentences, the same one for a concept in all
 * styles; in other languages, whose articles and cases are not known, its name.
 */
export function emojiCaption(label: string, language: string, key: string): string {
  if (language !== "en") return label;
  return templates[hashText(key) % templates.length]!(withArticle(label));
}

/** `lion` as `a lion`, `flag: France` as `a flag of France`, `grapes` as it is. */
function withArticle(label: string): string {
  const thing = label.replace(/^flag: /, "flag of ").replace(/^keycap: /, "keycap ");
  const [head = ""] = thing.split(/[:,]| (?:with|without|of|in|on|from|at|holding) /);
  const isPlural = /[^suio]s$/.test(head) || /(^|[^a-z])(people|men|women)\b/.test(head);
  if (isPlural) return thing;
  return `${/^(?:[aei]|hour|o(?!ne\b)|u(?!ni))/i.test(thing) ? "an" : "a"} ${thing}`;
}
