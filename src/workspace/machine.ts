import { arch, cpus, platform, release, totalmem } from "node:os";

/** The machine a run was made on, as far as it explains speed and results. */
export interface Machine {
  /** The processor's model, such as `AMD EPYC 7763`. */
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  /** Operating system, its release and the processor architecture: `linux 6.1.0 x64`. */
  readonly platform: string;
  /** Node's version without the `v`. */
  readonly node: string;
}

/** Describes this machine. */
export function describeMachine(): Machine {
  const processors = cpus();
  return {
    cpu: processors[0]?.model.trim() ?? "unknown",
    cores: processors.length,
    memoryBytes: totalmem(),
    platform: `${platform()} ${release()} ${arch()}`,
    node: process.versions.node,
  };
}
