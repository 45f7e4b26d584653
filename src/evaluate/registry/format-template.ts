import { ConfigError } from "../../errors.ts";

/** What a template may name. */
export type TemplateValues = Readonly<Record<string, string | number>>;

/** One field: its name, `!r` and what follows a colon. */
const field = /^([^{}!:]*)(?:!([rsa]))?(?::([^{}]*))?$/;
/** Fill, alignment and width, which is all that prompts use. */
const alignment = /^(?:(.)?([<>^]))?(\d+)?s?$/su;

/**
 * Fills a template in the way of Python's `str.format`: `{name}`, doubled braces for single ones,
 * `!r`, and alignment such as `{name:>5}`. Values are not looked through for fields again.
 *
 * @throws {ConfigError} for a lone brace, a field without a name or one that no value has
 */
export function formatTemplate(template: string, values: TemplateValues): string {
  let [result, i] = ["", 0];
  while (i < template.length) {
    const at = template.slice(i).search(/[{}]/);
    if (at === -1) return result + template.slice(i);
    result += template.slice(i, i + at);
    i += at;
    const brace = template[i]!;
    if (template[i + 1] === brace) {
      result += brace;
      i += 2;
      continue;
    }
    const end = brace === "{" ? template.indexOf("}", i) : -1;
    if (end === -1) {
      throw new ConfigError(
        `template: a single "${brace}" at character ${i + 1} of ${JSON.stringify(template.slice(0, 60))}; double it to have it in the text`,
      );
    }
    result += formatField(template.slice(i + 1, end), values);
    i = end + 1;
  }
  return result;
}

function formatField(text: string, values: TemplateValues): string {
  const [, name = "", conversion, specification = ""] = field.exec(text) ?? [];
  if (name === "" || !Object.hasOwn(values, name)) {
    const known = Object.keys(values).join(", ") || "none";
    throw new ConfigError(`template: no value for the field {${text}}; there are ${known}`);
  }
  const value = String(values[name]);
  return aligned(conversion === "r" ? quoted(values[name]!) : value, specification, text);
}

/** A value as Python's `repr` shows it. */
function quoted(value: string | number): string {
  if (typeof value === "number") return String(value);
  const quote = value.includes("'") && !value.includes('"') ? '"' : "'";
  const escaped = value
    .replace(/\\/g, "\\\\")
    .replace(/\n/g, "\\n")
    .replace(/\r/g, "\\r")
    .replace(/\t/g, "\\t");
  return quote + (quote === "'" ? escaped.replace(/'/g, "\\'") : escaped) + quote;
}

function aligned(text: string, specification: string, name: string): string {
  if (specification === "") return text;
  const found = alignment.exec(specification);
  if (found === null) {
    throw new ConfigError(`template: cannot read the format of {${name}}; use {name} or {name:>8}`);
  }
  const [, fill = " ", side = "<", width = "0"] = found;
  const missing = Math.max(0, Number(width) - [...text].length);
  const before = side === ">" ? missing : side === "^" ? Math.floor(missing / 2) : 0;
  return fill.repeat(before) + text + fill.repeat(missing - before);
}
