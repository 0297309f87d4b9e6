import { formatPlace } from '../errors/render.ts';
import { isSecretName } from '../errors/secret-names.ts';
import type { Vars, VarValue } from '../model/host.ts';
import { isVaulted, readUnsafe } from '../model/kept-value.ts';
import { Secret } from '../model/secret.ts';
import { definitionsOf, type Inventory, type VarDefinition, varNamesOf } from './inventory.ts';
import { REDACTED, redactVars } from './redact-vars.ts';

/** What an explanation depends on besides the inventory. */
export interface ExplainOptions {
  /** Longest line where a line can be broken. */
  readonly width: number;
}

/**
 * Every var of a host, in the order of their names: its value, where that is defined, and the definitions that it replaced, the strongest first.
 * Empty for a host without vars.
 */
export function explainHost(inventory: Inventory, host: string, options: ExplainOptions): readonly string[] {
  const names = [...varNamesOf(inventory, host)].sort();
  return names.flatMap((name) => explanation(inventory, { host, name }, options));
}

/** The same of one var, with its value in full; null where the host has no such var. */
export function explainVar(
  inventory: Inventory,
  names: { readonly host: string; readonly name: string },
  options: ExplainOptions,
): readonly string[] | null {
  const lines = explanation(inventory, names, options, 'in full');
  return lines.length === 0 ? null : lines;
}

/** Files whose vars of the host nobody knows, since ansible-vault encrypted them. */
export function unreadableFiles(inventory: Inventory, host: string): readonly string[] {
  return inventory.hosts.find(({ name }) => name === host)?.origins?.encryptedFiles ?? [];
}

const LONGEST_SHADOWED = 32;

function explanation(
  inventory: Inventory,
  { host, name }: { readonly host: string; readonly name: string },
  { width }: ExplainOptions,
  mode: 'short' | 'in full' = 'short',
): readonly string[] {
  const [counts, ...replaced] = [...definitionsOf(inventory, host, name)].reverse();
  if (counts === undefined) return [];
  const value = mode === 'in full' ? fullValue(counts) : [shorten(shortValue(counts), width - name.length - 2)];
  const [first = '', ...rest] = value;
  return [
    `${name}: ${first}`,
    ...rest,
    ...broken(`  ${ownerOf(counts)}`, formatPlace(counts.place), width),
    ...replaced.flatMap((each) =>
      broken(`    not ${shorten(shortValue(each), LONGEST_SHADOWED)}, ${ownerOf(each)}`, formatPlace(each.place), width),
    ),
  ];
}

function ownerOf({ definedBy: { kind, name } }: VarDefinition): string {
  return `${kind} ${name}`;
}

/** One line, or two where one would be too long. */
function broken(start: string, place: string, width: number): readonly string[] {
  const line = `${start}, ${place}`;
  return line.length <= width ? [line] : [`${start},`, `${' '.repeat(start.length - start.trimStart().length + 2)}${place}`];
}

function shortValue({ name, value }: VarDefinition): string {
  const special = specialValue(name, value);
  return special ?? JSON.stringify(shown(name, value));
}

function fullValue({ name, value }: VarDefinition): readonly string[] {
  return (specialValue(name, value) ?? JSON.stringify(shown(name, value), null, 2)).split('\n');
}

/** Values that are not shown as JSON. */
function specialValue(name: string, value: VarValue): string | null {
  if (isVaulted(value)) return '(encrypted by ansible-vault)';
  if (isSecretName(name) || value instanceof Secret) return REDACTED;
  const unsafe = readUnsafe(value);
  return unsafe === null ? null : `${JSON.stringify(unsafe)} (marked !unsafe)`;
}

function shown(name: string, value: VarValue): VarValue {
  const vars: Vars = redactVars({ [name]: value });
  return vars[name] ?? null;
}

function shorten(text: string, longest: number): string {
  const room = Math.max(longest, 16);
  return text.length <= room ? text : `${text.slice(0, room - 1)}…`;
}
