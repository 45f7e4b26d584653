import type { Buffer, Runtime } from "../tensor/session.ts";
import type { Optimizer } from "./optimizer.ts";
import type { ParameterGroup } from "./parameter-groups.ts";
import { stateNames } from "./step-graph.ts";

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

  /** Allocates groups, with views by tensor. */
  #place(
    runtime: Runtime,
    groups: readonly ParameterGroup[],
    names: {
      readonly bindings: Record<string, Buffer>;
      readonly graphName: (group: ParameterGroup) => string;
      readonly prefix: string;
    },
  ): Map<string, Buffer> {
    const views = new Map<string, Buffer>();
    for (const group of groups) {
      const memory = runtime.allocate("float32", group.shape);
      this.#memory.push(memory);
      names.bindings[names.graphName(group)] = memory;
      for (const { name, shape, offset } of group.members) {
        const isWhole = group.members.length === 1;
        views.set(names.prefix + name, isWhole ? memory : memory.view(shape, offset));
      }
    }
    return views;
  }

  /** Frees the memory. */
  release(): void {
    for (const memory of this.#memory) memory.release();
  }
}
