import { z } from 'zod';
import type { Role } from '../model/role.ts';

/** A JSON Schema (draft 2020-12) as plain data. */
export interface JsonSchema {
  readonly [keyword: string]: unknown;
}

/**
 * The JSON Schema of a role's parameters as users write them (before defaults); parts that JSON Schema cannot say allow anything. Secrets are `writeOnly`;
 * a default of theirs is not told.
 */
export function paramsSchema(role: Role): JsonSchema {
  return z.toJSONSchema(role.params, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ jsonSchema }) => {
      if (jsonSchema.writeOnly === true && 'default' in jsonSchema) jsonSchema.default = '[secret]';
    },
  });
}

/** A schema below a keyword, or null. */
export function subschema(schema: JsonSchema, keyword: string): JsonSchema | null {
  const value = schema[keyword];
  return isSchema(value) ? value : null;
}

/** The schemas in a list below a keyword, such as `anyOf`. */
export function subschemas(schema: JsonSchema, keyword: string): readonly JsonSchema[] {
  const value = schema[keyword];
  return Array.isArray(value) ? value.filter(isSchema) : [];
}

/** True for schemas that are mappings rather than `true` or `false`. */
export function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
