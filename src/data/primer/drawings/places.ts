/** Where a thing can lie: its middle as parts of the sides, and the words of captions. */
export const places = {
  left: { at: [0.27, 0.5], words: "on the left" },
  right: { at: [0.73, 0.5], words: "on the right" },
  top: { at: [0.5, 0.27], words: "at the top" },
  bottom: { at: [0.5, 0.73], words: "at the bottom" },
  middle: { at: [0.5, 0.5], words: "in the middle" },
} as const;

/** A part of the image with a name. */
export type PlaceName = keyof typeof places;

/** The parts of the image with a name. */
export const placeNames = Object.keys(places) as readonly PlaceName[];
