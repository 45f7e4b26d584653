import type { Random } from "../random.ts";
import { type FunctionFamily, functionFamilies } from "./function-families.ts";
import { type FunctionTest, gradedTask, type Problem } from "./problem.ts";

const testsPerProblem = 5;

function drawFrom(
  families: readonly FunctionFamily[],
  random: Random,
): Omit<Problem, "difficulty"> {
  const family = random.pick(families);
  const parameters = family.draw(random);
  const body = family.body(...parameters);
  return {
    // The body, not the sentence: another wording of the same function is the same problem.
    key: `${family.parameters} => ${body}`,
    prompt: `// ${random.pick(family.sentences)(...parameters)}\n`,
    answer: `function f(${family.parameters}) { return ${body}; }`,
    tests: () => testsOf(family, parameters, random),
  };
}

/** Arguments with what the right body gives for them. */
function testsOf(
  family: FunctionFamily,
  parameters: readonly (number | string)[],
  random: Random,
): FunctionTest[] {
  // Our own one-line bodies from the table; nothing of a user or a model is ever run here.
  const body = `return ${family.body(...parameters)};`;
  const reference = new Function(...family.parameters.split(", "), body);
  return Array.from({ length: testsPerProblem }, (_, index) => {
    const args = family.args(random, parameters, index);
    return { args, expected: reference(...args) as unknown };
  });
}

/**
 * Small JavaScript functions from a sentence, in four levels: one operation, two, lists, chains.
 * `// add 3 to x` and on the next line `function f(x) { return x + 3; }`.
 */
export const functions = gradedTask(
  functionFamilies.map((families) => (random) => drawFrom(families, random)),
  [1, 6],
);
