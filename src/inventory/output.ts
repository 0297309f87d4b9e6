import type { Vars } from '../model/host.ts';
import type { Group, Inventory } from './inventory.ts';
import { redactVars } from './redact-vars.ts';

/** A group as `ansible-inventory --list` shows it; empty lists are left out. */
interface ListedGroup {
  readonly hosts?: readonly string[];
  readonly children?: readonly string[];
}

/** The inventory in the shape of `ansible-inventory --list`, ready for JSON; secret values are `[secret]`. */
export type InventoryList = {
  readonly _meta: { readonly hostvars: { readonly [host: string]: Vars } };
} & { readonly [group: string]: ListedGroup | { readonly hostvars: { readonly [host: string]: Vars } } };

/** Makes the listing. */
export function listInventory(inventory: Inventory): InventoryList {
  const hostvars = Object.fromEntries(inventory.hosts.map((host) => [host.name, redactVars(host.vars)]));
  const groups = Object.fromEntries([...inventory.groups.values()].map((group) => [group.name, listedGroup(group)]));
  return { ...groups, _meta: { hostvars } };
}

/** The groups as a tree of text, in the shape of `ansible-inventory --graph`; no final newline. */
export function graphInventory(inventory: Inventory): string {
  return graphLines(inventory, 'all', 0).join('\n');
}

/** The merged vars of a host for display, or null for an unknown host; secret values are `[secret]`. */
export function hostVarsForDisplay(inventory: Inventory, name: string): Vars | null {
  const host = inventory.hosts.find((candidate) => candidate.name === name);
  return host === undefined ? null : redactVars(host.vars);
}

function listedGroup(group: Group): ListedGroup {
  const hosts = group.name === 'all' || group.hosts.length === 0 ? {} : { hosts: group.hosts };
  return group.children.length === 0 ? hosts : { ...hosts, children: group.children };
}

function graphLines(inventory: Inventory, name: string, depth: number): readonly string[] {
  const group = inventory.groups.get(name);
  const children = group?.children.flatMap((child) => graphLines(inventory, child, depth + 1)) ?? [];
  const hosts = name === 'all' ? [] : (group?.hosts ?? []).map((host) => branch(host, depth + 1));
  return [branch(`@${name}:`, depth), ...children, ...hosts];
}

function branch(name: string, depth: number): string {
  return depth === 0 ? name : `${'  |'.repeat(depth)}--${name}`;
}
