import type { ModelConfig } from "../model/config.ts";
import { type ParameterSpec, parameterSpecs } from "../model/parameters.ts";
import {
  type TensorRule,
  type TransferSettings,
  transferDefaults,
  transferRule,
} from "../model/transfer.ts";
import { elementCount } from "../tensor/dtype.ts";
import { reshape, sliceAxis } from "../tensor/shapes.ts";
import type { Tensor } from "../tensor/tensor.ts";

/** A trained tensor with its place in its group. */
export interface GroupMember extends ParameterSpec {
  /** First element within the group. */
  readonly offset: number;
}

/**
 * Trained tensors that the optimizer updates as one: a matrix alone, or all vectors with the same
 * rule end to end.
 */
export interface ParameterGroup {
  readonly key: string;
  readonly shape: readonly number[];
  readonly rule: TensorRule;
  readonly members: readonly GroupMember[];
}

/** Groups of a model's trained tensors, vectors first, in a fixed order. */
export function parameterGroups(
  config: ModelConfig,
  settings: TransferSettings = transferDefaults,
): readonly ParameterGroup[] {
  const vectors = new Map<number, { rule: TensorRule; members: GroupMember[]; length: number }>();
  const matrices: ParameterGroup[] = [];
  for (const spec of parameterSpecs(config)) {
    const rule = transferRule(spec, config, settings);
    if (spec.shape.length > 1) {
      const members = [{ ...spec, offset: 0 }];
      matrices.push({ key: spec.name, shape: spec.shape, rule, members });
      continue;
    }
    const group = vectors.get(rule.learningRateScale) ?? { rule, members: [], length: 0 };
    vectors.set(rule.learningRateScale, group);
    group.members.push({ ...spec, offset: group.length });
    group.length += elementCount(spec.shape);
  }
  const joined = [...vectors.values()].map(({ rule, members, length }, index) => ({
    key: `vectors.${index}`,
    shape: [length],
    rule,
    members,
  }));
  return [...joined, ...matrices];
}

/**
 * The same tensors, each a group of its own: for devices that cannot bind a part of a buffer, as
 * WebGPU.
 */
export function separateGroups(groups: readonly ParameterGroup[]): readonly ParameterGroup[] {
  return groups.flatMap(({ rule, members }) =>
    members.map((member) => ({
      ...{ key: member.name, shape: member.shape, rule },
      members: [{ ...member, offset: 0 }],
    })),
  );
}

/** The members' tensors, cut out of their groups'. */
export function memberTensors(
  groups: readonly ParameterGroup[],
  tensors: readonly Tensor[],
): Record<string, Tensor> {
  const entries = groups.flatMap(({ members }, index) =>
    members.map((member) => {
      const group = tensors[index]!;
      if (members.length === 1) return [member.name, reshape(group, member.shape)] as const;
      const end = member.offset + elementCount(member.shape);
      return [member.name, sliceAxis(group, 0, member.offset, end)] as const;
    }),
  );
  return Object.fromEntries(entries);
}
