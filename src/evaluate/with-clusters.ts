import { ConfigError } from "../errors.ts";
import type { EvalTask } from "./eval-task.ts";
import { valueText } from "./table/value-text.ts";

/**
 * A task whose samples come in clusters: those that have the same value in a field of their data.
 *
 * @throws {ConfigError} from `samples`, when one of them lacks the field
 */
export function withClusters(task: EvalTask, field: string): EvalTask {
  return {
    ...task,
    cluster: field,
    async samples() {
      const samples = await task.samples();
      return samples.map((sample) => {
        const value = sample.data[field] ?? undefined;
        if (value !== undefined) return { ...sample, cluster: valueText(value) };
        const known = Object.keys(sample.data).join(", ");
        throw new ConfigError(
          `--cluster ${field}: ${sample.id} has no such field; it has ${known || "none"}`,
        );
      });
    },
  };
}
