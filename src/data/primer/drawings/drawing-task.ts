import type { Random } from "../../random.ts";
import { isTestKey } from "../problem.ts";
import type { PoemSubject } from "./verses.ts";

/** A question about a drawing with its one right answer, a word or a number. */
export interface Question {
  readonly prompt: string;
  readonly answer: string;
}

/** One generated question about an image. */
export interface DrawnProblem extends Question {
  /** 1 is the easiest. */
  readonly difficulty: number;
  readonly svg: string;
  /** What the image shows and what is asked, however it is drawn. */
  readonly key: string;
  /** For a poem, of which many are right: what it is judged by. */
  readonly poem?: PoemSubject;
}

/** A training image with its caption and questions about it, if there are any. */
export interface DrawnScene {
  readonly svg: string;
  readonly caption: string;
  readonly problems: readonly Omit<DrawnProblem, "svg">[];
}

/** A kind of generated image, with test images whose content training never shows. */
export interface DrawingTask {
  /** A training image with up to 3 questions; endless and different with each random stream. */
  scene(random: Random): DrawnScene;
  /** By difficulty, 1 first: draws a question about an image that training never shows. */
  readonly tests: readonly ((random: Random) => DrawnProblem)[];
}

/** What an image shows, before it is drawn. */
export interface Scene {
  /** Decides between training and test; equal for all drawings and questions of one content. */
  readonly content: string;
  readonly caption: string;
  /** Draws a question; each answer that the scene allows about equally likely. */
  ask(random: Random): Question;
  /** Draws the image, an SVG document; never the same twice. */
  draw(random: Random): string;
}

/** A task whose scenes are drawn level by level, the easiest first. */
export function drawingTask(levels: readonly ((random: Random) => Scene)[]): DrawingTask {
  const drawScene = (random: Random, difficulty: number, side: "train" | "test") => {
    const draw = levels[difficulty - 1]!;
    let scene = draw(random);
    while (isTestKey(scene.content) !== (side === "test")) scene = draw(random);
    return scene;
  };
  const drawProblem = (random: Random, difficulty: number, scene: Scene) => {
    const question = scene.ask(random);
    return { difficulty, ...question, key: `${scene.content}: ${question.prompt}` };
  };
  return {
    scene(random) {
      const difficulty = random.integer(1, levels.length);
      const scene = drawScene(random, difficulty, "train");
      const drawn = Array.from({ length: random.integer(1, 3) }, () =>
        drawProblem(random, difficulty, scene),
      );
      const problems = [...new Map(drawn.map((problem) => [problem.key, problem])).values()];
      return { svg: scene.draw(random), caption: scene.caption, problems };
    },
    tests: levels.map((_, i) => (random) => {
      const scene = drawScene(random, i + 1, "test");
      return { ...drawProblem(random, i + 1, scene), svg: scene.draw(random) };
    }),
  };
}
