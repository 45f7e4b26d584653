import { ShapeError } from "../errors.ts";
import { add } from "./elementwise.ts";
import { dequantise, quantisedParts } from "./quantised.ts";
import { apply, constant, describe, expectRank, type OpRule, type Tensor } from "./tensor.ts";

type NoAttributes = Record<string, never>;

/**
 * Checks that a tensor can index.
 *
 * @throws {ShapeError} naming the op
 */
export function expectIds(op: string, ids: Tensor): void {
  if (ids.dtype !== "int32" && ids.dtype !== "int64") {
    throw new ShapeError(`${op}: expected int32 or int64 indices, got ${describe(ids)}`);
  }
}

const gatherRule: OpRule<NoAttributes> = {
  name: "gather",
  infer: ([table, ids]) => {
    if (table!.shape.length !== 3) expectRank("gather", table!, 2);
    expectRank("gather", ids!, 1);
    expectIds("gather", ids!);
    return [{ dtype: table!.dtype, shape: [ids!.shape[0]!, ...table!.shape.slice(1)] }];
  },
  emit: (emitter, inputs) => [emitter.node("Gather", inputs, { axis: 0 })],
  grad: ({ inputs }, [dOut]) => [scatterAdd(inputs[1]!, dOut!, inputs[0]!.shape[0]!), undefined],
};

// ScatterElements and not ScatterND, which loses updates on repeated indices when threaded
// (microsoft/onnxruntime issues 18048, 23396).
const scatterAddRule: OpRule<NoAttributes> = {
  name: "scatterAdd",
  infer: ([onto, ids, rows]) => {
    expectRank("scatterAdd", onto!, 2);
    expectRank("scatterAdd", ids!, 1);
    expectRank("scatterAdd", rows!, 2);
    expectIds("scatterAdd", ids!);
    if (ids!.shape[0] !== rows!.shape[0] || onto!.shape[1] !== rows!.shape[1]) {
      throw new ShapeError(
        `scatterAdd: expected [table rows, n], indices [m] and rows [m, n], got ${describe(onto!)}, ${describe(ids!)}, ${describe(rows!)}`,
      );
    }
    return [{ dtype: onto!.dtype, shape: onto!.shape }];
  },
  emit: (emitter, [onto, ids, rows], { inputs }) => {
    const shape = inputs[2]!.shape;
    const columns = emitter.node("Unsqueeze", [ids!, emitter.constant("int64", [1], [1])]);
    const spread = emitter.node("Expand", [columns, emitter.constant("int64", shape, [2])]);
    return [emitter.node("ScatterElements", [onto!, spread, rows!], { axis: 0, reduction: "add" })];
  },
  grad: ({ inputs }, [dOut]) => [dOut, undefined, gather(dOut!, inputs[1]!)],
  accumulate: ({ inputs: [onto, ids, rows], attributes }, sum) =>
    onto!.node.rule.name === "constant"
      ? apply(scatterAddRule, [sum, ids!, rows!], attributes)
      : add(sum, apply(scatterAddRule, [onto!, ids!, rows!], attributes)),
};

const pickRule: OpRule<NoAttributes> = {
  name: "pick",
  infer: ([x, ids]) => {
    expectRank("pick", x!, 2);
    expectRank("pick", ids!, 1);
    expectIds("pick", ids!);
    if (x!.shape[0] !== ids!.shape[0]) {
      throw new ShapeError(
        `pick: expected x [rows, n] and one index for each row, got ${describe(x!)} and ${describe(ids!)}`,
      );
    }
    return [{ dtype: x!.dtype, shape: [x!.shape[0]!] }];
  },
  emit: (emitter, [x, ids]) => {
    const axis = emitter.constant("int64", [1], [1]);
    const columns = emitter.node("Unsqueeze", [ids!, axis]);
    return [
      emitter.node("Squeeze", [emitter.node("GatherElements", [x!, columns], { axis: 1 }), axis]),
    ];
  },
  grad: ({ inputs: [x, ids] }, [dOut]) => [place(ids!, dOut!, x!.shape[1]!), undefined],
};

const placeRule: OpRule<{ columns: number }> = {
  name: "place",
  infer: ([ids, values], { columns }) => {
    expectRank("place", ids!, 1);
    expectIds("place", ids!);
    if (values!.shape.length !== 1 || values!.shape[0] !== ids!.shape[0]) {
      throw new ShapeError(
        `place: expected one value for each index, got ${describe(ids!)} and ${describe(values!)}`,
      );
    }
    return [{ dtype: values!.dtype, shape: [ids!.shape[0]!, columns] }];
  },
  emit: (emitter, [ids, values], { inputs, attributes: { columns } }) => {
    const rows = inputs[0]!.shape[0]!;
    const axis = emitter.constant("int64", [1], [1]);
    const zeros = emitter.node("Expand", [
      emitter.constant(inputs[1]!.dtype, [0], [1, 1]),
      emitter.constant("int64", [rows, columns], [2]),
    ]);
    const updates = [
      emitter.node("Unsqueeze", [ids!, axis]),
      emitter.node("Unsqueeze", [values!, axis]),
    ];
    return [emitter.node("ScatterElements", [zeros, ...updates], { axis: 1 })];
  },
  grad: ({ inputs: [ids] }, [dOut]) => [undefined, pick(dOut!, ids!)],
};

/** Rules of the family that reads and writes by index. */
export const indexing = {
  gather: gatherRule,
  scatterAdd: scatterAddRule,
  pick: pickRule,
  place: placeRule,
} as const;

/**
 * Rows of a table: an embedding.
 *
 * @param table - [rows, n], or without a gradient [rows, m, n]; of what `dequantise` gives, only the rows are dequantised
 * @param ids - [m], int32 or int64
 * @returns the table's rows in the order of the ids
 */
export function gather(table: Tensor, ids: Tensor): Tensor {
  const parts = quantisedParts(table);
  if (parts !== undefined) {
    const [blocks, scales, offsets] = parts.inputs.map((part) => gather(part, ids));
    return dequantise({ blocks: blocks!, scales: scales!, offsets }, parts.bits);
  }
  return apply(indexing.gather, [table, ids], {});
}

/**
 * A table of zeros to which rows were added at their indices, repeated indices included: the
 * gradient of `gather`.
 *
 * @param ids - [m]
 * @param rows - [m, n]
 * @returns [tableRows, n]
 */
export function scatterAdd(ids: Tensor, rows: Tensor, tableRows: number): Tensor {
  const columns = rows.shape[1] ?? 0;
  const zeros = constant(new Float32Array(tableRows * columns), [tableRows, columns], rows.dtype);
  return apply(indexing.scatterAdd, [zeros, ids, rows], {});
}

/**
 * One element of each row.
 *
 * @param x - [rows, n]
 * @param ids - [rows], the column to take
 * @returns [rows]
 */
export function pick(x: Tensor, ids: Tensor): Tensor {
  return apply(indexing.pick, [x, ids], {});
}

/**
 * Zeros with one value placed in each row: the gradient of `pick`.
 *
 * @param ids - [rows], the column
 * @param values - [rows]
 * @returns [rows, columns]
 */
export function place(ids: Tensor, values: Tensor, columns: number): Tensor {
  return apply(indexing.place, [ids, values], { columns });
}
