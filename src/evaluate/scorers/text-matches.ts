import { ConfigError, DataError } from "../../errors.ts";
import { comparable } from "./comparable.ts";
import { lastNumber } from "./last-number.ts";
import { letterOf } from "./letter-of.ts";
import { accuracy, isRightOrWrong, type Scorer, type ScorerOptions } from "./scorer.ts";

function compared(isRight: (text: string, ideal: string) => boolean): Scorer {
  return {
    kinds: isRightOrWrong,
    against(ideals) {
      const wanted = ideals.map(comparable);
      return (text) => {
        const answer = comparable(text);
        return accuracy(
          wanted.some((ideal) => isRight(answer, ideal)),
          answer,
        );
      };
    },
  };
}

/** The same text, whatever its case, outer marks and script of digits. */
export const exact = compared((text, ideal) => text === ideal);

/** A right answer stands in the text. */
export const includes = compared((text, ideal) => text.includes(ideal));

/** The last number of the text is a right one; one that can be read in several ways only as it stands. */
export function numeric({ tolerance, absoluteTolerance }: ScorerOptions): Scorer {
  return {
    kinds: isRightOrWrong,
    against(ideals) {
      const wanted = ideals.map((ideal) => {
        const number = lastNumber(ideal);
        if (number !== undefined) return number;
        throw new DataError(`--scorer numeric: expected a number as right answer, got "${ideal}"`);
      });
      const isRight = (found: number) => (right: number) =>
        Math.abs(found - right) <= Math.max(tolerance * Math.abs(right), absoluteTolerance);
      return (text) => {
        const found = lastNumber(text);
        if (found === undefined) return accuracy(false, "", "no number");
        const isSame = wanted.some((right) => right.text === found.text);
        if (found.value === undefined) {
          const why = isSame ? undefined : `"${found.text}" is not read as one number`;
          return accuracy(isSame, found.text, why);
        }
        const rights = wanted.flatMap(({ value }) => value ?? []);
        return accuracy(isSame || rights.some(isRight(found.value)), String(found.value));
      };
    },
  };
}

/** The letter of a choice. */
export const choice: Scorer = {
  kinds: isRightOrWrong,
  against(ideals) {
    const wanted = ideals.map((ideal) => {
      const letter = letterOf(ideal);
      if (letter !== undefined) return letter;
      throw new DataError(`--scorer choice: expected a letter as right answer, got "${ideal}"`);
    });
    return (text) => {
      const letter = letterOf(text);
      if (letter === undefined) return accuracy(false, "", "no letter");
      return accuracy(wanted.includes(letter), letter);
    };
  },
};

/** A right answer is a pattern that is found in the text. */
export const regex: Scorer = {
  kinds: isRightOrWrong,
  against(ideals) {
    const patterns = ideals.map(pattern);
    return (text) => {
      const found = patterns.map((one) => one.exec(text)?.[0]).find((one) => one !== undefined);
      return accuracy(found !== undefined, found ?? "");
    };
  },
};

function pattern(source: string): RegExp {
  try {
    return new RegExp(source, "u");
  } catch (error) {
    throw new ConfigError(`--scorer regex: ${source}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
