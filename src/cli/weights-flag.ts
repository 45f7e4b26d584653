import { z } from "zod";

/** Flag of every command that asks a model: how its weights are held in memory. */
export const weightsFlag = {
  dtype: z
    .enum(["stored", "q4", "q8", "f32"])
    .default("stored")
    .describe(
      "weights in memory: as the file has them (quantised ones of a .gguf stay so), in 4 or 8 bits, or float32; on devices other than cpu float32",
    ),
} as const;
