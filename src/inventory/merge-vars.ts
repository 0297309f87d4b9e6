import type { Group, VarDefinition, VarDefinitions } from './inventory.ts';

/** The winning definition of each var of a host: the nearer group wins, the host wins over all. Lists and mappings are replaced whole. */
export function mergedVars(groups: readonly Group[], own: VarDefinitions): VarDefinitions {
  const merged = new Map<string, VarDefinition>();
  for (const layer of [...groups.map((group) => group.vars), own]) for (const [name, definition] of layer) merged.set(name, definition);
  return merged;
}
