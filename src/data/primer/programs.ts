import type { Random } from "../random.ts";
import { type FunctionTest, gradedTask, type Problem } from "./problem.ts";
import { type ProgramKind, programKinds, type StepKind } from "./program-steps.ts";

const testsPerProblem = 6;
const steps = [2, 3, 4, 5, 6] as const;
/** How often the last step is an ending. */
const endingShare = 0.4;

/** A step with its constant drawn. */
interface Step {
  readonly kind: StepKind;
  readonly constant: number;
}

function drawFrom(length: number, random: Random): Omit<Problem, "difficulty"> {
  const program = random.pick(programKinds);
  const drawn = drawSteps(program, { length, random });
  const { parameter } = program;
  const body = bodyOf(program, drawn);
  const words = drawn.map(({ kind, constant }) => kind.words(constant));
  return {
    key: `${parameter} => ${body}`,
    prompt: `// ${parameter}: ${words.join(", ")}\n`,
    answer: `function f(${parameter}) { return ${body}; }`,
    tests: () => testsOf(program, drawn, random),
  };
}

function drawSteps(
  { steps: kinds, endings }: ProgramKind,
  { length, random }: { readonly length: number; readonly random: Random },
): Step[] {
  const drawn: Step[] = [];
  while (drawn.length < length) {
    const isEnd = drawn.length === length - 1 && random.next() < endingShare;
    const kind = random.pick(isEnd ? endings : kinds);
    // twice in a row is mostly one step: sort and sort, add 3 and add 4
    if (kind === drawn.at(-1)?.kind) continue;
    drawn.push({
      kind,
      constant: kind.constant === undefined ? 0 : random.integer(...kind.constant),
    });
  }
  return drawn;
}

function bodyOf({ parameter }: ProgramKind, drawn: readonly Step[]): string {
  return drawn.reduce((body, { kind, constant }, i) => {
    const isBracketed = kind.isOperator && drawn[i - 1]?.kind.isOperator;
    return kind.code(isBracketed ? `(${body})` : body, constant);
  }, parameter);
}

/**
 * Values at which every program that is nearly right gives something else, with what the right one
 * gives; nothing when there are none, as where a step undoes another.
 */
function testsOf(
  program: ProgramKind,
  drawn: readonly Step[],
  random: Random,
): FunctionTest[] | undefined {
  const right = compile(program, drawn);
  const left = new Set(neighbours(drawn).map((near) => compile(program, near)));
  const values = random.shuffle(program.values(random)).filter((value) => right(value) !== nothing);
  const tests: FunctionTest[] = [];
  while (tests.length < Math.min(testsPerProblem, values.length)) {
    const told = (value: unknown) => [...left].filter((near) => near(value) !== right(value));
    const counts = values.map((value) => told(value).length);
    const [value] = values.splice(counts.indexOf(Math.max(...counts)), 1);
    for (const near of told(value)) left.delete(near);
    tests.push({ args: [value], expected: JSON.parse(right(value)) as unknown });
  }
  return left.size === 0 ? tests : undefined;
}

/** Programs with one step left out, or one constant beside the right one. */
function neighbours(drawn: readonly Step[]): Step[][] {
  return drawn.flatMap((step, i) => [
    drawn.toSpliced(i, 1),
    ...(step.kind.constant === undefined
      ? []
      : [-1, 1].map((off) => drawn.with(i, { ...step, constant: step.constant + off }))),
  ]);
}

/** What a result that JSON cannot say is written as, such as the largest number of none. */
const nothing = "null";

/** The program's result as JSON. */
function compile(program: ProgramKind, drawn: readonly Step[]): (value: unknown) => string {
  // Our own steps from the table; nothing of a user or a model is ever run here.
  const body = `return ${bodyOf(program, drawn)};`;
  const run = new Function(program.parameter, body) as (value: unknown) => unknown;
  return (value) => JSON.stringify(run(structuredClone(value)));
}

/**
 * Small JavaScript programs from their steps in words, in five levels of two to six steps; steps on
 * a number nest, so that what is said last is written first. `// x: add 3, drop the sign` and on the
 * next line `function f(x) { return Math.abs(x + 3); }`.
 */
export const programs = gradedTask(
  steps.map((length) => (random) => drawFrom(length, random)),
  [1, 3],
);
