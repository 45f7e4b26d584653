import type { CommandEntry } from "./command.ts";

/** Every command, in the order of the help; each module is imported when it is called. */
export const registry: readonly CommandEntry[] = [
  {
    path: "quickstart",
    summary: "The whole way, from data to a scored forecast and a report",
    load: () => import("./commands/quickstart.ts"),
  },
  {
    path: "data build",
    summary: "Build a data set from a recipe",
    load: () => import("./commands/data-build.ts"),
  },
  {
    path: "data show",
    summary: "Show what a built data set consists of",
    load: () => import("./commands/data-show.ts"),
  },
  {
    path: "train",
    summary: "Train a model, or resume a run",
    load: () => import("./commands/train.ts"),
  },
  {
    path: "runs",
    summary: "List the training runs of the workspace",
    load: () => import("./commands/runs.ts"),
  },
  {
    path: "generate",
    summary: "Let a model go on from a prompt",
    load: () => import("./commands/generate.ts"),
  },
  {
    path: "chat",
    summary: "Talk to a model",
    load: () => import("./commands/chat.ts"),
  },
  {
    path: "score",
    summary: "Say how likely a model finds a text",
    load: () => import("./commands/score.ts"),
  },
  {
    path: "measure passes",
    summary: "Count how often a model passes each question",
    load: () => import("./commands/measure-passes.ts"),
  },
  {
    path: "measure images",
    summary: "Measure how well a model understands images",
    load: () => import("./commands/measure-images.ts"),
  },
  {
    path: "scaling plan",
    summary: "Choose the ladder whose forecast is best for its compute",
    load: () => import("./commands/scaling-plan.ts"),
  },
  {
    path: "scaling ladder",
    summary: "Run the small runs that a forecast is made from",
    load: () => import("./commands/scaling-ladder.ts"),
  },
  {
    path: "scaling fit",
    summary: "Fit the loss law of a ladder or a table of runs",
    load: () => import("./commands/scaling-fit.ts"),
  },
  {
    path: "scaling forecast",
    summary: "Forecast the loss of a larger run",
    load: () => import("./commands/scaling-forecast.ts"),
  },
  {
    path: "scaling backtest",
    summary: "Forecast a table of runs from its smaller ones",
    load: () => import("./commands/scaling-backtest.ts"),
  },
  {
    path: "scaling capability",
    summary: "Forecast how often a larger model passes",
    load: () => import("./commands/scaling-capability.ts"),
  },
  {
    path: "scaling seal",
    summary: "Seal a forecast before its run begins",
    load: () => import("./commands/scaling-seal.ts"),
  },
  {
    path: "scaling score",
    summary: "Score sealed forecasts whose runs are done",
    load: () => import("./commands/scaling-score.ts"),
  },
  {
    path: "scaling amend",
    summary: "Add a remark to a sealed forecast",
    load: () => import("./commands/scaling-amend.ts"),
  },
  {
    path: "scaling ledger",
    summary: "List every forecast ever sealed",
    load: () => import("./commands/scaling-ledger.ts"),
  },
  {
    path: "scaling verify",
    summary: "Check that the ledger is as it was written",
    load: () => import("./commands/scaling-verify.ts"),
  },
  {
    path: "eval run",
    summary: "Ask a model the questions of an evaluation",
    load: () => import("./commands/eval-run.ts"),
  },
  {
    path: "eval watch",
    summary: "Run evaluations of a deployed model on a schedule",
    load: () => import("./commands/eval-watch.ts"),
  },
  {
    path: "eval list",
    summary: "List the built-in evaluations, or those of a registry",
    load: () => import("./commands/eval-list.ts"),
  },
  {
    path: "eval show",
    summary: "Show a run's results, sample by sample",
    load: () => import("./commands/eval-show.ts"),
  },
  {
    path: "eval compare",
    summary: "Say which differences between two runs are real",
    load: () => import("./commands/eval-compare.ts"),
  },
  {
    path: "export",
    summary: "Export a model for other programs",
    load: () => import("./commands/export.ts"),
  },
  {
    path: "import",
    summary: "Import a model of another program",
    load: () => import("./commands/import.ts"),
  },
];

/** What the help says about the first word of commands of two words. */
export const groupSummaries: Readonly<Record<string, string>> = {
  data: "Build data sets and look at them",
  eval: "Evaluations: questions, answers, scores",
  measure: "Measure what a model can and cannot do",
  scaling: "Ladders of small runs, laws, and sealed forecasts",
};
