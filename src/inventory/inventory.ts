import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { Host, VarValue } from '../model/host.ts';

/** What kind of source defines a var; for one group or host each wins over those before it. */
export type VarOrigin = 'inventory' | 'inventory-vars' | 'playbook-vars';

/** A var as one group or host defines it. */
export interface VarDefinition {
  readonly name: string;
  /** Values that ansible-vault encrypted and text marked `!unsafe` are kept as `model/kept-value.ts` says. */
  readonly value: VarValue;
  readonly definedBy: { readonly kind: 'group' | 'host'; readonly name: string };
  /** An inventory source itself, `group_vars`/`host_vars` beside one, or those beside the playbook. */
  readonly origin: VarOrigin;
  readonly place: Place;
  /** The source line, with values of secret names masked. */
  readonly source: string | null;
  /** The definition of the same group or host that this one replaced. */
  readonly shadows: VarDefinition | null;
}

/** Vars by name; for a name defined more than once by the same group or host the one that counts, which knows those it replaced. */
export type VarDefinitions = ReadonlyMap<string, VarDefinition>;

/** A file of vars that ansible-vault encrypted as a whole. */
export interface EncryptedFile {
  readonly definedBy: VarDefinition['definedBy'];
  readonly file: string;
}

/** A group: its own hosts and children, how deep it lies, and its vars. */
export interface Group {
  readonly name: string;
  /** Longest way down from `all`, which has 0. */
  readonly depth: number;
  /** Hosts named in the group itself, in the order of the files. */
  readonly hosts: readonly string[];
  /** Groups directly below, in the order of the files. */
  readonly children: readonly string[];
  /** Names of all hosts of the group and of the groups below: its own, then level by level those of the groups below. */
  readonly members: ReadonlySet<string>;
  readonly vars: VarDefinitions;
}

/** All hosts and groups of the loaded inventory sources. */
export interface Inventory {
  /** In the order in which the sources first name them. */
  readonly hosts: readonly Host[];
  /** By name, `all` first, then in the order of the sources, `ungrouped` where hosts are in no group. */
  readonly groups: ReadonlyMap<string, Group>;
  /** What each host defines for itself. */
  readonly hostVars: ReadonlyMap<string, VarDefinitions>;
  /** Vars files that cannot be read without the vault's password. */
  readonly encryptedFiles: readonly EncryptedFile[];
  /** Why hosts cannot be reached as their vars say, by name; a problem only where something is to be done on such a host. */
  readonly connectionProblems: ReadonlyMap<string, readonly Diagnostic[]>;
}

/** What decides which definition of a host's var counts. */
export type VarLayers = Pick<Inventory, 'groups' | 'hostVars'>;

/**
 * The groups of a host from the farthest to the nearest, `all` first: by depth, then `ansible_group_priority` (default 1), then name,
 * so that of two groups of the same depth the later name wins, as in Ansible.
 */
export function groupsOf(groups: ReadonlyMap<string, Group>, host: string): readonly Group[] {
  return [...groups.values()].filter((group) => group.name === 'all' || group.members.has(host)).sort(farthestFirst);
}

/** Every definition of a host's var, the weakest first and the one that counts last; empty for unknown names. */
export function definitionsOf({ groups, hostVars }: VarLayers, host: string, name: string): readonly VarDefinition[] {
  const layers = [...groupsOf(groups, host).map((group) => group.vars), hostVars.get(host)];
  return layers.flatMap((layer) => history(layer?.get(name) ?? null));
}

/** Names of all vars of a host, in the order in which groups, the farthest first, and the host define them. */
export function varNamesOf({ groups, hostVars }: VarLayers, host: string): readonly string[] {
  const layers = [...groupsOf(groups, host).map((group) => group.vars), hostVars.get(host)];
  return [...new Set(layers.flatMap((layer) => [...(layer?.keys() ?? [])]))];
}

function farthestFirst(a: Group, b: Group): number {
  return a.depth - b.depth || priority(a) - priority(b) || (a.name < b.name ? -1 : 1);
}

/** True for a definition that says how a group stands among those of its depth; Ansible takes it from sources only, and then it is no var. */
export function isPriority({ name, origin, definedBy }: VarDefinition): boolean {
  return name === 'ansible_group_priority' && origin === 'inventory' && definedBy.kind === 'group';
}

function priority(group: Group): number {
  const defined = history(group.vars.get('ansible_group_priority') ?? null);
  const value = defined.findLast(isPriority)?.value;
  if (typeof value === 'number') return value;
  return typeof value === 'string' && /^\s*[-+]?[0-9]+\s*$/.test(value) ? Number(value) : 1;
}

function history(last: VarDefinition | null): readonly VarDefinition[] {
  const found: VarDefinition[] = [];
  for (let definition = last; definition !== null; definition = definition.shadows) found.push(definition);
  return found.reverse();
}
