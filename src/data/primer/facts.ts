import { hashText, type Random } from "../random.ts";
import { type Fact, factBase, landOfPerson, landOfTown, livesIn } from "./fact-base.ts";
import { type PrimerTask, type Problem, solved } from "./problem.ts";

/** One fact in this many is never asked in training, only stated. */
const unaskedOneIn = 8;

interface Questions {
  readonly train: readonly Problem[];
  readonly test: readonly Problem[];
}

/**
 * The questions about one fact. Level 1: training asks it in other words. Level 2: training only
 * states it. Level 3: training gives both steps of the answer, never this question.
 */
function questionsAbout(fact: Fact): Questions {
  const problems = fact.relation.questions.map((wording): Problem => {
    const prompt = `Q: ${fill(wording, fact)}\nA:`;
    return { difficulty: 1, key: prompt, prompt, answer: fact.object };
  });
  const draw = hashText(`${fact.relation.questions[0]} ${fact.subject}`);
  if (draw % unaskedOneIn === 0) {
    const difficulty = fact.relation === landOfPerson ? 3 : 2;
    return { train: [], test: problems.slice(0, 1).map((problem) => ({ ...problem, difficulty })) };
  }
  if (problems.length === 1) return { train: problems, test: [] };
  const heldBack = Math.floor(draw / unaskedOneIn) % problems.length;
  return {
    train: problems.filter((_, i) => i !== heldBack),
    test: problems.filter((_, i) => i === heldBack),
  };
}

/** Which land a person lives in, through the person's town. */
const twoStepFacts: readonly Fact[] = factBase
  .filter(({ relation }) => relation === livesIn)
  .map(({ subject, object }) => ({
    relation: landOfPerson,
    subject,
    object: landOfTown.get(object)!,
  }));

const questions = [...factBase, ...twoStepFacts].map(questionsAbout);
const trainQuestions = questions.flatMap(({ train }) => train);
const testQuestions = questions.flatMap(({ test }) => test);
const testByLevel = [1, 2, 3].map((level) =>
  testQuestions.filter(({ difficulty }) => difficulty === level),
);

function statement(random: Random): string {
  const fact = random.pick(factBase);
  const text = fill(random.pick(fact.relation.statements), fact);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function fill(wording: string, { subject, object }: Fact): string {
  return wording.replace("{s}", subject).replace("{o}", object);
}

/** Statements and questions about a closed world, `Q: Where does Mira Arlen live?` and `A: Karsu`. */
export const facts: PrimerTask = {
  document(random) {
    const count = random.integer(3, 10);
    const stated = random.next() < 0.5;
    const items = Array.from({ length: count }, () =>
      stated ? statement(random) : solved(random.pick(trainQuestions)),
    );
    return items.join(stated ? " " : "\n");
  },
  tests: testByLevel.map((problems) => (random) => random.pick(problems)),
};
