import type { ColouredShape, ShapeName } from "./shape-drawing.ts";

/** Shapes of one kind and colour. */
export interface Group extends ColouredShape {
  readonly count: number;
}

const numberWords = ["no", "a", "two", "three", "four", "five", "six"];

/** `circles`, `crosses`. */
export function plural(shape: ShapeName): string {
  return shape === "cross" ? "crosses" : `${shape}s`;
}

/** `a red circle`, `an orange star`, `two blue squares`. */
export function phrase({ count, colour, shape }: Group): string {
  if (count === 1) return `${colour === "orange" ? "an" : "a"} ${colour} ${shape}`;
  return `${numberWords[count]} ${colour} ${plural(shape)}`;
}

/** `two red circles, a blue square and a green star`. */
export function listed(groups: readonly Group[]): string {
  const phrases = groups.map(phrase);
  return [phrases.slice(0, -1).join(", "), phrases.at(-1)].filter(Boolean).join(" and ");
}
