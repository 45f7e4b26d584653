import { createHash } from "node:crypto";
import type { Recipe } from "../recipe.ts";
import { ContaminationIndex, type EvaluationItem } from "./contamination-index.ts";
import { evaluationItems } from "./evaluation-items.ts";

/** The evaluation items of a recipe and its workspace, equal texts once. */
export class KnownEvaluations {
  /** Changes with the items' texts, whatever sets they are in. */
  readonly fingerprint: string;
  readonly #items: readonly EvaluationItem[];
  readonly #seed: number;

  private constructor(items: ReadonlyMap<string, EvaluationItem>, seed: number) {
    const texts = [...items.keys()].sort().join("\n");
    this.fingerprint = createHash("sha256").update(texts).digest("hex");
    this.#items = [...items.values()];
    this.#seed = seed;
  }

  /** Reads them. @throws {DataError} as `evaluationItems` */
  static async read(recipe: Recipe, datasetsFolder: string): Promise<KnownEvaluations> {
    const items = new Map<string, EvaluationItem>();
    const places = { recipe, paths: recipe.contamination, datasetsFolder };
    for await (const item of evaluationItems(places)) {
      const digest = createHash("sha256").update(item.text).digest("base64");
      if (!items.has(digest)) items.set(digest, item);
    }
    return new KnownEvaluations(items, recipe.seed);
  }

  /** What finds them in training text. */
  index(): Promise<ContaminationIndex> {
    return ContaminationIndex.build(this.#items, { seed: this.#seed });
  }
}
