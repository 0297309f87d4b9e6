import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import type { Host, VarOrigins, Vars } from '../model/host.ts';
import { HIDDEN_VARS } from './connection-vars.ts';
import { type EncryptedFile, type Group, groupsOf, type Inventory, type VarDefinitions } from './inventory.ts';
import { mergedVars } from './merge-vars.ts';
import { type ConnectionOptions, readConnection } from './read-connection.ts';

/** What is known of an inventory before its hosts are made. */
type Grouped = Omit<Inventory, 'hosts' | 'connectionProblems'>;

/** Makes the hosts of an inventory, in its order: groups, merged vars, and how each is reached. */
export function buildHosts(inventory: Grouped, options: ConnectionOptions): Checked<Pick<Inventory, 'hosts' | 'connectionProblems'>> {
  const layers = new Map<string, Layer>();
  const problems: Diagnostic[] = [];
  const connectionProblems = new Map<string, readonly Diagnostic[]>();
  const direct = directGroups(inventory.groups);
  const hosts = [...inventory.hostVars].map(([name, own]) => {
    const key = direct.get(name)?.join(',') ?? '';
    const layer = layers.get(key) ?? layerOf(inventory, name);
    layers.set(key, layer);
    const host = buildHost(name, own, { inventory, layer, options });
    // A name that drover does not know is a mistake whoever uses it; how a host is reached matters only where it is used.
    problems.push(...host.problems.filter(({ code }) => code === 'key-unknown'));
    const unreachable = host.problems.filter(({ code }) => code !== 'key-unknown');
    if (unreachable.length > 0) connectionProblems.set(name, unreachable);
    return host.value;
  });
  return { value: { hosts, connectionProblems }, problems };
}

/** What hosts in the same groups have in common. */
interface Layer {
  /** Without `all`, the nearest last. */
  readonly groups: readonly string[];
  readonly definitions: VarDefinitions;
  readonly vars: Vars;
}

interface Surroundings {
  readonly inventory: Grouped;
  readonly layer: Layer;
  readonly options: ConnectionOptions;
}

function buildHost(name: string, own: VarDefinitions, { inventory, layer, options }: Surroundings): Checked<Host> {
  const definitions = own.size === 0 ? layer.definitions : mergedVars([layer.definitions, own]);
  const connection = readConnection({ name, groups: layer.groups }, definitions, options);
  const vars = own.size === 0 ? layer.vars : plainVars(definitions);
  const origins: VarOrigins = {
    placeOf: (wanted) => definitions.get(wanted)?.place ?? null,
    get encryptedFiles() {
      return encryptedFiles(inventory, name, layer.groups);
    },
  };
  return { value: { name, groups: layer.groups, vars, connection: connection.value, origins }, problems: connection.problems };
}

function layerOf({ groups }: Grouped, host: string): Layer {
  const chain = groupsOf(groups, host);
  const definitions = mergedVars(chain.map((group) => group.vars));
  return { groups: chain.map((group) => group.name).filter((name) => name !== 'all'), definitions, vars: plainVars(definitions) };
}

/** The groups that name each host themselves: hosts with the same ones are in the same groups. */
function directGroups(groups: ReadonlyMap<string, Group>): ReadonlyMap<string, readonly string[]> {
  const direct = new Map<string, string[]>();
  for (const group of groups.values()) {
    for (const host of group.hosts) {
      const known = direct.get(host);
      if (known === undefined) direct.set(host, [group.name]);
      else known.push(group.name);
    }
  }
  return direct;
}

function plainVars(definitions: VarDefinitions): Vars {
  const vars = [...definitions.values()].filter((definition) => !HIDDEN_VARS.includes(definition.name));
  return Object.fromEntries(vars.map((definition) => [definition.name, definition.value]));
}

function encryptedFiles({ encryptedFiles }: Grouped, host: string, groups: readonly string[]): readonly string[] {
  const isOf = ({ definedBy: { kind, name } }: EncryptedFile): boolean =>
    kind === 'host' ? name === host : name === 'all' || groups.includes(name);
  return encryptedFiles.filter(isOf).map(({ file }) => file);
}
