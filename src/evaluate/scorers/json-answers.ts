import type { Ajv, AnySchemaObject, ErrorObject, Options, ValidateFunction } from "ajv";
import { DataError } from "../../errors.ts";
import { parseJson } from "../../workspace/parse-json.ts";
import { isAlikeJson, notJson, parseExactJson } from "../registry/json-match.ts";
import { accuracy, isRightOrWrong, type Scorer, type ScorerOptions } from "./scorer.ts";

/** The outermost JSON of a text, also from a fenced block. */
export function jsonPart(text: string): string {
  const fenced = /```(?:json)?\s*([\s\S]*?)```/.exec(text)?.[1] ?? text;
  const start = fenced.search(/[{[]/);
  const end = Math.max(fenced.lastIndexOf("}"), fenced.lastIndexOf("]"));
  return start >= 0 && end > start ? fenced.slice(start, end + 1) : fenced.trim();
}

/** JSON like a right one. */
export const json: Scorer = {
  kinds: isRightOrWrong,
  against(ideals) {
    const wanted = ideals.map((ideal) => {
      const value = parseExactJson(ideal);
      if (value !== notJson) return value;
      throw new DataError(
        `--scorer json: expected JSON as right answer, got ${ideal.slice(0, 60)}`,
      );
    });
    return (text) => {
      const part = jsonPart(text);
      const value = parseExactJson(part);
      if (value === notJson) return accuracy(false, part, "no JSON");
      return accuracy(
        wanted.some((one) => isAlikeJson(value, one)),
        part,
      );
    };
  },
};

/** JSON that a schema allows: the row's own, or one for all. */
export function jsonSchema({ schema }: ScorerOptions): Scorer {
  const known = new Map<string, Promise<ValidateFunction>>();
  const compiled = (text: string) => {
    const found = known.get(text) ?? compile(text);
    known.set(text, found);
    return found;
  };
  return {
    isWhole: true,
    isSelfSufficient: schema !== undefined,
    kinds: isRightOrWrong,
    async against(own) {
      const schemas = await Promise.all((schema === undefined ? own : [schema]).map(compiled));
      return (text) => {
        const part = jsonPart(text);
        const value = parseJson(part);
        if (value === undefined) return accuracy(false, part, "no JSON");
        if (schemas.some((validate) => validate(value))) return accuracy(true, part);
        return accuracy(false, part, violation(schemas[0]?.errors?.[0]));
      };
    },
  };
}

/**
 * Formats are notes, as the specification has it; keywords that it does not know mean nothing.
 *
 * @see JSON Schema, drafts 6 and 7, 2019-09 and 2020-12
 */
const settings: Options = { strict: false, validateFormats: false, logger: false };

async function compile(text: string): Promise<ValidateFunction> {
  const schema = parseJson(text);
  const isSchema = typeof schema === "boolean" || (typeof schema === "object" && schema !== null);
  if (!isSchema || Array.isArray(schema)) {
    throw new DataError(
      `--scorer json-schema: expected a JSON Schema, got ${text.slice(0, 60) || "nothing"}; give each row one in its --ideal column, or one for all with --schema`,
    );
  }
  try {
    const { $schema: draft = "", ...rest } = Object(schema) as AnySchemaObject;
    const isDraft6 = String(draft).includes("draft-06"); // whose keywords are all in draft 7
    const compiler = await validator(String(draft));
    return compiler.compile(isDraft6 ? rest : (schema as AnySchemaObject | boolean));
  } catch (error) {
    throw new DataError(
      `--scorer json-schema: the schema cannot be used: ${(error as Error).message}`,
      { cause: error },
    );
  }
}

/** The validator of the schema's own draft; 7 where it names none. */
async function validator(draft: string): Promise<Ajv> {
  if (draft.includes("2020-12")) return new (await import("ajv/dist/2020.js")).Ajv2020(settings);
  if (draft.includes("2019-09")) return new (await import("ajv/dist/2019.js")).Ajv2019(settings);
  return new (await import("ajv")).Ajv(settings);
}

function violation(error: ErrorObject | undefined): string {
  const { instancePath = "", message = "not allowed", params = {} } = error ?? {};
  const extra = (params as { readonly additionalProperty?: string }).additionalProperty;
  const what = extra === undefined ? message : `${message}: "${extra}"`;
  return `${instancePath === "" ? "the value" : instancePath} ${what}`;
}
