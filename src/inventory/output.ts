import type { Vars } from '../model/host.ts';
import { type Group, groupsOf, type Inventory, isPriority } from './inventory.ts';
import { mergedVars } from './merge-vars.ts';
import { redactVars, revealVars } from './redact-vars.ts';

/** A group as `ansible-inventory --list` shows it: empty lists are left out, and so are groups without any. */
interface ListedGroup {
  readonly hosts?: readonly string[];
  readonly children?: readonly string[];
}

/** The inventory in the shape of `ansible-inventory --list`, ready for JSON. */
export type InventoryList = {
  readonly _meta: { readonly hostvars: { readonly [host: string]: Vars } };
} & { readonly [group: string]: ListedGroup | { readonly hostvars: { readonly [host: string]: Vars } } };

/** Whether values of secret names are shown as they are. Default: as `[secret]`. */
export interface ShowOptions {
  readonly secrets?: boolean;
}

/** Makes the listing: `all` first, `ungrouped` the first of its children, vars only of hosts that have some, in the order of their names. */
export function listInventory(inventory: Inventory, options: ShowOptions = {}): InventoryList {
  const vars = inventory.hosts.map(({ name }) => [name, shownVars(inventory, name, options)] as const);
  const hostvars = Object.fromEntries(vars.filter(([, own]) => Object.keys(own).length > 0));
  const groups = [...inventory.groups.values()].map((group) => [group.name, listedGroup(group)] as const);
  return {
    _meta: { hostvars },
    ...Object.fromEntries(groups.filter(([, { hosts, children }]) => hosts !== undefined || children !== undefined)),
  };
}

/** The groups as a tree of text, in the shape of `ansible-inventory --graph`; no final newline. */
export function graphInventory(inventory: Inventory): string {
  return graphLines(inventory, 'all', 0).join('\n');
}

/** The merged vars of a host for display, or null for an unknown host. */
export function hostVarsForDisplay(inventory: Inventory, name: string, options: ShowOptions = {}): Vars | null {
  return inventory.hostVars.has(name) ? shownVars(inventory, name, options) : null;
}

/** Also those that only the connection sees. */
function shownVars({ groups, hostVars }: Inventory, host: string, { secrets = false }: ShowOptions): Vars {
  const layers = groupsOf(groups, host).map((group) => new Map([...group.vars].filter(([, definition]) => !isPriority(definition))));
  const merged = mergedVars([...layers, hostVars.get(host) ?? new Map()]);
  const shown = [...merged.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
  const vars = Object.fromEntries(shown.map(({ name, value }) => [name, value]));
  return secrets ? revealVars(vars) : redactVars(vars);
}

function listedGroup(group: Group): ListedGroup {
  const isAll = group.name === 'all';
  const children = isAll ? ['ungrouped', ...group.children.filter((child) => child !== 'ungrouped')] : group.children;
  const hosts = isAll || group.hosts.length === 0 ? {} : { hosts: group.hosts };
  return children.length === 0 ? hosts : { ...hosts, children };
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
