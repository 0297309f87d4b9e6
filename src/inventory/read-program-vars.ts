import { diagnose } from '../errors/diagnose.ts';
import { isMapping, type VarValue } from '../model/host.ts';
import { type Draft, define, groupDraft, hostDraft } from './draft.ts';
import type { VarDefinition } from './inventory.ts';

/** Vars that a program printed, and where in its output. */
export interface PrintedVars {
  /** The program, and the arguments if they are not `--list`. */
  readonly file: string;
  readonly path: readonly string[];
  readonly value: VarValue;
}

/** Adds vars of a group or host that an executable inventory printed to the draft; null stands for none. */
export function readProgramVars(draft: Draft, definedBy: VarDefinition['definedBy'], { file, path, value }: PrintedVars): void {
  const place = (names: readonly string[]) => ({ file, line: 1, column: 1, path: jsonPath(names) });
  if (value === null) return;
  if (!isMapping(value)) {
    const message = `vars of ${definedBy.kind} "${definedBy.name}" must be a mapping of names to values`;
    draft.problems.push(diagnose('inventory-shape', message, { place: place(path) }));
    return;
  }
  const vars = definedBy.kind === 'host' ? hostDraft(draft, definedBy.name) : groupDraft(draft, definedBy.name).vars;
  for (const [name, item] of Object.entries(value)) {
    define(vars, { name, value: item, place: place([...path, name]), source: null }, { definedBy, origin: 'inventory' });
  }
}

/** A path in JSON for display, such as `_meta.hostvars["web1.example.com"].port`. */
export function jsonPath(names: readonly string[]): string {
  const parts = names.map((name) => (/^[A-Za-z_][\w-]*(?:\[\d+\])?$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`));
  return parts.join('').replace(/^\./, '');
}
