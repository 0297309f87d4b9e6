import type { Role } from '../model/role.ts';
import { type JsonSchema, paramsSchema, subschema, subschemas } from './json-schema.ts';

/** A parameter as `drover roles NAME` shows it. */
export interface ParameterRow {
  /** Path of the parameter: `vips[].address` is the field of each item. */
  readonly name: string;
  /** `text`, `whole number`, `number`, `true or false`, `list of text`, `"a" or "b"`, … */
  readonly type: string;
  /** The default as JSON, or null where there is none. */
  readonly default: string | null;
  readonly required: boolean;
  /** What the parameter is for, in the author's words (`.describe`); empty without. */
  readonly meaning: string;
}

/** The parameters of a role in the order of its schema, fields of nested mappings and lists below their parent. */
export function describeRole(role: Role): readonly ParameterRow[] {
  const schema = paramsSchema(role);
  return fieldRows(schema, '', { root: schema, seen: [] });
}

interface Context {
  /** Holds the `$defs` that `$ref` points to. */
  readonly root: JsonSchema;
  /** References being described, to end at schemas that contain themselves. */
  readonly seen: readonly string[];
}

function fieldRows(schema: JsonSchema, prefix: string, context: Context): readonly ParameterRow[] {
  const required = Array.isArray(schema.required) ? schema.required : [];
  return Object.keys(subschema(schema, 'properties') ?? {}).flatMap((name) => {
    const field = subschema(subschema(schema, 'properties') ?? {}, name) ?? {};
    const target = follow(field, context);
    const path = `${prefix}${name}`;
    const meaning = field.description ?? target.schema.description;
    const row: ParameterRow = {
      name: path,
      type: typeWords(target.schema, context),
      default: 'default' in field ? defaultWords(field) : null,
      required: required.includes(name),
      meaning: typeof meaning === 'string' ? meaning : '',
    };
    return [row, ...innerRows(target.schema, path, target.context)];
  });
}

function innerRows(schema: JsonSchema, path: string, context: Context): readonly ParameterRow[] {
  const items = subschema(schema, 'items');
  if (items !== null) {
    const target = follow(items, context);
    return [
      ...fieldRows(target.schema, `${path}[].`, target.context),
      ...innerRows(withoutFields(target.schema), `${path}[]`, target.context),
    ];
  }
  const values = subschema(schema, 'additionalProperties');
  if (values !== null && 'propertyNames' in schema) {
    const target = follow(values, context);
    return fieldRows(target.schema, `${path}.*.`, target.context);
  }
  return [...fieldRows(schema, `${path}.`, context), ...alternatives(schema).flatMap((option) => fieldRows(option, `${path}.`, context))];
}

function withoutFields(schema: JsonSchema): JsonSchema {
  return { ...schema, properties: undefined };
}

function follow(schema: JsonSchema, context: Context): { readonly schema: JsonSchema; readonly context: Context } {
  const ref = schema.$ref;
  if (typeof ref !== 'string') return { schema, context };
  if (context.seen.includes(ref)) return { schema: {}, context };
  const target = ref
    .split('/')
    .slice(1)
    .reduce<JsonSchema | null>((at, key) => (at === null ? null : subschema(at, key)), context.root);
  return { schema: target ?? {}, context: { ...context, seen: [...context.seen, ref] } };
}

const WORDS: ReadonlyMap<unknown, string> = new Map([
  ['string', 'text'],
  ['integer', 'whole number'],
  ['number', 'number'],
  ['boolean', 'true or false'],
  ['object', 'mapping'],
  ['null', 'nothing'],
]);

function typeWords(schema: JsonSchema, context: Context): string {
  const target = follow(schema, context);
  const { schema: at } = target;
  if (isSecret(at)) return 'secret text';
  if ('const' in at) return JSON.stringify(at.const);
  if (Array.isArray(at.enum)) return at.enum.map((value) => JSON.stringify(value)).join(' or ');
  const options = alternatives(at);
  if (options.length > 0) return [...new Set(options.map((option) => typeWords(option, target.context)))].join(' or ');
  const items = subschema(at, 'items');
  if (at.type === 'array') return items === null ? 'list' : `list of ${typeWords(items, target.context)}`;
  if (Array.isArray(at.type)) return at.type.map((type) => WORDS.get(type) ?? 'anything').join(' or ');
  return WORDS.get(at.type) ?? 'anything';
}

function defaultWords(field: JsonSchema): string {
  return isSecret(field) ? '[secret]' : JSON.stringify(field.default);
}

function isSecret(schema: JsonSchema): boolean {
  return schema.writeOnly === true;
}

function alternatives(schema: JsonSchema): readonly JsonSchema[] {
  return [...subschemas(schema, 'anyOf'), ...subschemas(schema, 'oneOf')];
}
