import { z } from "zod";

/** The flag of every command that builds a data set. */
export const shareAlikeFlag = z
  .boolean()
  .default(false)
  .describe("use sources whose licence passes on to what is made of them");
