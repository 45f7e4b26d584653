import { z } from "zod";
import { DataError } from "../../errors.ts";
import { bytesOfPrintable, printableBytes } from "./byte-alphabet.ts";
import { specialTokens, specialTokenTexts, type TokenRoles } from "./special-tokens.ts";
import { wordCut } from "./split-patterns.ts";
import type { AddedToken, Merge, Vocabulary } from "./vocabulary.ts";

/** Far more than any vocabulary has, so that a damaged id allocates no gigabytes. */
const tokenId = z
  .int()
  .min(0)
  .max(2 ** 24);

const addedToken = z.looseObject({
  id: tokenId,
  content: z.string().min(1),
  special: z.boolean().default(false),
  lstrip: z.literal(false).default(false),
  rstrip: z.literal(false).default(false),
  single_word: z.literal(false).default(false),
});

const special = z.object({ SpecialToken: z.object({ id: z.string() }) });
const anything = z.object({ Sequence: z.looseObject({}) });
const byteLevel = z.looseObject({ type: z.literal("ByteLevel") });
const template = z.looseObject({
  type: z.literal("TemplateProcessing"),
  single: z.array(z.union([special, anything])),
});
const processor = z.union([byteLevel, template]);
const sequence = z.looseObject({ type: z.literal("Sequence"), processors: z.array(processor) });

/** `tokenizer.json` of a byte-level byte-pair tokenizer. */
export const vocabularyFile = z.looseObject({
  added_tokens: z.array(addedToken).default([]),
  normalizer: z.looseObject({ type: z.literal("NFC") }).nullish(),
  pre_tokenizer: wordCut,
  post_processor: z.union([processor, sequence]).nullish(),
  model: z.looseObject({
    type: z.literal("BPE"),
    dropout: z.literal(0).nullish(),
    continuing_subword_prefix: z.literal("").nullish(),
    end_of_word_suffix: z.literal("").nullish(),
    ignore_merges: z.boolean().default(false),
    unk_token: z.string().nullish(),
    fuse_unk: z.literal(false).nullish(),
    vocab: z.record(z.string(), tokenId),
    merges: z.array(
      z.union([
        z.tuple([z.string(), z.string()]),
        // As older versions of Hugging Face's tokenizers wrote them.
        z
          .string()
          .regex(/^\S+ \S+$/)
          .transform((text) => text.split(" ") as [string, string]),
      ]),
    ),
  }),
});

/** What `vocabularyFile` reads. */
export type VocabularyFile = z.output<typeof vocabularyFile>;

/** What the files beside a `tokenizer.json` say of its special tokens. */
export interface NamedTokens {
  /** Spellings by name, such as `bos_token`. */
  readonly spellings: Readonly<Record<string, string>>;
  /** Documents begin with `bos_token` even where `tokenizer.json` has no template that says so. */
  readonly addsBos: boolean;
  /** Ids that end a text, as the model's configuration has them. */
  readonly ends: readonly number[];
}

/** Spellings of a turn's end, where no file names it. */
const turnEnds = ["<|im_end|>", "<|eot_id|>", "<|eom_id|>"];

/**
 * The vocabulary of any byte-level byte-pair tokenizer.
 *
 * @param origin - for messages
 * @throws {DataError} when tokens or merges are missing, or are no bytes
 */
