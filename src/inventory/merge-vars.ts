import type { Group, Inventory, VarDefinition, VarDefinitions } from './inventory.ts';

/**
 * The groups of a host from the farthest to the nearest, `all` first: by depth, then `ansible_group_priority` (default 1), then name,
 * so that of two groups of the same depth the later name wins, as in Ansible.
 */
export function groupsOf(groups: ReadonlyMap<string, Group>, host: string): readonly Group[] {
  return [...groups.values()].filter((group) => group.name === 'all' || group.members.has(host)).sort(farthestFirst);
}

/** The winning definition of each var of a host: the nearer group wins, the host wins over all. Lists and mappings are replaced whole. */
export function mergedVars(groups: readonly Group[], own: VarDefinitions): VarDefinitions {
  const merged = new Map<string, VarDefinition>();
  for (const layer of [...groups.map((group) => group.vars), own]) for (const [name, definition] of layer) merged.set(name, definition);
  return merged;
}

/** Every definition of a host's var, the weakest first and the one that counts last; empty for unknown names. */
export function explainVar(inventory: Pick<Inventory, 'groups' | 'hostVars'>, host: string, name: string): readonly VarDefinition[] {
  const layers = [...groupsOf(inventory.groups, host).map((group) => group.vars), inventory.hostVars.get(host)];
  return layers.flatMap((layer) => layer?.get(name) ?? []);
}

function farthestFirst(a: Group, b: Group): number {
  return a.depth - b.depth || priority(a) - priority(b) || (a.name < b.name ? -1 : 1);
}

function priority(group: Group): number {
  const value = group.vars.get('ansible_group_priority')?.value;
  return typeof value === 'number' ? value : 1;
}
