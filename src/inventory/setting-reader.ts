import type { Diagnostic } from '../model/diagnostic.ts';
import type { Vars, VarValue } from '../model/host.ts';
import { isVaulted, readUnsafe } from '../model/kept-value.ts';
import { CONNECTION_VARS, type ConnectionVar, HIDDEN_VARS } from './connection-vars.ts';
import type { VarDefinition, VarDefinitions } from './inventory.ts';
import { type Setting, Wrong, wrong } from './parse-setting.ts';

/** Replaces `{{ }}` in a text by the vars of a host, or says why not. */
export type ResolveText = (
  text: string,
  host: { readonly name: string; readonly groups: readonly string[]; readonly vars: Vars },
) => { readonly value: VarValue } | { readonly broken: string; readonly hint: string | null };

/** Reads settings of one host from its vars and keeps the problems. */
export class SettingReader {
  readonly problems: Diagnostic[] = [];
  readonly #host: { readonly name: string; readonly groups: readonly string[] };
  readonly #vars: VarDefinitions;
  readonly #resolve: ResolveText | null;

  constructor(host: { readonly name: string; readonly groups: readonly string[] }, vars: VarDefinitions, resolve: ResolveText | null) {
    this.#host = host;
    this.#vars = vars;
    this.#resolve = resolve;
  }

  /** The definition of the first of these vars that is set, or null. */
  definitionOf(names: readonly string[]): VarDefinition | null {
    for (const name of names) {
      const definition = this.#vars.get(name);
      if (definition !== undefined) return definition;
    }
    return null;
  }

  /** The setting's value; null where no var sets it, or where it is wrong, which is a problem. */
  read<T>(setting: ConnectionVar, parse: (setting: Setting) => T | Wrong): T | null {
    const definition = this.definitionOf(CONNECTION_VARS[setting]);
    const resolved = definition === null ? null : this.resolved(definition.name);
    if (resolved === null) return null;
    const parsed = parse(resolved);
    if (!(parsed instanceof Wrong)) return parsed;
    this.problems.push(...parsed.problems(resolved));
    return null;
  }

  /** The definition with every `{{ }}` of its value replaced; null where there is none, or where that cannot be done, which is a problem. */
  resolved(name: string): Setting | null {
    const definition = this.#vars.get(name);
    if (definition === undefined) return null;
    const plain = readUnsafe(definition.value);
    if (plain !== null) return { ...definition, value: plain };
    const value = this.#replaced(definition);
    if (value instanceof Wrong) {
      this.problems.push(...value.problems(definition));
      return null;
    }
    return value === definition.value ? definition : { ...definition, value, shownAs: JSON.stringify(definition.value) };
  }

  #replaced({ name, value }: VarDefinition): VarValue | Wrong {
    if (isVaulted(value)) return wrong('is encrypted by ansible-vault, which drover cannot read', vaultHint(name));
    if (typeof value !== 'string' || !/\{\{|\{%/.test(value)) return value;
    if (this.#resolve === null) return wrong('must be written out: {{ }} cannot be replaced here');
    const vars = Object.fromEntries([...this.#vars.values()].map((each) => [each.name, each.value]));
    const resolved = this.#resolve(value, { ...this.#host, vars });
    if ('broken' in resolved) return wrong(`cannot be resolved: ${resolved.broken}`, resolved.hint);
    if (isVaulted(resolved.value)) return wrong('comes to a value that ansible-vault encrypted, which drover cannot read', vaultHint(name));
    return readUnsafe(resolved.value) ?? resolved.value;
  }
}

function vaultHint(name: string): string {
  return HIDDEN_VARS.includes(name) ? 'give the password when drover asks for it' : 'write the value as it is';
}
