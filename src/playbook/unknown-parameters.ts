import { z } from 'zod';

/** A key that a schema does not know, and the keys it does. */
export interface UnknownKey {
  readonly path: readonly PropertyKey[];
  readonly known: readonly string[];
}

/**
 * Keys of a value that no object schema at their place names. zod drops such keys silently unless the author asked for strictness;
 * drover refuses them everywhere but under `z.looseObject` and `catchall`.
 */
export function unknownKeys(schema: z.core.$ZodType, value: unknown, path: readonly PropertyKey[] = []): readonly UnknownKey[] {
  const inner = wrapped(schema);
  if (inner !== null) return unknownKeys(inner, value, path);
  if (schema instanceof z.ZodObject) return isRecord(value) ? inObject(schema, value, path) : [];
  if (schema instanceof z.ZodArray) return listOf(value).flatMap((item, index) => unknownKeys(schema.element, item, [...path, index]));
  if (schema instanceof z.ZodTuple) {
    const items: readonly z.core.$ZodType[] = schema.def.items;
    return items.flatMap((item, index) => unknownKeys(item, listOf(value)[index], [...path, index]));
  }
  if (schema instanceof z.ZodRecord) {
    return isRecord(value) ? Object.entries(value).flatMap(([key, item]) => unknownKeys(schema.valueType, item, [...path, key])) : [];
  }
  return schema instanceof z.ZodUnion ? inUnion(schema, value, path) : [];
}

/** The schema inside optional, default, pipe and the like; null for schemas that stand for themselves. */
function wrapped(schema: z.core.$ZodType): z.core.$ZodType | null {
  if (schema instanceof z.ZodPipe) return schema.in;
  if (schema instanceof z.ZodLazy) return schema.unwrap();
  const isWrapper =
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodDefault ||
    schema instanceof z.ZodPrefault ||
    schema instanceof z.ZodNonOptional ||
    schema instanceof z.ZodReadonly ||
    schema instanceof z.ZodCatch;
  return isWrapper ? schema.unwrap() : null;
}

function inObject(schema: z.ZodObject, value: Readonly<Record<string, unknown>>, path: readonly PropertyKey[]): readonly UnknownKey[] {
  const shape: Readonly<Record<string, z.core.$ZodType>> = schema.shape;
  const isOpen = schema.def.catchall !== undefined && !(schema.def.catchall instanceof z.ZodNever);
  return Object.entries(value).flatMap(([key, item]) => {
    const field = Object.hasOwn(shape, key) ? shape[key] : undefined;
    if (field !== undefined) return unknownKeys(field, item, [...path, key]);
    return isOpen ? [] : [{ path: [...path, key], known: Object.keys(shape) }];
  });
}

/** Of several alternatives the one that fits counts; where none fits, zod's own issue says enough. */
function inUnion(schema: z.ZodUnion, value: unknown, path: readonly PropertyKey[]): readonly UnknownKey[] {
  const options: readonly z.core.$ZodType[] = schema.options;
  const fitting = options.filter((option) => z.safeParse(option, value).success).map((option) => unknownKeys(option, value, path));
  return fitting.find((unknown) => unknown.length === 0) ?? fitting[0] ?? [];
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}