export function readVocabulary(
  file: VocabularyFile,
  named: NamedTokens,
  origin: string,
): Vocabulary {
  const { model, normalizer } = file;
  const ids = new Map(Object.entries(model.vocab));
  const added = new Map<string, AddedToken>();
  for (const { id, content, special } of file.added_tokens) {
    added.set(content, { id, isSpecial: special });
  }
  const idOf = (text: string, why: string): number => {
    const id = ids.get(text);
    if (id !== undefined) return id;
    throw new DataError(
      `${origin}: expected the vocabulary to have ${JSON.stringify(text)}, ${why}, got none; only byte-level vocabularies that are whole can be read`,
    );
  };
  const merges = model.merges.map(
    ([left, right], rank): Merge => [
      idOf(left, `which merge ${rank} joins`),
      idOf(right, `which merge ${rank} joins`),
    ],
  );
  const special = rolesOf(added, named);
  const documentStart = startOf(file, added, named);
  return {
    tokenBytes: tokenBytes(ids, added, origin),
    byteTokens: Array.from(
      { length: 256 },
      (_, byte) => ids.get(printableBytes([byte])) ?? ids.get(model.unk_token ?? "") ?? -1,
    ),
    merges,
    merged: model.merges.map((pair, rank) => idOf(pair.join(""), `which merge ${rank} makes`)),
    added,
    special: { ...special, bos: special.bos ?? documentStart[0] },
    documentStart,
    stopTokens: stopsOf(added, special, named),
    pattern: file.pre_tokenizer.pattern,
    isNormalised: normalizer !== undefined && normalizer !== null,
    takesWholeWords: model.ignore_merges,
  };
}

function rolesOf(added: ReadonlyMap<string, AddedToken>, { spellings }: NamedTokens): TokenRoles {
  const idOf = (text: string | undefined) => (text === undefined ? undefined : added.get(text)?.id);
  const spelled = Object.entries(specialTokens).map(([role, id]) => [
    role,
    idOf(specialTokenTexts[id]),
  ]);
  return {
    ...(Object.fromEntries(spelled) as TokenRoles),
    pad: idOf(spellings["pad_token"]),
    bos: idOf(spellings["bos_token"]),
    eos: idOf(spellings["eos_token"]),
  };
}

function stopsOf(
  added: ReadonlyMap<string, AddedToken>,
  { eos }: TokenRoles,
  { ends }: NamedTokens,
): number[] {
  const turns = turnEnds.flatMap((text) => added.get(text)?.id ?? []);
  return [...new Set([...(eos === undefined ? [] : [eos]), ...ends, ...turns])];
}

/** What the file's template puts before a text. */
function startOf(
  { post_processor: processing }: VocabularyFile,
  added: ReadonlyMap<string, AddedToken>,
  { spellings, addsBos }: NamedTokens,
): number[] {
  const parts = processing?.type === "Sequence" ? processing["processors"] : [processing];
  const found = z
    .array(z.unknown())
    .parse(parts)
    .map((part) => template.safeParse(part).data);
  const single = found.find((part) => part !== undefined)?.single;
  if (single !== undefined) {
    const before = single.slice(
      0,
      single.findIndex((part) => "Sequence" in part),
    );
    const texts = before.map((part) => ("SpecialToken" in part ? part.SpecialToken.id : ""));
    return texts.flatMap((text) => added.get(text)?.id ?? []);
  }
  const bos = added.get(spellings["bos_token"] ?? "")?.id;
  return addsBos && bos !== undefined ? [bos] : [];
}

function tokenBytes(
  ids: ReadonlyMap<string, number>,
  added: ReadonlyMap<string, AddedToken>,
  origin: string,
): Uint8Array[] {
  const encoder = new TextEncoder();
  const known = new Map<number, Uint8Array>();
  for (const [text, id] of ids) {
    const bytes = bytesOfPrintable(text) ?? (added.has(text) ? encoder.encode(text) : undefined);
    if (bytes === undefined) {
      throw new DataError(
        `${origin}: expected tokens spelled in GPT-2's alphabet of bytes, got ${JSON.stringify(text)}; only byte-level tokenizers can be read`,
      );
    }
    known.set(id, bytes);
  }
  for (const [text, { id }] of added) known.set(id, encoder.encode(text));
  const nothing = new Uint8Array(0);
  const size = [...known.keys()].reduce((most, id) => Math.max(most, id + 1), 0);
  return Array.from({ length: size }, (_, id) => known.get(id) ?? nothing);
}
