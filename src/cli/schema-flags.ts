import { z } from "zod";
import type { Command } from "./command.ts";

/** A key of a command's schema as the command line sees it. */
export interface Flag {
  /** The option's name in code: `maxTokens`. */
  readonly key: string;
  /** What the user types and reads: `--max-tokens`, or `<recipe>` for a positional. */
  readonly label: string;
  readonly isPositional: boolean;
  readonly isRequired: boolean;
  readonly isArray: boolean;
  readonly isBoolean: boolean;
  readonly takesNumber: boolean;
  /** The word for the value in the help. */
  readonly placeholder: string;
  readonly description: string;
  readonly defaultValue: unknown;
}

/** The part of JSON Schema that flags are made from. */
interface Property {
  readonly type?: string | readonly string[];
  readonly items?: Property;
  readonly anyOf?: readonly Property[];
  readonly enum?: readonly unknown[];
  readonly default?: unknown;
  readonly description?: string;
  readonly placeholder?: string;
}

/** The flags and positionals of a command, from its schema. */
export function schemaFlags(command: Pick<Command, "schema" | "positionals">): readonly Flag[] {
  const { properties = {}, required = [] } = z.toJSONSchema(command.schema, {
    io: "input",
    unrepresentable: "any",
  });
  const positionals: readonly string[] = command.positionals ?? [];
  const flags = Object.entries(properties as Record<string, Property>).map(([key, property]) =>
    makeFlag(key, property, {
      isPositional: positionals.includes(key),
      isRequired: required.includes(key),
    }),
  );
  const order = (flag: Flag) => positionals.indexOf(flag.key);
  return flags.toSorted((a, b) => order(a) - order(b));
}

/** `maxTokens` as a flag: `max-tokens`. */
export function kebabCase(key: string): string {
  return key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
}

/**
 * The value of a flag from its text: a number where the schema takes one and the text is one; the
 * schema judges everything else.
 */
export function parseFlagValue(flag: Flag, text: string): string | number {
  const value = Number(text);
  return flag.takesNumber && text.trim() !== "" && !Number.isNaN(value) ? value : text;
}

function makeFlag(
  key: string,
  property: Property,
  place: Pick<Flag, "isPositional" | "isRequired">,
): Flag {
  const isArray = hasType(property, "array");
  const item = isArray ? (property.items ?? {}) : property;
  const isBoolean = hasType(property, "boolean");
  const word = kebabCase(key);
  const flagLabel = isBoolean && property.default === true ? `--no-${word}` : `--${word}`;
  return {
    key,
    ...place,
    label: place.isPositional ? `<${word}>` : flagLabel,
    isArray,
    isBoolean,
    takesNumber: hasType(item, "number") || hasType(item, "integer"),
    placeholder: property.placeholder ?? item.placeholder ?? defaultPlaceholder(item),
    description: property.description ?? "",
    defaultValue: property.default,
  };
}

function hasType(property: Property, type: string): boolean {
  const types = typeof property.type === "string" ? [property.type] : (property.type ?? []);
  return types.includes(type) || (property.anyOf ?? []).some((branch) => hasType(branch, type));
}

function defaultPlaceholder(property: Property): string {
  if (property.enum !== undefined) return property.enum.join("|");
  return hasType(property, "number") || hasType(property, "integer") ? "number" : "text";
}
