import { z } from "zod";
import { ConfigError } from "../../errors.ts";
import { chooseLadder, type LadderDesign } from "../../scaling/design.ts";
import { type PlannedRun, planTarget } from "../../scaling/ladder.ts";
import { leastDrift } from "../../scaling/tables/spread.ts";
import { defineCommand } from "../command.ts";
import { ladderFlags, targetDepthFlag, withLadder } from "../ladder-flags.ts";
import { formatCount, formatDuration, formatFlops } from "../number-format.ts";
import { textTable } from "../text-table.ts";

const { depths: _, seeds: __, ...flags } = ladderFlags;

const schema = z.strictObject({
  ...flags,
  targetDepth: targetDepthFlag.optional(),
  targetCompute: z
    .number()
    .positive()
    .optional()
    .describe("training compute of the target in FLOP"),
  budgetShare: z
    .number()
    .gt(0)
    .lt(1)
    .default(0.02)
    .describe("of the target's compute, for the ladder"),
  mostDepth: z.int().min(4).max(24).default(14).describe("largest dial setting of a rung"),
  irreducible: z.number().min(0).default(1.3).describe("loss that is supposed to remain"),
  exponent: z.number().lt(0).default(-0.082).describe("supposed of the rest of the loss"),
  lossAtTarget: z.number().positive().default(2.8).describe("supposed"),
  noise: z.number().positive().default(0.004).describe("supposed of ln loss over seeds"),
  flopsPerSecond: z.number().positive().optional().describe("of the machine, for hours"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken scaling plan`: the ladder whose forecast is best for its compute. */
export const command = defineCommand({
  schema,
  positionals: ["dataset"],
  details:
    "Chooses sizes and seeds by how much variance of the forecast each run takes off per FLOP, and prints\nthe flags for `foretoken scaling ladder`. What the loss is supposed to do decides little; see the curve.",
  run(flags, context) {
    return withLadder(context, { ...flags, depths: [1], seeds: [1] }, async ({ choices }) => {
      const options = Array.from({ length: flags.mostDepth }, (_, i) => {
        const run = planTarget(choices, i + 1);
        return { depth: i + 1, flops: run.flops, run };
      });
      const targetFlops = targetOf(flags, (depth) => planTarget(choices, depth));
      const budget = flags.budgetShare * targetFlops;
      const law = supposedLaw(flags, targetFlops);
      const design = chooseLadder(
        options,
        { targetFlops, budget },
        { law, drift: leastDrift, noise: flags.noise },
      );
      const rungs = design.rungs.map(({ depth, flops, seeds }) => {
        const { settings } = options[depth - 1]!.run;
        const { steps, batchSize, seqLen, learningRate } = settings;
        return { depth, flops, seeds, steps, tokens: steps * batchSize * seqLen, learningRate };
      });
      context.stdout.write(planText(rungs, design, { ...flags, targetFlops }));
      return {
        json: {
          targetFlops,
          budget,
          rungs,
          flops: design.flops,
          deviation: design.deviation,
          path: design.path,
        },
      };
    });
  },
});

function targetOf(
  { targetDepth, targetCompute }: Flags,
  plan: (depth: number) => PlannedRun,
): number {
  if ((targetDepth === undefined) === (targetCompute === undefined)) {
    throw new ConfigError("scaling plan: give either --target-depth or --target-compute");
  }
  return targetCompute ?? plan(targetDepth!).flops;
}

function supposedLaw({ irreducible, exponent, lossAtTarget }: Flags, targetFlops: number) {
  if (lossAtTarget <= irreducible) {
    throw new ConfigError("--loss-at-target: expected a loss above --irreducible");
  }
  return { a: (lossAtTarget - irreducible) / targetFlops ** exponent, b: exponent, c: irreducible };
}

function planText(
  rungs: readonly {
    readonly depth: number;
    readonly flops: number;
    readonly seeds: number;
    readonly steps: number;
    readonly tokens: number;
    readonly learningRate: number;
  }[],
  { flops, deviation, path }: LadderDesign,
  { targetFlops, flopsPerSecond }: { targetFlops: number; flopsPerSecond?: number | undefined },
): string {
  const right = "right" as const;
  const table = textTable(
    [
      { title: "depth", align: right },
      { title: "FLOP", align: right },
      { title: "seeds", align: right },
      { title: "tokens", align: right },
      { title: "steps", align: right },
      { title: "learning rate", align: right },
    ],
    rungs.map((rung) => [
      `${rung.depth}`,
      formatFlops(rung.flops),
      `${rung.seeds}`,
      formatCount(rung.tokens),
      `${rung.steps}`,
      rung.learningRate.toPrecision(3),
    ]),
  );
  const time =
    flopsPerSecond === undefined
      ? ""
      : `, ${formatDuration(flops / flopsPerSecond)} on this machine`;
  const extrapolation = targetFlops / rungs.at(-1)!.flops;
  const curve = [0.25, 0.5, 1]
    .map((share) => path[Math.round(share * (path.length - 1))]!)
    .map((one) => `${formatFlops(one.flops)}: ${(100 * one.deviation).toFixed(2)} %`);
  return [
    table,
    `${formatFlops(flops)} FLOP, ${((100 * flops) / targetFlops).toFixed(2)} % of the target's ${formatFlops(targetFlops)}${time}; the target is ${extrapolation.toPrecision(3)} times the largest rung\n`,
    `expected: the forecast's standard deviation ${(100 * deviation).toFixed(2)} % of the loss (by compute spent ${curve.join(", ")})\n`,
    `--depths ${rungs.map(({ depth }) => depth).join(",")} --seeds ${rungs.map(({ seeds }) => seeds).join(",")}\n`,
  ].join("");
}
