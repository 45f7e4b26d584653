import { z } from "zod";

/** What is made of the scores of a sample that is asked several times, for `parseReducers`. */
export const reducerFlag = z
  .array(z.string().min(1))
  .default([])
  .meta({ placeholder: "mean|max|majority|pass@K" })
  .describe("of a sample's scores over its epochs; several with commas; mean by default");
