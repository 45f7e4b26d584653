import { RuntimeError } from "../../errors.ts";
import type { DeviceName } from "../session.ts";
import { type OrtApi, type Pointer, pointersAt, receive, stringAt } from "./api.ts";

/** How ONNX Runtime reaches one kind of device. */
export interface DeviceRule {
  /** Execution provider, as `GetAvailableProviders` names it. */
  readonly provider: string;
  /** Memory that tensors live in, as `CreateMemoryInfo` names it; `Cpu` is host memory. */
  readonly memory: string;
  /** Whether an address inside a device allocation can be bound; else views start at 0. */
  readonly hasOffsets: boolean;
  /** Whether sessions may work on several threads at once; else all of it stays on the main one. */
  readonly isThreadSafe: boolean;
  /** Adds the provider to session options. */
  append(api: OrtApi, options: Pointer): void;
  /** What a machine needs for it. */
  readonly needs: string;
}

function appendByName(name: string): DeviceRule["append"] {
  return (api, options) => api.call.appendProvider(options, name, [], [], 0);
}

function appendCuda(api: OrtApi, options: Pointer): void {
  const cuda = receive((out) => api.call.createCudaProviderOptions(out));
  try {
    api.call.appendCudaProvider(options, cuda);
  } finally {
    api.release.cudaProviderOptions(cuda);
  }
}

/**
 * One row per device. CoreML and DirectML tensors stay in host memory: CoreML has no allocator of
 * its own, and DirectML's is reached only through its own interface; ONNX Runtime copies at each run.
 */
export const devices: { readonly [name in DeviceName]: DeviceRule } = {
  cpu: {
    provider: "CPUExecutionProvider",
    memory: "Cpu",
    hasOffsets: true,
    isThreadSafe: true,
    append: () => {},
    needs: "nothing",
  },
  cuda: {
    provider: "CUDAExecutionProvider",
    memory: "Cuda",
    hasOffsets: true,
    isThreadSafe: true,
    append: appendCuda,
    needs:
      "an NVIDIA GPU with its driver, CUDA 12 or newer, cuDNN 9, and the libraries " +
      "libonnxruntime_providers_shared and libonnxruntime_providers_cuda beside ONNX Runtime's own " +
      "(`node node_modules/onnxruntime-node/script/install.js` fetches them on Linux x64, or set " +
      "FORETOKEN_ONNXRUNTIME to the library of a GPU build)",
  },
  webgpu: {
    provider: "WebGpuExecutionProvider",
    memory: "WebGPU_Buffer",
    hasOffsets: false,
    isThreadSafe: false, // sessions share one unguarded context: two runs at once end the process
    append: appendByName("WebGPU"),
    needs: "a GPU with a driver for Vulkan (Linux), Metal (macOS) or Direct3D 12 (Windows)",
  },
  coreml: {
    provider: "CoreMLExecutionProvider",
    memory: "Cpu",
    hasOffsets: true,
    isThreadSafe: true,
    append: appendByName("CoreML"),
    needs: "macOS",
  },
  dml: {
    provider: "DmlExecutionProvider",
    memory: "Cpu",
    hasOffsets: true,
    isThreadSafe: true,
    append: appendByName("DML"),
    needs: "Windows with a Direct3D 12 GPU",
  },
};

/** Devices that the loaded library was built for; the machine may still lack the device itself. */
export function devicesBuiltIn(api: OrtApi): readonly DeviceName[] {
  const count = new Int32Array(1);
  const list = receive((out) => api.call.getAvailableProviders(out, count));
  const providers = pointersAt(list, count[0]!).map(stringAt);
  api.call.releaseAvailableProviders(list, count[0]!);
  const names = Object.keys(devices) as DeviceName[];
  return names.filter((name) => providers.includes(devices[name].provider));
}

/**
 * The error for a device that cannot be used.
 *
 * @param cause - what failed when the device was tried; undefined when the library lacks it
 */
export function missingDevice(api: OrtApi, device: DeviceName, cause?: Error): RuntimeError {
  const reason =
    cause === undefined
      ? `ONNX Runtime ${api.version} (${api.libraryPath}) was built without it`
      : `it does not start here: ${cause.message}`;
  return new RuntimeError(
    `openRuntime: the device "${device}" cannot be used: ${reason}. It needs ${devices[device].needs}. ` +
      `This library was built for: ${devicesBuiltIn(api).join(", ")}; "cpu" works on every machine`,
    { cause },
  );
}
