import { elementCount } from "../tensor/dtype.ts";
import type { Buffer, Runtime } from "../tensor/session.ts";
import type { Optimizer } from "./optimizer.ts";
import type { ParameterGroup } from "./parameter-groups.ts";
import { stateNames } from "./step-graph.ts";

const alignment = 16; // float32 elements of a 64-byte cache line

/** What a run carries from step to step: parameters and optimizer state, on the device. */
export class TrainState {
  readonly groups: readonly ParameterGroup[];
  /** Parameters by Hugging Face name. */
  readonly parameters: ReadonlyMap<string, Buffer>;
  /** Optimizer state by slot and Hugging Face name: `slot0.lm_head.weight`. */
  readonly slots: ReadonlyMap<string, Buffer>;
  /** All state by the names of the step's graph. */
  readonly bindings: Readonly<Record<string, Buffer>>;
  readonly #memory: Buffer[] = [];

  /** Zeroed state for a model's tensors, as `parameterGroups` has them, and an optimizer. */
  constructor(runtime: Runtime, groups: readonly ParameterGroup[], optimizer: Optimizer) {
    this.groups = groups;
    const bindings: Record<string, Buffer> = {};
    this.parameters = this.#place(runtime, this.groups, {
      bindings,
      graphName: stateNames.parameter,
      prefix: "",
    });
    const slots = new Map<string, Buffer>();
    const slotCount = Math.max(...this.groups.map((group) => optimizer.init(group)));
    for (let slot = 0; slot < slotCount; slot++) {
      const groups = this.groups.filter((group) => optimizer.init(group) > slot);
      const graphName = (group: ParameterGroup) => stateNames.slot(group, slot);
      const placed = this.#place(runtime, groups, { bindings, graphName, prefix: `slot${slot}.` });
      for (const [name, buffer] of placed) slots.set(name, buffer);
    }
    this.slots = slots;
    this.bindings = bindings;
  }

  /** Lays groups end to end in one allocation, as views by group and by tensor. */
  #place(
    runtime: Runtime,
    groups: readonly ParameterGroup[],
    names: {
      readonly bindings: Record<string, Buffer>;
      readonly graphName: (group: ParameterGroup) => string;
      readonly prefix: string;
    },
  ): Map<string, Buffer> {
    const padded = (group: ParameterGroup) =>
      Math.ceil(elementCount(group.shape) / alignment) * alignment;
    const total = groups.reduce((sum, group) => sum + padded(group), 0);
    const memory = runtime.allocate("float32", [total]);
    this.#memory.push(memory);
    const views = new Map<string, Buffer>();
    let offset = 0;
    for (const group of groups) {
      names.bindings[names.graphName(group)] = memory.view(group.shape, offset);
      for (const member of group.members) {
        views.set(names.prefix + member.name, memory.view(member.shape, offset + member.offset));
      }
      offset += padded(group);
    }
    return views;
  }

  /** Frees the memory. */
  release(): void {
    for (const memory of this.#memory) memory.release();
  }
}
