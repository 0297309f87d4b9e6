import { inPlaceOrder } from '../../src/errors/diagnose.ts';
import { connectionProblems } from '../../src/inventory/connection-problems.ts';
import type { Inventory } from '../../src/inventory/inventory.ts';
import { loadInventory } from '../../src/inventory/load.ts';
import type { Checked, Diagnostic } from '../../src/model/diagnostic.ts';

/** Loads inventory texts as files named `1.yaml`, `2.yaml`, … */
export function load(...texts: readonly string[]): Promise<Checked<Inventory>> {
  const files = texts.map((_, index) => `${index + 1}.yaml`);
  const readFile = async (path: string) => texts[files.indexOf(path)] ?? '';
  return loadInventory(files, { readFile });
}

/** Loads one text as a file of this name. */
export function loadAs(file: string, text: string): Promise<Checked<Inventory>> {
  const readFile = async (path: string) => {
    if (path === file) return text;
    throw Object.assign(new Error('gone'), { code: 'ENOENT' });
  };
  return loadInventory([file], { readFile });
}

/** Loads inventory texts that must have no problem. */
export async function inventoryOf(...texts: readonly string[]): Promise<Inventory> {
  const { value, problems } = await load(...texts);
  if (problems.length > 0) throw new Error(problems.map((problem) => problem.message).join('\n'));
  return value;
}

/** What is wrong with an inventory, and with how its hosts are reached, in the order of places. */
export function allProblems({ value, problems }: Checked<Inventory>): readonly Diagnostic[] {
  return inPlaceOrder([...problems, ...connectionProblems(value, value.hosts)]);
}
