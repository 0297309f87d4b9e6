import type { Place } from '../model/diagnostic.ts';
import type { Host, VarValue } from '../model/host.ts';

/** A var as one group or host defines it. */
export interface VarDefinition {
  readonly name: string;
  readonly value: VarValue;
  readonly definedBy: { readonly kind: 'group' | 'host'; readonly name: string };
  readonly place: Place;
  /** The source line, with values of secret names masked. */
  readonly source: string | null;
}

/** Vars by name; for a name defined more than once by the same group or host the last definition. */
export type VarDefinitions = ReadonlyMap<string, VarDefinition>;

/** A group: its own hosts and children, how deep it lies, and its vars. */
export interface Group {
  readonly name: string;
  /** Longest way down from `all`, which has 0. */
  readonly depth: number;
  /** Hosts named in the group itself, in the inventory's order. */
  readonly hosts: readonly string[];
  /** Groups directly below, in the order of the files. */
  readonly children: readonly string[];
  /** Names of all hosts of the group and of the groups below. */
  readonly members: ReadonlySet<string>;
  readonly vars: VarDefinitions;
}

/** All hosts and groups of the loaded inventory files. */
export interface Inventory {
  /** In the order in which the files first name them. */
  readonly hosts: readonly Host[];
  /** By name, `all` first, then in the order of the files, `ungrouped` where hosts are in no group. */
  readonly groups: ReadonlyMap<string, Group>;
  /** What each host defines for itself. */
  readonly hostVars: ReadonlyMap<string, VarDefinitions>;
}
