import { z } from "zod";

/** A difference of which it is asked how many samples show it. */
export const detectFlag = z
  .number()
  .positive()
  .optional()
  .meta({ placeholder: "DIFFERENCE" })
  .describe("say how many samples would show it (power 0.8)");
