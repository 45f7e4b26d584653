import { allocateArray, type DType, dtypes, type TypedArray } from "../dtype.ts";
import { ProtobufWriter } from "../onnx/protobuf.ts";
import type { DeviceName } from "../session.ts";
import { addressOf, type OrtApi, type Pointer, receive } from "./api.ts";
import type { BufferContext } from "./buffer.ts";
import { devices } from "./devices.ts";
import type { Environment } from "./environment.ts";
import { createSessionNow } from "./load.ts";
import { hostStorage, type Storage, tensorOver } from "./storage.ts";

/** Where a runtime's tensors live. */
export interface DeviceMemory {
  readonly context: BufferContext;
  /** Zeroed memory. */
  allocate(sizeBytes: number): Storage;
  /** Frees what is shared by all allocations, once the last of them is freed. */
  release(): void;
}

/**
 * Memory of a device; opening it starts the device, so that a missing one fails here.
 *
 * @throws {RuntimeError} with ONNX Runtime's message when the device does not start
 */
export function openDeviceMemory(environment: Environment, device: DeviceName): DeviceMemory {
  const { memory } = devices[device];
  if (memory !== "Cpu") return new RemoteMemory(environment, device);
  if (device !== "cpu") new Copier(environment, device).release();
  return hostMemory(environment.api, devices[device].hasOffsets);
}

/** Memory information (an OrtMemoryInfo) of the first device of a kind, its default memory. */
function memoryInfo(api: OrtApi, name: string): Pointer {
  return receive((out) => api.call.createMemoryInfo(name, 0, 0, 0, out));
}

function hostMemory(api: OrtApi, hasOffsets: boolean): DeviceMemory {
  const info = memoryInfo(api, "Cpu");
  const unreachable = (): never => {
    throw new Error("host tensors are read and written through their arrays");
  };
  return {
    context: { api, hasOffsets, copy: unreachable, hostTensor: unreachable },
    allocate: (sizeBytes) => hostStorage(info, sizeBytes),
    release: () => {}, // the information is a few bytes that values still on the way may need
  };
}

/** Memory on an accelerator, filled and read through graphs of one `Identity` node. */
class RemoteMemory implements DeviceMemory {
  readonly context: BufferContext;
  readonly #api: OrtApi;
  readonly #copier: Copier;
  readonly #host: Pointer;
  readonly #device: Pointer;
  readonly #allocator: Pointer;
  #allocations = 0;
  #isReleased = false;

  constructor(environment: Environment, device: DeviceName) {
    const { api } = environment;
    this.#api = api;
    this.#copier = new Copier(environment, device);
    this.#host = memoryInfo(api, "Cpu");
    this.#device = memoryInfo(api, devices[device].memory);
    const session = this.#copier.session("uint8");
    this.#allocator = receive((out) => api.call.createAllocator(session, this.#device, out));
    this.context = {
      api,
      hasOffsets: devices[device].hasOffsets,
      copy: (dtype, from, to) => this.#copier.copy(dtype, from, to),
      hostTensor: (values, part) => this.#hostTensor(values, part),
    };
  }

  allocate(sizeBytes: number): Storage {
    const address = receive((out) =>
      this.#api.call.allocatorAlloc(this.#allocator, Math.max(sizeBytes, 1), out),
    );
    this.#allocations += 1;
    const storage: Storage = {
      memoryInfo: this.#device,
      address,
      sizeBytes,
      host: undefined,
      free: () => {
        this.#api.call.allocatorFree(this.#allocator, address);
        this.#allocations -= 1;
        this.#releaseWhenFree();
      },
    };
    this.#fillWithZeros(storage);
    return storage;
  }

  release(): void {
    this.#isReleased = true;
    this.#releaseWhenFree();
  }

  #fillWithZeros(storage: Storage): void {
    const part = { dtype: "uint8", shape: [storage.sizeBytes], elementOffset: 0 } as const;
    const from = this.#hostTensor(allocateArray("uint8", storage.sizeBytes), part);
    const to = tensorOver(this.#api, storage, part);
    try {
      this.#copier.copy("uint8", from, to);
    } finally {
      this.#api.release.value(from);
      this.#api.release.value(to);
    }
  }

  #hostTensor(values: TypedArray, part: { dtype: DType; shape: readonly number[] }): Pointer {
    const storage = {
      memoryInfo: this.#host,
      address: addressOf(values),
      sizeBytes: values.byteLength,
      host: undefined,
      free: () => {},
    };
    return tensorOver(this.#api, storage, { ...part, elementOffset: 0 });
  }

  #releaseWhenFree(): void {
    if (!this.#isReleased || this.#allocations > 0) return;
    this.#api.release.allocator(this.#allocator);
    this.#copier.release();
    this.#api.release.memoryInfo(this.#device);
    this.#api.release.memoryInfo(this.#host);
  }
}

/**
 * Copies between host and device. Binding moves what a graph of one `Identity` node reads and
 * writes across; unlike `CopyTensors` it works for every provider and from version 1.20 on.
 */
class Copier {
  readonly #environment: Environment;
  readonly #device: DeviceName;
  readonly #sessions = new Map<DType, Pointer>();

  constructor(environment: Environment, device: DeviceName) {
    this.#environment = environment;
    this.#device = device;
    this.session("uint8");
  }

  session(dtype: DType): Pointer {
    const known = this.#sessions.get(dtype);
    if (known !== undefined) return known;
    const session = createSessionNow(this.#environment, identityModel(dtype), {
      device: this.#device,
    });
    this.#sessions.set(dtype, session);
    return session;
  }

  copy(dtype: DType, from: Pointer, to: Pointer): void {
    const { api } = this.#environment;
    const session = this.session(dtype);
    const binding = receive((out) => api.call.createIoBinding(session, out));
    try {
      api.call.bindInput(binding, "from", from);
      api.call.bindOutput(binding, "to", to);
      api.call.runWithBinding(session, null, binding);
    } finally {
      api.release.ioBinding(binding);
    }
  }

  release(): void {
    for (const session of this.#sessions.values()) this.#environment.api.release.session(session);
    this.#sessions.clear();
  }
}

/** An ONNX model whose output `to` is its input `from`, of any shape. */
function identityModel(dtype: DType): Uint8Array {
  const node = new ProtobufWriter();
  node.bytes(1, "from");
  node.bytes(2, "to");
  node.bytes(4, "Identity");
  const graph = new ProtobufWriter();
  graph.bytes(1, node);
  graph.bytes(2, "copy");
  graph.bytes(11, valueOfAnyShape("from", dtype));
  graph.bytes(12, valueOfAnyShape("to", dtype));
  const operatorSet = new ProtobufWriter();
  operatorSet.integer(2, 13);
  const model = new ProtobufWriter();
  model.integer(1, 8);
  model.bytes(7, graph);
  model.bytes(8, operatorSet);
  return model.finish();
}

function valueOfAnyShape(name: string, dtype: DType): ProtobufWriter {
  const tensor = new ProtobufWriter();
  tensor.integer(1, dtypes[dtype].onnx);
  const type = new ProtobufWriter();
  type.bytes(1, tensor);
  const value = new ProtobufWriter();
  value.bytes(1, name);
  value.bytes(2, type);
  return value;
}
