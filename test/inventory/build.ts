import { connectionDefaults } from '../../src/inventory/connection-defaults.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import type { Checked } from '../../src/model/diagnostic.ts';

/** Defaults of an operator named `deploy`. */
export const defaults = connectionDefaults({ user: 'deploy', home: '/home/deploy', agentSocket: null });

/** Loads inventory texts as files named `1.yaml`, `2.yaml`, … */
export function load(...texts: readonly string[]): Promise<Checked<Inventory>> {
  const files = texts.map((_, index) => `${index + 1}.yaml`);
  const readFile = async (path: string) => texts[files.indexOf(path)] ?? '';
  return loadInventory(files, { defaults, home: '/home/deploy', readFile });
}

/** Loads inventory texts that must have no problem. */
export async function inventoryOf(...texts: readonly string[]): Promise<Inventory> {
  const { value, problems } = await load(...texts);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join('\n'));
  return value;
}
