import { Secret } from '../model/secret.ts';

/** The values of all secrets in checked parameters, at any depth. */
export function secretsIn(value: unknown): readonly string[] {
  const found = new Set<string>();
  collect(value, found, new Set());
  return [...found];
}

function collect(value: unknown, found: Set<string>, seen: Set<object>): void {
  if (typeof value !== 'object' || value === null || seen.has(value) || value instanceof Uint8Array) return;
  if (value instanceof Secret) {
    found.add(value.reveal());
    return;
  }
  seen.add(value);
  const parts = value instanceof Map ? [...value.entries()].flat() : value instanceof Set ? [...value] : Object.values(value);
  for (const part of parts) collect(part, found, seen);
}
