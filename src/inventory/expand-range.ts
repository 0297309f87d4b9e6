const RANGE = /\[([^[\]]*)\]/;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';

/** Most hosts that one name may stand for. */
export const LARGEST_RANGE = 10_000;

/** The names a host name stands for, or why its range is broken. */
export type Expansion = { readonly names: readonly string[] } | { readonly broken: string };

/**
 * Expands host ranges as Ansible does: `web[01:20]`, `db[a:f]`, `web[01:20:2]`, several in one name.
 * Both ends belong to the range; a start with leading zeros pads every number to its width; an empty start is 0.
 */
export function expandRange(name: string): Expansion {
  const match = RANGE.exec(name);
  if (match === null) return /[[\]]/.test(name) ? { broken: 'a bracket has no partner' } : { names: [name] };
  const items = rangeItems(match[1] ?? '');
  if ('broken' in items) return items;
  const rest = expandRange(name.slice(match.index + match[0].length));
  if ('broken' in rest) return rest;
  if (items.names.length * rest.names.length > LARGEST_RANGE) return { broken: tooLarge(items.names.length * rest.names.length) };
  const head = name.slice(0, match.index);
  return { names: items.names.flatMap((item) => rest.names.map((tail) => `${head}${item}${tail}`)) };
}

function rangeItems(range: string): Expansion {
  const [start = '', end, step = '1', ...more] = range.split(':');
  if (end === undefined || end === '' || more.length > 0) return { broken: `[${range}] is not [start:end] or [start:end:step]` };
  if (!/^[0-9]+$/.test(step) || Number(step) === 0) return { broken: `the step of [${range}] is not a whole number above 0` };
  const isLetters = /^[a-zA-Z]$/.test(start) && /^[a-zA-Z]$/.test(end);
  if (isLetters) return steps(LETTERS.indexOf(start), LETTERS.indexOf(end), { range, step, name: (at) => LETTERS.charAt(at) });
  if (!/^[0-9]*$/.test(start) || !/^[0-9]+$/.test(end)) return { broken: `[${range}] needs two numbers or two letters` };
  const width = /^0[0-9]/.test(start) ? start.length : 0;
  if (width > 0 && width !== end.length) return { broken: `start and end of [${range}] differ in length; write both with ${width} digits` };
  return steps(Number(start), Number(end), { range, step, name: (at) => String(at).padStart(width, '0') });
}

interface Steps {
  readonly range: string;
  readonly step: string;
  name(at: number): string;
}

function steps(from: number, to: number, { range, step, name }: Steps): Expansion {
  if (from > to) return { broken: `[${range}] starts after its end` };
  const count = Math.floor((to - from) / Number(step)) + 1;
  if (count > LARGEST_RANGE) return { broken: tooLarge(count) };
  return { names: Array.from({ length: count }, (_, index) => name(from + index * Number(step))) };
}

function tooLarge(count: number): string {
  return `it stands for ${count} hosts; at most ${LARGEST_RANGE} are allowed`;
}
