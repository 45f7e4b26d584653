import { z } from "zod";
import { bootstrapForm } from "../../scaling/bootstrap-form.ts";
import { fitLossLaw } from "../../scaling/fit.ts";
import { diagnoseFit, type FitDiagnostics } from "../../scaling/fit-diagnostics.ts";
import { type Deviation, type FormFit, fitForm } from "../../scaling/fit-form.ts";
import type { LawForm } from "../../scaling/laws/law-form.ts";
import { ladderPoints } from "../../scaling/ledger/sealing.ts";
import { type RefusalReason, ScalingRefusal } from "../../scaling/refusal.ts";
import { candidateLaws } from "../../scaling/tables/candidate-law.ts";
import { defineCommand } from "../command.ts";
import type { Context } from "../context.ts";
import { ladderFlags, withLadder } from "../ladder-flags.ts";
import { ladderTable } from "../ladder-progress.ts";
import { ladderRows } from "../ladder-rows.ts";
import { lawNames, lawRows, readRunTable, runTableFlags, whichRuns } from "../run-table-flags.ts";
import { textTable } from "../text-table.ts";

const schema = z.strictObject({
  ...ladderFlags,
  dataset: ladderFlags.dataset.optional(),
  ...runTableFlags,
  law: z
    .enum(["auto", ...lawNames])
    .default("auto")
    .describe("with --data: additive where there are --n or --d, else power, if left out"),
  objective: z
    .enum(["huber", "least-squares", "least-absolute", "least-squares-of-losses"])
    .default("huber")
    .describe("with --data: of the differences of log losses, or of losses"),
  delta: z.number().positive().default(1e-3).describe("where huber turns from square to absolute"),
  starts: z.int().min(1).default(100).describe("searches of the fit"),
  level: z.number().gt(0).lt(1).default(0.9).describe("of the intervals"),
  draws: z.int().min(1).default(200).describe("refits to rows drawn with replacement"),
});

type Flags = Readonly<z.output<typeof schema>>;

/** `foretoken scaling fit`: the loss law of a ladder, or of a table of anybody's runs. */
export const command = defineCommand({
  schema,
  positionals: ["dataset"],
  details:
    "Of a table of runs: --data runs.csv --n params --d tokens --loss final_loss. Its intervals come from\nrows drawn with replacement: they say nothing of what the law itself gets wrong.",
  async run(flags, context) {
    const { dataset, ...rest } = flags;
    if (whichRuns("scaling fit", flags) === "table") return fitTable(flags, context);
    return withLadder(context, { ...rest, dataset: dataset! }, async ({ workspace, choices }) => {
      const rows = await ladderRows(workspace, choices);
      const fit = fitLossLaw(ladderPoints(rows));
      const { a, b, c } = fit.law;
      context.stdout.write(ladderTable(rows));
      context.stdout.write(
        `L(C) = a C^b + c: a ${a.toPrecision(4)}, b ${b.toFixed(4)}, c ${c.toFixed(4)}\n`,
      );
      return { json: { fit, runs: rows } };
    });
  },
});

function chosenForm({ law, n, d }: Flags): LawForm {
  const name = law === "auto" ? ((n ?? d) ? "additive" : "power") : law;
  return candidateLaws.find(({ form }) => form.name === name)!.form;
}

async function fitTable(flags: Flags, context: Context) {
  const { objective, delta, starts, draws, level, seed } = flags;
  const form = chosenForm(flags);
  const rows = lawRows(await readRunTable(flags, context), form);
  if (rows.length <= form.parameters.length) {
    throw new ScalingRefusal(
      "too-few-levels",
      `Law ${form.name}: expected more than ${form.parameters.length} runs for its ${form.parameters.length} parameters, got ${rows.length}. Add runs, or loosen --filter.`,
    );
  }
  const deviation: Deviation =
    objective === "huber" ? { kind: objective, delta } : { kind: objective };
  const fit = fitForm(form, rows, { deviation, starts });
  const intervals = bootstrapForm(form, rows, fit, { deviation, draws, level, seed });
  const names = form.parameters;
  context.stdout.write(
    textTable(
      [
        { title: form.name },
        ...["value", `${100 * level} % low`, "high"].map((title) => ({
          title,
          align: "right" as const,
        })),
      ],
      names.map((name) => {
        const { low, high } = intervals[name]!;
        return [name, ...[fit.parameters[name]!, low, high].map((value) => value.toPrecision(5))];
      }),
    ),
  );
  const { tried, reachedBest } = fit.starts;
  context.stdout.write(
    `${rows.length} runs, objective ${fit.objective.toPrecision(6)}, reached by ${reachedBest} of ${tried} searches\n`,
  );
  const found = diagnoseFit(form, rows, fit, { deviation, level });
  const refusal = doubtOf(form, fit, found);
  if (refusal !== undefined) context.stderr.write(`${refusal.message}\n`);
  const json = {
    ...{ law: form.name, objective, rows: rows.length, params: fit.parameters },
    ...{ objectiveValue: fit.objective, intervals },
    diagnostics: {
      ...{ starts: fit.starts, gradientNorm: fit.gradientNorm, draws },
      ...{ condition: found.condition, irreducible: found.irreducible },
      ...(objective === "huber" && { delta }),
    },
    ...(refusal !== undefined && { refusal }),
  };
  return { json, ...(refusal !== undefined && { exitCode: 3 as const }) };
}

/** Why the parameters must not be taken for what they say. */
function doubtOf(form: LawForm, { parameters }: FormFit, { irreducible }: FitDiagnostics) {
  if (irreducible === undefined || irreducible.isIdentified) return undefined;
  const { high, level } = irreducible;
  return {
    reason: "unidentifiable-irreducible" satisfies RefusalReason,
    message: `Law ${form.name}: the irreducible loss cannot be told from these runs: E ${parameters["E"]!.toPrecision(4)}, ${100 * level} % 0 to ${high.toPrecision(4)}. Add larger runs, or take a law without one, --law power-to-zero.`,
  };
}
