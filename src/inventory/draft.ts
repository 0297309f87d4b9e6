import type { Diagnostic, Place } from '../model/diagnostic.ts';
import type { EncryptedFile, VarDefinition } from './inventory.ts';

/** A group while files are read. */
export interface GroupDraft {
  readonly name: string;
  readonly hosts: Set<string>;
  /** Child names with the place where each is first named; null for those that nothing names. */
  readonly children: Map<string, { readonly place: Place; readonly source: string | null } | null>;
  readonly vars: Map<string, VarDefinition>;
}

/** What the files read so far say; filled by `readGroups`. */
export interface Draft {
  readonly groups: Map<string, GroupDraft>;
  /** Own vars of each host, in the order in which hosts appear. */
  readonly hosts: Map<string, Map<string, VarDefinition>>;
  readonly encryptedFiles: EncryptedFile[];
  readonly problems: Diagnostic[];
}

/** A draft that knows only the group `all`. */
export function emptyDraft(): Draft {
  const draft: Draft = { groups: new Map(), hosts: new Map(), encryptedFiles: [], problems: [] };
  groupDraft(draft, 'all');
  return draft;
}

/** The draft's group of this name, made on first use. */
export function groupDraft(draft: Draft, name: string): GroupDraft {
  const known = draft.groups.get(name);
  if (known !== undefined) return known;
  const made: GroupDraft = { name, hosts: new Set(), children: new Map(), vars: new Map() };
  draft.groups.set(name, made);
  return made;
}

/** The draft's own vars of a host, made on first use. */
export function hostDraft(draft: Draft, name: string): Map<string, VarDefinition> {
  const known = draft.hosts.get(name);
  if (known !== undefined) return known;
  const made = new Map<string, VarDefinition>();
  draft.hosts.set(name, made);
  return made;
}

/** A var as a source says it, before it is known whose it is. */
export type WrittenVar = Pick<VarDefinition, 'name' | 'value' | 'place' | 'source'>;

/** Adds a var to those of a group or host; it counts from now on, and knows the definition that it replaces. */
export function define(vars: Map<string, VarDefinition>, written: WrittenVar, by: Pick<VarDefinition, 'definedBy' | 'origin'>): void {
  const { name, value, place, source } = written;
  // Written out, not spread: there may be half a million of them.
  vars.set(name, { name, value, definedBy: by.definedBy, origin: by.origin, place, source, shadows: vars.get(name) ?? null });
}
