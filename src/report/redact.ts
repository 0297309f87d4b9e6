import type { Run } from '../model/run.ts';

/** What stands in place of a secret. */
const MASK = '[secret]';

/** Shorter values are left alone: replacing them would tear unrelated words apart, and drover itself never prints a Secret. */
const SHORTEST = 4;

/** Replaces known secret values in what is shown or written. */
export interface Redactor {
  text(text: string): string;
  /** The run with every text and every content free of secrets. */
  run(run: Run): Run;
  /** Hides another value from now on. */
  learn(secret: string): void;
}

/** A redactor for these values (passwords and the like); longer ones are replaced first. */
export function createRedactor(secrets: readonly string[]): Redactor {
  let values = hideable(secrets);
  const text = (shown: string): string => values.reduce((result, value) => result.replaceAll(value, MASK), shown);
  const hides = (shown: string): boolean => values.some((value) => shown.includes(value));
  return {
    text,
    run: (run) => (values.length === 0 ? run : redactObject(run, { text, hides })),
    learn: (secret) => {
      values = hideable([...values, secret]);
    },
  };
}

function hideable(secrets: readonly string[]): readonly string[] {
  return [...new Set(secrets)].filter((value) => value.length >= SHORTEST).sort((a, b) => b.length - a.length);
}

interface Mask {
  text(text: string): string;
  hides(text: string): boolean;
}

function redactObject<T extends object>(object: T, mask: Mask): T {
  const entries = Object.entries(object).map(([key, value]): [string, unknown] => [key, redactValue(value, mask)]);
  return Object.assign({ ...object }, Object.fromEntries(entries));
}

function redactValue(value: unknown, mask: Mask): unknown {
  if (typeof value === 'string') return mask.text(value);
  if (Array.isArray(value)) return value.map((item) => redactValue(item, mask));
  if (typeof value !== 'object' || value === null) return value;
  return value instanceof Uint8Array ? redactBytes(value, mask) : redactObject(value, mask);
}

/** Contents keep their size and digest; only the bytes that a diff would show are changed, and only where they hold a secret. */
function redactBytes(bytes: Uint8Array, mask: Mask): Uint8Array {
  const text = Buffer.from(bytes).toString('utf8');
  return mask.hides(text) ? Buffer.from(mask.text(text), 'utf8') : bytes;
}
