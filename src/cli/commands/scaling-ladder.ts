import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { type CoordinateHealth, coordinateCheck } from "../../scaling/coordinate-check.ts";
import { defaultFitSettings, fitLevels } from "../../scaling/fit.ts";
import {
  type LadderChoices,
  type PlannedRun,
  planLadder,
  planRateCheck,
  type RateCheckRun,
  runPlanned,
} from "../../scaling/ladder.ts";
import { ladderPoints } from "../../scaling/ledger/sealing.ts";
import { computeLevels } from "../../scaling/levels.ts";
import { type RateTrial, type RecipeHealth, recipeHealth } from "../../scaling/recipe-health.ts";
import { seedNoise } from "../../scaling/seed-noise.ts";
import type { RunRow } from "../../workspace/run-row.ts";
import { defineCommand } from "../command.ts";
import { consume } from "../consume.ts";
import { ladderFlags, withLadder } from "../ladder-flags.ts";
import { ladderProgress, ladderTable } from "../ladder-progress.ts";
import { formatFlops } from "../number-format.ts";
import { withRuntime } from "../with-workspace.ts";

/** `foretoken scaling ladder`: the small runs that a forecast is made from. */
export const command = defineCommand({
  schema: z.strictObject({
    ...ladderFlags,
    checkRates: z
      .boolean()
      .default(false)
      .describe("run both ends at half and twice the learning rate too: does it scale?"),
    checkCoordinates: z
      .boolean()
      .default(false)
      .describe("first look whether activations are as large in wide models as in narrow ones"),
  }),
  positionals: ["dataset"],
  details: "Runs that are done are not run again; what was interrupted is resumed.",
  run(flags, context) {
    const { checkRates, checkCoordinates, ...ladder } = flags;
    return withLadder(context, ladder, async ({ workspace, choices }) => {
      const plan = planLadder(choices);
      const coordinates = checkCoordinates ? await coordinatesOf(plan, choices) : undefined;
      if (coordinates !== undefined) context.stdout.write(coordinatesText(coordinates));
      if (coordinates?.problem !== undefined) {
        return { json: { runs: [], coordinates }, exitCode: 1 as const };
      }
      const checks = checkRates ? planRateCheck(choices) : [];
      const progress = ladderProgress(context);
      const rows = await withRuntime(choices, (runtime) => {
        const training = { workspace, runtime, signal: context.signal };
        return consume(runPlanned(training, [...plan, ...checks], context.flags), progress.show);
      }).finally(progress.end);
      const rungs = rows.filter(({ kind }) => kind === "ladder");
      context.stdout.write(ladderTable(rungs));
      if (rows.length < plan.length + checks.length || !checkRates)
        return { json: { runs: rungs, coordinates } };
      const health = healthOf(checks, rungs, rows.slice(plan.length));
      context.stdout.write(healthText(health));
      return {
        json: { runs: rungs, health, coordinates },
        ...(health.problem !== undefined && { exitCode: 1 as const }),
      };
    });
  },
});

/** The coordinate check of a ladder's models, one of each width. */
function coordinatesOf(
  plan: readonly PlannedRun[],
  choices: LadderChoices,
): Promise<CoordinateHealth> {
  const byWidth = new Map(plan.map(({ settings }) => [settings.model.embedDim, settings]));
  const widths = [...byWidth.values()];
  if (widths.length < 2) {
    throw new ConfigError(
      "--check-coordinates: expected rungs of two widths or more; see --depths",
    );
  }
  return withRuntime(choices, (runtime) =>
    coordinateCheck(
      runtime,
      widths.map(({ model }) => model),
      choices,
    ),
  );
}

function coordinatesText({ widths, slopes, problem }: CoordinateHealth): string {
  const verdict =
    problem === undefined ? "they are as large in all" : `NOT HEALTHY: ${problem}; nothing is run`;
  return `activations of widths ${widths.join(", ")}: powers of the width ${slopes.residual.toFixed(2)} (residual stream), ${slopes.logits.toFixed(2)} (logits): ${verdict}\n`;
}

function healthOf(
  checks: readonly RateCheckRun[],
  rungs: readonly RunRow[],
  checked: readonly RunRow[],
): RecipeHealth {
  const levels = computeLevels(ladderPoints(rungs));
  const trials = checks.map(({ multiple }, i): RateTrial => {
    const { flops, lossNats } = checked[i]!;
    return { flops: rungOf(levels, flops).flops, multiple, loss: lossNats!, runs: 1 };
  });
  const own = [...new Set(trials.map(({ flops }) => flops))].map((flops) => {
    const { lossNats, points } = rungOf(levels, flops);
    return { flops, multiple: 1, loss: lossNats, runs: points.length };
  });
  const noise = seedNoise(levels, fitLevels(levels, defaultFitSettings));
  return recipeHealth([...own, ...trials], noise.standardDeviation);
}

type Levels = ReturnType<typeof computeLevels>;

function rungOf(levels: Levels, flops: number): Levels[number] {
  const distance = (level: Levels[number]) => Math.abs(Math.log(level.flops / flops));
  return levels.reduce((near, level) => (distance(level) < distance(near) ? level : near));
}

function healthText({ rates, problem }: RecipeHealth): string {
  const lines = rates.map(({ flops, octaves, standardError, excess }) => {
    const best = Number.isNaN(octaves)
      ? "no best learning rate within reach"
      : `best learning rate ${(2 ** octaves).toFixed(2)} times the recipe's (standard error ${standardError.toFixed(1)} octaves)`;
    return `${formatFlops(flops)} FLOP: ${best}, the recipe's costs ${(100 * excess).toFixed(2)} %\n`;
  });
  const verdict = problem === undefined ? "The learning rate scales." : `NOT HEALTHY: ${problem}`;
  return `${lines.join("")}${verdict}\n`;
}
