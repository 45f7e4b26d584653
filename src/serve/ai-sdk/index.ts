/** What the export path `foretoken/ai` offers. */
export {
  createForetoken,
  type ForetokenOptions,
  type ForetokenProvider,
} from "./create-foretoken.ts";
