import type { Random } from "../../random.ts";
import { hsl } from "./canvas.ts";

/** Hue, saturation and lightness of every colour that has a name in captions. */
const colours = {
  red: [0, 85, 47],
  orange: [29, 95, 52],
  yellow: [53, 95, 50],
  green: [130, 65, 35],
  blue: [220, 82, 48],
  purple: [277, 65, 40],
  pink: [330, 88, 77],
  black: [0, 0, 9],
} as const;

/** A colour with a name. */
export type ColourName = keyof typeof colours;

/** The colours with a name. */
export const colourNames = Object.keys(colours) as readonly ColourName[];

/** A shade of a colour: near enough that a person gives it the same name. */
export function drawShade(name: ColourName, random: Random): string {
  const [hue, saturation, lightness] = colours[name];
  const fade = Math.min(saturation, random.integer(0, 12));
  return hsl(hue + random.integer(-4, 4), saturation - fade, lightness + random.integer(-3, 3));
}
