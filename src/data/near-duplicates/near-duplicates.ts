import { ConfigError } from "../../errors.ts";
import { BandTable } from "./band-table.ts";
import { estimateJaccard, MinHash, signatureLength } from "./min-hash.ts";
import { mix32 } from "./mix.ts";
import { RowFile } from "./row-file.ts";

/** Bands of a signature: texts that agree in one are compared. */
const bands = 18;
const bandRows = signatureLength / bands;

/** Below, the banding finds too few: of texts at 0.7 it meets 79 %, at 0.6 only 40 %. */
const smallestThreshold = 0.7;

const hashPrime = 0x01000193; // FNV-1a

/** How texts are compared. */
export interface NearDuplicatesOptions {
  /** Texts whose estimated Jaccard similarity of word 5-grams reaches this are duplicates, 0.7 to 1. */
  readonly jaccard: number;
  /** Path of a scratch file for what outgrows the memory; removed by `close`. */
  readonly signatureFile: string;
  readonly seed?: number;
  /** Kept texts that are remembered at most; beyond, the older half of them is forgotten. */
  readonly maxDocuments?: number;
}

/** The earlier text that a text is a near duplicate of. */
export interface TextTwin {
  /** Its number in the order in which texts were given to `find`, from 0. */
  readonly document: number;
  /** The estimated similarity of the two. */
  readonly jaccard: number;
}

/**
 * Near duplicates in a stream of texts, in one pass: MinHash with banding (18 bands of 7 values),
 * each candidate checked with the whole signatures. The first text of a cluster is kept, later ones
 * are compared with kept ones only. Texts below 12 words are duplicates only with the same words in
 * the same order; texts without words never are.
 *
 * The chance that two texts meet in a band is 1 - (1 - J^7)^18: 0.13 at J = 0.5, 0.79 at 0.7, 0.985
 * at 0.8, 0.99999 at 0.9; the estimate of J deviates by sqrt(J (1 - J) / 126), at most 0.045, and
 * a fifth more in texts of about 20 words. So 0.75 lies 5.6 deviations from both 0.5 and 0.9.
 *
 * Memory: 10 to 15 bytes a band and kept text, so 180 to 270 MB for a million and 18 to 27 GB for
 * 100 million, were they all remembered; `maxDocuments` (4 million when not given) bounds it to 1.1
 * GB. On disk 256 bytes a kept text: 256 MB and 26 GB. A text whose twin was forgotten is kept.
 *
 * @see Broder 1997; Leskovec, Rajaraman, Ullman, "Mining of Massive Datasets", section 3.4
 */
export class NearDuplicates {
  readonly #threshold: number;
  readonly #maxDocuments: number;
  readonly #minHash: MinHash;
  readonly #tables = Array.from({ length: bands }, () => new BandTable());
  readonly #signatures: RowFile;
  /** The signature of the text in hand, and its number in two halves. */
  readonly #row = new Uint16Array(signatureLength + 2);
  readonly #rowBytes = new Uint8Array(this.#row.buffer);
  readonly #bandValues = new Uint32Array(bands);
  readonly #candidates: number[] = [];
  #documents = 0;
  #firstRemembered = 0;

  /** @throws {ConfigError} when the threshold or the bound cannot be met */
  constructor(options: NearDuplicatesOptions) {
    const { jaccard, signatureFile, seed = 0, maxDocuments = 4_000_000 } = options;
    if (!(jaccard >= smallestThreshold && jaccard <= 1)) {
      throw new ConfigError(
        `near duplicates: expected a Jaccard threshold from ${smallestThreshold} to 1, got ${jaccard}; less similar texts are not found reliably`,
      );
    }
    if (!Number.isInteger(maxDocuments) || maxDocuments < 2 || maxDocuments > 2 ** 31) {
      throw new ConfigError(
        `near duplicates: expected maxDocuments from 2 to 2^31, got ${maxDocuments}`,
      );
    }
    this.#threshold = jaccard;
    this.#maxDocuments = maxDocuments;
    this.#minHash = new MinHash(seed);
    this.#signatures = new RowFile(signatureFile, this.#row.byteLength);
  }

  /** Texts given so far. */
  get documents(): number {
    return this.#documents;
  }

  /** Kept texts that were forgotten for want of memory. */
  get forgotten(): number {
    return this.#firstRemembered;
  }

  /** Bytes of memory that it holds. */
  get bytes(): number {
    return this.#tables.reduce((sum, table) => sum + table.bytes, this.#signatures.bytes);
  }

  /** The kept text that this one nearly repeats; undefined when there is none: then it is kept. */
  find(text: string): TextTwin | undefined {
    const document = this.#documents++;
    const kind = this.#minHash.sign(text, this.#row);
    if (kind === "none") return undefined;
    // Equal texts agree in every band, so one is enough where only they count.
    const usedBands = kind === "whole" ? 1 : bands;
    const twin = this.#findTwin(usedBands);
    if (twin === undefined) this.#keep(document, usedBands);
    return twin;
  }

  /** Frees the scratch file. */
  close(): void {
    this.#signatures.close();
  }

  #findTwin(usedBands: number): TextTwin | undefined {
    const candidates = this.#candidates;
    candidates.length = 0;
    let compared = 0;
    for (let band = 0; band < usedBands; band++) {
      this.#bandValues[band] = bandValue(this.#row, band);
      this.#tables[band]!.find(this.#bandValues[band]!, candidates);
      for (; compared < candidates.length; compared++) {
        const candidate = candidates[compared]!;
        if (candidates.indexOf(candidate) < compared) continue;
        const { buffer, byteOffset } = this.#signatures.read(candidate);
        const row = new Uint16Array(buffer, byteOffset, this.#row.length);
        const jaccard = estimateJaccard(row, this.#row);
        if (jaccard < this.#threshold) continue;
        return { document: row[signatureLength]! + row[signatureLength + 1]! * 2 ** 16, jaccard };
      }
    }
    return undefined;
  }

  #keep(document: number, usedBands: number): void {
    const row = this.#signatures.rows;
    this.#row[signatureLength] = document;
    this.#row[signatureLength + 1] = document / 2 ** 16;
    this.#signatures.add(this.#rowBytes);
    for (let band = 0; band < usedBands; band++) {
      this.#tables[band]!.addToFound(this.#bandValues[band]!, row);
    }
    if (row + 1 - this.#firstRemembered <= this.#maxDocuments) return;
    this.#firstRemembered = row + 1 - Math.floor(this.#maxDocuments / 2);
    for (const table of this.#tables) table.forgetBefore(this.#firstRemembered);
  }
}

/** A 32-bit hash of the values of a band. */
function bandValue(signature: Uint16Array, band: number): number {
  let hash = 0x811c9dc5;
  for (let at = band * bandRows; at < (band + 1) * bandRows; at++) {
    hash = Math.imul(hash ^ signature[at]!, hashPrime);
  }
  return mix32(hash) >>> 0;
}
