import { ScalingError } from "../errors.ts";
import { findPlanned, type LadderChoices, planLadder } from "../scaling/ladder.ts";
import type { RunRow } from "../workspace/run-row.ts";
import type { Workspace } from "../workspace/workspace.ts";

/**
 * The finished runs of a ladder.
 *
 * @throws {ScalingError} when some are not done; the message says how to run them
 */
export async function ladderRows(
  workspace: Workspace,
  choices: LadderChoices,
): Promise<readonly RunRow[]> {
  const rows: RunRow[] = [];
  const missing: string[] = [];
  for (const planned of planLadder(choices)) {
    const found = await findPlanned({ workspace }, planned);
    if (found?.row?.status === "done") rows.push(found.row);
    else missing.push(planned.name);
  }
  if (missing.length === 0) return rows;
  throw new ScalingError(
    `ladder ${choices.name}: expected finished runs, missing ${missing.join(", ")}; run \`foretoken scaling ladder\` with the same flags first`,
  );
}
