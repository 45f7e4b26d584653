import type { SourceInput } from "../recipe-schema.ts";

/** A generated part of the primer. */
export function generated(primer: string, weight: number, maxBytes: number): SourceInput {
  const loss = primer === "functions" || primer === "programs" ? "code" : "text";
  return { name: primer, primer, weight, loss, licence: "Apache-2.0", maxBytes };
}

/** Drawn images; `maxBytes` counts their text, about 60 bytes an image. */
export function drawn(drawing: string, weight: number, maxBytes: number): SourceInput {
  return { name: drawing, drawing, weight, loss: "image", licence: "Apache-2.0", maxBytes };
}
