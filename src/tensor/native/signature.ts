import type { TensorInfo } from "../binding-check.ts";
import { type DType, dtypes } from "../dtype.ts";
import { type OrtApi, type Pointer, receive, stringAt } from "./api.ts";

/** Names, types and shapes of a session's inputs and outputs. */
export function readSignature(
  api: OrtApi,
  session: Pointer,
): { inputs: readonly TensorInfo[]; outputs: readonly TensorInfo[] } {
  const { call } = api;
  return {
    inputs: list(api, session, {
      count: call.sessionGetInputCount,
      name: call.sessionGetInputName,
      type: call.sessionGetInputTypeInfo,
    }),
    outputs: list(api, session, {
      count: call.sessionGetOutputCount,
      name: call.sessionGetOutputName,
      type: call.sessionGetOutputTypeInfo,
    }),
  };
}

interface Getters {
  readonly count: OrtApi["call"]["sessionGetInputCount"];
  readonly name: OrtApi["call"]["sessionGetInputName"];
  readonly type: OrtApi["call"]["sessionGetInputTypeInfo"];
}

function list(api: OrtApi, session: Pointer, get: Getters): readonly TensorInfo[] {
  const allocator = receive((out) => api.call.getAllocatorWithDefaultOptions(out));
  const count = Number(receive((out) => get.count(session, out)));
  return Array.from({ length: count }, (_, index) => {
    const text = receive((out) => get.name(session, index, allocator, out));
    const name = stringAt(text);
    api.call.allocatorFree(allocator, text);
    const type = receive((out) => get.type(session, index, out));
    const info = { name, ...tensorType(api, type) };
    api.release.typeInfo(type);
    return info;
  });
}

const dtypeOf = new Map(Object.entries(dtypes).map(([name, { onnx }]) => [onnx, name as DType]));

function tensorType(api: OrtApi, type: Pointer): Omit<TensorInfo, "name"> {
  // Null for sequences and maps, which have neither an element type nor a shape.
  const tensor = receive((out) => api.call.castTypeInfoToTensorInfo(type, out));
  if (tensor === 0n) return { dtype: undefined, shape: undefined };
  const element = new Int32Array(1);
  api.call.getTensorElementType(tensor, element);
  const rank = Number(receive((out) => api.call.getDimensionsCount(tensor, out)));
  // The C API says 0 for a scalar and for an open rank alike; a wrong scalar then fails at the run.
  if (rank === 0) return { dtype: dtypeOf.get(element[0]!), shape: undefined };
  const sizes = new BigInt64Array(rank);
  api.call.getDimensions(tensor, sizes, rank);
  return {
    dtype: dtypeOf.get(element[0]!),
    shape: Array.from(sizes, (size) => (size < 0n ? undefined : Number(size))),
  };
}
