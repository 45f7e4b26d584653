import { ConfigError } from "../../../errors.ts";
import type { EvalTask } from "../../eval-task.ts";
import type { ClassOptions, EvalClass } from "./class-options.ts";
import { fuzzyMatch } from "./fuzzy-match.ts";
import { includes } from "./includes.ts";
import { jsonMatch, jsonValidator } from "./json-classes.ts";
import { match } from "./match.ts";
import { matchWithSolvers } from "./match-with-solvers.ts";
import { modelBasedClassify } from "./model-based-classify.ts";
import { multipleChoice } from "./multiple-choice.ts";
import { testMatch } from "./test-match.ts";
import { translate } from "./translate.ts";

/** The classes that run, by the last part of their name. */
const classes: Readonly<Record<string, EvalClass>> = {
  "basic.match:Match": match,
  "basic.includes:Includes": includes,
  "basic.fuzzy_match:FuzzyMatch": fuzzyMatch,
  "basic.json_match:JsonMatch": jsonMatch,
  "basic.json_validator:JsonValidator": jsonValidator,
  "modelgraded.classify:ModelBasedClassify": modelBasedClassify,
  "test.match:TestMatch": testMatch,
  "translate:Translate": translate,
  "multiple_choice:MultipleChoice": multipleChoice,
  "basic.match_with_solvers:MatchWithSolvers": matchWithSolvers,
};

/** The scores that classes give, but for those that are any numbers. */
const scoreKinds = { accuracy: "binary", metascore: "binary", f1_score: "share" } as const;

/** A class without the package that it comes from. */
function shortName(cls: string): string {
  return cls.replace(/^evals\.elsuite\./, "");
}

/** Whether evaluations of a class can be run. */
export function isSupportedClass(cls: string): boolean {
  return Object.hasOwn(classes, shortName(cls));
}

/**
 * The evaluation of an entry.
 *
 * @throws {ConfigError} when its class cannot be run here, or takes other arguments
 */
export async function evalTask(options: ClassOptions): Promise<EvalTask> {
  const { key, cls } = options.spec;
  const build = classes[shortName(cls)];
  if (build !== undefined) {
    const task = await build(options);
    return { ...task, scoreKinds: { ...scoreKinds, ...task.scoreKinds } };
  }
  throw new ConfigError(
    `${key}: the class ${cls} is not supported; supported are ${Object.keys(classes).join(", ")}`,
  );
}
