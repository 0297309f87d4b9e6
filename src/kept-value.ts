import { ANY } from './model/fact.ts';

/** What JSON can hold. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** The field by which a value that JSON has not is told: `any`, `bytes`, `none`, and `object` for one that has such a field itself. */
const TAG = '$';

/** A fact's value as JSON: ANY, bytes and fields without a value are tagged, all else stays as it is. */
export function encodeKept(value: unknown): Json {
  if (value === ANY) return { [TAG]: 'any' };
  if (value === undefined) return { [TAG]: 'none' };
  if (value === null || typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isFinite(value) && !Object.is(value, -0)) return value;
  if (value instanceof Uint8Array) return { [TAG]: 'bytes', base64: Buffer.from(value).toString('base64') };
  if (Array.isArray(value)) return value.map(encodeKept);
  if (typeof value !== 'object') throw new Error(`a fact holds a ${typeof value}, which cannot be kept`);
  const fields = Object.entries(value).map(([name, each]) => [name, encodeKept(each)] as const);
  if (!Object.hasOwn(value, TAG) && !Object.hasOwn(value, '__proto__')) return Object.fromEntries(fields);
  return { [TAG]: 'object', fields };
}

/** The value again. Throws for what `encodeKept` does not make. */
export function decodeKept(kept: Json): unknown {
  if (typeof kept !== 'object' || kept === null) return kept;
  if (isList(kept)) return kept.map(decodeKept);
  const tag = kept[TAG];
  if (tag === undefined) return Object.fromEntries(Object.entries(kept).map(([name, each]) => [name, decodeKept(each)]));
  switch (tag) {
    case 'any':
      return ANY;
    case 'none':
      return undefined;
    case 'bytes':
      return decodeBytes(kept.base64);
    case 'object':
      return decodeFields(kept.fields);
    default:
      throw new Error(`an unknown tag: ${JSON.stringify(tag)}`);
  }
}

function isList(kept: Json): kept is readonly Json[] {
  return Array.isArray(kept);
}

function decodeBytes(base64: Json | undefined): Uint8Array {
  if (typeof base64 !== 'string') throw new Error('bytes without base64');
  return new Uint8Array(Buffer.from(base64, 'base64'));
}

function decodeFields(fields: Json | undefined): object {
  if (fields === undefined || !isList(fields)) throw new Error('an object without fields');
  const pairs = fields.map((field): [string, unknown] => {
    const [name, value] = isList(field) ? field : [];
    if (typeof name !== 'string' || value === undefined) throw new Error('a field without a name or a value');
    return [name, decodeKept(value)];
  });
  return Object.fromEntries(pairs);
}
