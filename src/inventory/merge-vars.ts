import type { VarDefinition, VarDefinitions } from './inventory.ts';

/** The definition of each var that counts, of layers of which later ones win. Lists and mappings are replaced whole. */
export function mergedVars(layers: readonly VarDefinitions[]): VarDefinitions {
  const merged = new Map<string, VarDefinition>();
  for (const layer of layers) for (const [name, definition] of layer) merged.set(name, definition);
  return merged;
}
