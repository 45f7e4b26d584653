import { BeamEditDistance, type WordAlignment } from "./_beam-edit-distance.ts";

// Limits of tercom, and of its port in sacreBLEU.
const longestBlock = 10;
const furthestShift = 50;
const mostCandidates = 1000;

/** A run of words that the hypothesis and the reference share. */
interface Block {
  /** Where it starts in the hypothesis. */
  readonly start: number;
  /** Where it starts in the reference. */
  readonly target: number;
  readonly length: number;
}

/** A block with the place that it is moved to. */
interface Shift {
  readonly start: number;
  readonly length: number;
  /** The position that the reference's rules give, before the block is taken out. */
  readonly position: number;
  /** By how much the edit distance falls. */
  readonly gain: number;
}

/**
 * Edits that turn a hypothesis into a reference when moving a run of words is one edit: shifts that
 * help most first, as long as one helps, then the edit distance. This is tercom's greedy search, not
 * the true minimum.
 *
 * @param hypothesis - a number for each word; equal words have equal numbers
 * @see Snover et al. 2006
 */
export function shiftedEdits(hypothesis: Int32Array, reference: Int32Array): number {
  if (reference.length === 0 || hypothesis.length === 0) {
    return Math.max(reference.length, hypothesis.length);
  }
  const distances = new BeamEditDistance(reference, hypothesis.length);
  let words = hypothesis;
  let distance = distances.setBase(words);
  const search = { candidates: 0 };
  for (let shifts = 0; ; shifts++) {
    const best = bestShift({ words, reference, distance, distances, search });
    // At the limit the reference drops even the best shift that it has found.
    if (best === undefined || best.gain <= 0 || search.candidates >= mostCandidates) {
      return shifts + distance;
    }
    words = shifted(words, best);
    distance = distances.setBase(words);
  }
}

interface Situation {
  readonly words: Int32Array;
  readonly reference: Int32Array;
  readonly distance: number;
  readonly distances: BeamEditDistance;
  /** How many shifts were tried, over all rounds. */
  readonly search: { candidates: number };
}

function bestShift(situation: Situation): Shift | undefined {
  const { words, reference, distance, distances, search } = situation;
  const alignment = distances.align(words);
  let best: Shift | undefined;
  for (const block of sharedBlocks(words, reference)) {
    if (!mayMove(block, alignment)) continue;
    for (const position of positionsFor(block, alignment)) {
      const { start, length } = block;
      const at = insertionPoint({ start, length, position }, words.length);
      const moved = shifted(words, { start, length, position });
      const gain = distance - distances.distance(moved, Math.min(start, at));
      search.candidates++;
      const shift = { start, length, position, gain };
      if (best === undefined || isBetter(shift, best)) best = shift;
    }
    if (search.candidates >= mostCandidates) break;
  }
  return best;
}

/** The runs of words that both have, short ones first, by where they start in the hypothesis. */
function* sharedBlocks(words: Int32Array, reference: Int32Array): Generator<Block> {
  for (let start = 0; start < words.length; start++) {
    const first = Math.max(0, start - furthestShift);
    const last = Math.min(reference.length - 1, start + furthestShift);
    for (let target = first; target <= last; target++) {
      const most = Math.min(longestBlock, words.length - start, reference.length - target);
      for (let n = 0; n < most && words[start + n] === reference[target + n]; n++) {
        yield { start, target, length: n + 1 };
      }
    }
  }
}

/** Whether both the block and the place it would go to are wrong, and it is not there already. */
function mayMove({ start, target, length }: Block, alignment: WordAlignment): boolean {
  const place = alignment.position[target]!;
  return (
    anyIn(alignment.isHypothesisWrong, start, length) &&
    anyIn(alignment.isReferenceWrong, target, length) &&
    !(start <= place && place < start + length)
  );
}

function anyIn(flags: Uint8Array, start: number, length: number): boolean {
  for (let i = start; i < start + length; i++) if (flags[i] === 1) return true;
  return false;
}

/** Before the word aligned with the block's target, and behind each word aligned with the block. */
function* positionsFor(
  { target, length }: Block,
  { position }: WordAlignment,
): Generator<number, void> {
  let previous = -1;
  for (let at = target - 1; at < target + length; at++) {
    const next = at < 0 ? 0 : position[at]! + 1;
    if (next !== previous) yield next;
    previous = next;
  }
}

type Move = Pick<Shift, "start" | "length" | "position">;

/** Where a block starts once it is moved; within itself, the position counts words behind it. */
function insertionPoint({ start, length, position }: Move, words: number): number {
  return position > start + length ? position - length : Math.min(position, words - length);
}

function shifted(words: Int32Array, move: Move): Int32Array {
  const { start, length } = move;
  const at = insertionPoint(move, words.length);
  const moved = words.slice();
  moved.copyWithin(start, start + length);
  moved.copyWithin(at + length, at, words.length - length);
  moved.set(words.subarray(start, start + length), at);
  return moved;
}

/** By gain, then the longer block, then the earlier block, then the earlier position. */
function isBetter(a: Shift, b: Shift): boolean {
  const difference =
    a.gain - b.gain || a.length - b.length || b.start - a.start || b.position - a.position;
  return difference > 0;
}
