/** What the trained model is asked to go on from, to be looked at. */
export const examplePrompts = [
  "17 + 25 =",
  "// return x times 3\n",
  "Q: Which city is the capital of Portugal?\nA:",
  "The people of the United States",
  "Call me Ishmael.",
] as const;
