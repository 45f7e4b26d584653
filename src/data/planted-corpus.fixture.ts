import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { Random } from "../statistics/random.ts";
import type { EvaluationItem } from "./contamination/contamination-index.ts";
import { respelled, wordProblems } from "./contamination/questions.fixture.ts";
import { plantPair } from "./near-duplicates/planted-pair.fixture.ts";
import { Random as HashRandom } from "./random.ts";
import type { SourceInput } from "./recipe-schema.ts";
import { ByteWriter } from "./steps/byte-writer.ts";
import { normalise } from "./steps/decode.ts";
import { digestOf, splitOf } from "./steps/digest.ts";
import { ZipfText } from "./zipf-text.fixture.ts";

/** What is planted in a corpus. */
export interface Plan {
  /** UTF-8 bytes of JSON Lines, about. */
  readonly bytes: number;
  /** Pairs at Jaccard 0.9, and as many at 0.5. */
  readonly pairs: number;
  /** Evaluation items, of which the first `planted` stand in training documents. */
  readonly items: number;
  readonly planted: number;
  readonly seed: number;
}

/** Documents by their ids in the source: `line 7#0`. */
export interface PlantedCorpus {
  readonly documents: number;
  readonly bytes: number;
  /** Second texts of pairs with the first ones, at 0.9 and at 0.5. */
  readonly near: ReadonlyMap<string, string>;
  readonly far: ReadonlyMap<string, string>;
  /** Training documents with the id of the evaluation item in them. */
  readonly contaminated: ReadonlyMap<string, string>;
}

/** The source of a planted corpus. */
export const plantedSource = { name: "text", jsonl: "text.jsonl" } satisfies Partial<SourceInput>;

/** Its evaluation items, as a recipe names them. */
export const plantedEvaluations = "exam";

/** Shares of a recipe over a planted corpus: items are planted in what trains under them. */
export const plantedSplit = { validation: 0.01, heldout: 0.01 } as const;

interface Planted {
  /** Where in the corpus it stands, in [0, 1). */
  readonly place: number;
  readonly text: string;
  readonly written: (id: string) => void;
}

/**
 * Writes `text.jsonl` and `exam/items.jsonl` into a folder, document by document. The second text of
 * a pair lies in the other half of the corpus.
 */
export async function writePlantedCorpus(folder: string, plan: Plan): Promise<PlantedCorpus> {
  const random = new Random(plan.seed);
  const text = new ZipfText(plan.seed);
  const items = wordProblems("exam", plan.items, plan.seed);
  await mkdir(join(folder, plantedEvaluations), { recursive: true });
  const questions = items.map(({ id, text: question }) => JSON.stringify({ id, question }));
  await writeFile(join(folder, plantedEvaluations, "items.jsonl"), `${questions.join("\n")}\n`);
  const near = new Map<string, string>();
  const far = new Map<string, string>();
  const contaminated = new Map<string, string>();
  const planted = [
    ...plantPairs(random, plan.pairs, { similarity: 0.9, twins: near }),
    ...plantPairs(random, plan.pairs, { similarity: 0.5, twins: far }),
    ...items.slice(0, plan.planted).map(
      (item, i): Planted => ({
        place: random.uniform(),
        text: trainingDocument(text, item, plan.seed + i),
        written: (id) => contaminated.set(id, item.id),
      }),
    ),
  ].sort((a, b) => b.place - a.place);

  const writer = await ByteWriter.create(join(folder, plantedSource.jsonl));
  let [documents, bytes] = [0, 0];
  const write = async (document: string) => {
    const line = Buffer.from(`${JSON.stringify({ text: document })}\n`);
    await writer.write(line);
    documents++;
    bytes += line.length;
  };
  while (bytes < plan.bytes || planted.length > 0) {
    for (let next = planted.at(-1); next !== undefined; next = planted.at(-1)) {
      if (next.place * plan.bytes > bytes) break;
      await write(next.text);
      next.written(`line ${documents}#0`);
      planted.pop();
    }
    await write(text.document());
  }
  await writer.finish();
  return { documents, bytes, near, far, contaminated };
}

function plantPairs(
  random: Random,
  count: number,
  { similarity, twins }: { readonly similarity: number; readonly twins: Map<string, string> },
): Planted[] {
  return Array.from({ length: count }, () => {
    const { first, second } = plantPair(random, similarity, 150 + random.integer(300));
    let twin = "";
    return [
      {
        place: random.uniform() / 2,
        text: first,
        written: (id: string) => {
          twin = id;
        },
      },
      {
        place: 0.5 + random.uniform() / 2,
        text: second,
        written: (id: string) => twins.set(id, twin),
      },
    ];
  }).flat();
}

/** A document that trains, with an item in its middle, spelled in another way. */
function trainingDocument(text: ZipfText, item: EvaluationItem, seed: number): string {
  const random = new HashRandom(seed);
  for (;;) {
    const around = text.document();
    const middle = around.indexOf(" ", around.length / 2);
    const question = respelled(item.text, random);
    const document = `${around.slice(0, middle)} ${question} ${around.slice(middle + 1)}`;
    const digest = digestOf(Buffer.from(normalise(document)));
    if (middle > 0 && splitOf(digest, plantedSplit) === "train") return document;
  }
}

/** What a build removed of a planted corpus. */
export interface PlantedFindings {
  /** Second texts at 0.9 that went, named with their first ones. */
  readonly near: number;
  /** Second texts at 0.5 that went. */
  readonly far: number;
  /** Documents with an item that went, named with it. */
  readonly items: number;
  /** All else that went. */
  readonly others: number;
}

/** Compares `removed.jsonl` of a built data set with what was planted. */
export async function plantedFindings(
  datasetFolder: string,
  { near, far, contaminated }: PlantedCorpus,
): Promise<PlantedFindings> {
  const findings = { near: 0, far: 0, items: 0, others: 0 };
  const log = await readFile(join(datasetFolder, "removed.jsonl"), "utf8");
  for (const line of log.split("\n").filter((candidate) => candidate !== "")) {
    const { id, twin, item } = JSON.parse(line) as {
      readonly id: string;
      readonly twin?: { readonly id: string };
      readonly item?: string;
    };
    if (twin !== undefined && near.get(id) === twin.id) findings.near++;
    else if (twin !== undefined && far.get(id) === twin.id) findings.far++;
    else if (item !== undefined && contaminated.get(id) === item) findings.items++;
    else findings.others++;
  }
  return findings;
}
