/**
 * Rows of a batch in the order of the step's graph: part by part, each time-major.
 *
 * @param rows - [batchSize, seqLen]
 */
export function timeMajorParts(
  rows: Int32Array,
  shape: { readonly batchSize: number; readonly seqLen: number; readonly parts: number },
): Int32Array {
  const { batchSize, seqLen, parts } = shape;
  const size = batchSize / parts;
  const result = new Int32Array(rows.length);
  for (let sequence = 0; sequence < batchSize; sequence++) {
    const start = Math.floor(sequence / size) * size * seqLen + (sequence % size);
    for (let time = 0; time < seqLen; time++) {
      result[start + time * size] = rows[sequence * seqLen + time]!;
    }
  }
  return result;
}
