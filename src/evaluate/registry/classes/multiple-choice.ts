import { ConfigError, DataError } from "../../../errors.ts";
import { parseJson } from "../../../workspace/parse-json.ts";
import { type EvalSample, type EvalTask, firstText } from "../../eval-task.ts";
import { letterAt } from "../../scorers/letter-of.ts";
import { chatPrompt } from "../chat-text.ts";
import { readHubPart } from "../hub-data.ts";
import { PythonRandom } from "../python-random.ts";
import type { DataRow } from "../sample-file.ts";
import { type ClassOptions, checkArguments, samplesOf } from "./class-options.ts";
import { matchOutcome, pickedAnswer } from "./match.ts";
import { accuracyOf } from "./match-report.ts";

/** A question with its answers, of which the one at `label` is right. */
interface ChoiceQuestion {
  readonly question: string;
  readonly answers: readonly string[];
  readonly label: number;
}

/** Names of a data set's columns, and where it is today. */
interface ChoiceDataset {
  readonly hubName: string;
  readonly question: string;
  readonly answers: string;
  readonly label: string;
}

/** The data sets that the class knows. */
const datasets: Readonly<Record<string, ChoiceDataset>> = {
  hellaswag: { hubName: "Rowan/hellaswag", question: "ctx", answers: "endings", label: "label" },
  hendrycks_test: {
    ...{ hubName: "cais/mmlu", question: "question", answers: "choices", label: "answer" },
  },
};

/** `MultipleChoice`: the answer begins with the letter of the right one of shuffled answers. */
export function multipleChoice(options: ClassOptions): EvalTask {
  checkArguments(options, ["dataset", "instructions"]);
  const instructions = String(options.args["instructions"] ?? "");
  return {
    name: options.spec.key,
    samples: () => questionsOf(options),
    async evaluate({ id, data }, context) {
      const { question, answers, label } = data as unknown as ChoiceQuestion;
      const places = PythonRandom.fromText(`${id}:${context.seed}`).shuffled([...answers.keys()]);
      const lines = places.map((place, i) => `${letterAt(i)}) ${answers[place]}`).join("\n");
      const ideals = [letterAt(places.indexOf(label))];
      const prompt = `${instructions}\nPlease answer with the letter of the correct answer.\n\n${question}\n${lines}`;
      const callArguments = { temperature: 0, max_tokens: 1 };
      const answer = await context.ask({ policy: 0 }, chatPrompt(prompt), callArguments);
      const text = firstText(answer);
      return matchOutcome(text, ideals, pickedAnswer(text, ideals));
    },
    report: (outcomes) => ({ accuracy: accuracyOf(outcomes) }),
  };
}

async function questionsOf(options: ClassOptions): Promise<readonly EvalSample[]> {
  const { key } = options.spec;
  const { dataset, config, split } = urlOf(key, options.args["dataset"]);
  const known = Object.hasOwn(datasets, dataset) ? datasets[dataset] : undefined;
  if (known === undefined) {
    const names = Object.keys(datasets).join(", ");
    throw new ConfigError(`${key}: dataset: expected one of ${names}, got "${dataset}"`);
  }
  const part = { dataset, hubName: known.hubName, config, split };
  const folder = options.hub ?? { folder: undefined, read: () => Promise.resolve([]) };
  const rows = await readHubPart(key, part, folder);
  if (rows.length === 0) throw new DataError(`${key}: the part "${split}" holds no row`);
  const questions = rows.map((row, i) => questionOf(row, known, `${key}, row ${i + 1}`));
  return samplesOf(
    options,
    questions.map((one): DataRow => ({ ...one })),
  );
}

/** What `hf://NAME?name=CONFIG&split=SPLIT` says. */
function urlOf(key: string, text: unknown) {
  const [, dataset, query] = /^hf:\/\/([^?]+)\?(.*)$/s.exec(String(text)) ?? [];
  const { name: config, split, ...others } = Object.fromEntries(new URLSearchParams(query));
  if (dataset === undefined || split === undefined || Object.keys(others).length > 0) {
    throw new ConfigError(
      `${key}: dataset: expected hf://NAME?split=SPLIT, with name=CONFIG where the data set has several, got ${JSON.stringify(text) ?? "nothing"}`,
    );
  }
  return { dataset, config, split };
}

function questionOf(row: DataRow, columns: ChoiceDataset, where: string): ChoiceQuestion {
  const question = row[columns.question];
  const answers = listOf(row[columns.answers]);
  const label = Number(row[columns.label] === "" ? Number.NaN : row[columns.label]);
  if (typeof question !== "string" || answers === undefined || answers[label] === undefined) {
    const { question: ask, answers: choose, label: right } = columns;
    throw new DataError(
      `${where}: expected a text "${ask}", a list of texts "${choose}" and the right one's place from 0 in "${right}", got ${JSON.stringify(row)?.slice(0, 120)}`,
    );
  }
  return { question, answers, label };
}

/** A list of texts; CSV has it as JSON. */
function listOf(value: unknown): readonly string[] | undefined {
  const list = typeof value === "string" ? parseJson(value) : value;
  const isList = Array.isArray(list) && list.every((one) => typeof one === "string");
  return isList ? (list as readonly string[]) : undefined;
}
