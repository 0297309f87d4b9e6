import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Host } from '../../model/host.ts';
import { TransportError } from '../../model/transport.ts';
import { HostKeyLedger, type LedgerEntry } from '../ssh/host-key-ledger.ts';
import { parseKnownHosts } from '../ssh/known-hosts.ts';
import type { KnownHostsStore } from '../ssh/known-hosts-store.ts';
import type { HostKeySettings } from '../ssh/stop.ts';
import type { OpenSshDialer } from './openssh-dialer.ts';
import { hostKeyOf, type Route } from './routes.ts';
import { makeSocketFolder } from './socket-folder.ts';

/** A machine on a route whose key nobody knows and somebody may be asked about: it ends this route. */
interface Stranger {
  readonly route: Route;
  readonly hostKey: HostKeySettings;
  /** As the operator knows it: the inventory's name of a host, ProxyJump's of a machine on the way. */
  readonly label: string;
}

interface Scanning {
  readonly dialer: OpenSshDialer;
  readonly store: KnownHostsStore;
  readonly signal: AbortSignal;
}

/**
 * The keys that machines on the way to these hosts show to ssh(1) and no known_hosts file holds, as far as the policy `ask` is theirs. Machines that
 * cannot be reached are left out: the run says why.
 */
export async function scanHostKeys(hosts: Iterable<Host>, scanning: Scanning): Promise<readonly LedgerEntry[]> {
  const own = [...hosts].filter(({ connection }) => connection.transport === 'openssh');
  const found = await Promise.all(own.map((host) => firstStranger(host, scanning).catch(onlyTrouble)));
  const groups = new Map<string, Stranger[]>();
  for (const stranger of found) {
    if (stranger === null) continue;
    const key = JSON.stringify(stranger.route.map(({ given, name }) => [given, name]));
    groups.set(key, [...(groups.get(key) ?? []), stranger]);
  }
  const ledger = new HostKeyLedger();
  await Promise.all([...groups.values()].map((same) => glimpse(same, ledger, scanning).catch(onlyTrouble)));
  return ledger.entries;
}

function onlyTrouble(error: unknown): null {
  if (error instanceof TransportError) return null;
  throw error;
}

async function firstStranger(host: Host, { dialer, store, signal }: Scanning): Promise<Stranger | null> {
  const route = await dialer.route(host.connection, signal);
  for (const [index, stop] of route.entries()) {
    const hostKey = hostKeyOf(stop);
    if (hostKey?.policy !== 'ask' || !(await store.isStranger(hostKey.files, hostKey.name))) continue;
    return { route: [...route.slice(0, index), stop], hostKey, label: index === route.length - 1 ? host.name : stop.name };
  }
  return null;
}

async function glimpse(same: readonly Stranger[], ledger: HostKeyLedger, { dialer, store, signal }: Scanning): Promise<void> {
  const [{ route, hostKey } = {}] = same;
  const file = hostKey?.files[0];
  if (route === undefined || hostKey === undefined || file === undefined) return;
  const folder = makeSocketFolder();
  try {
    const shown = join(folder, 'shown');
    await dialer.knock(route, lookingArguments(shown), signal).catch(onlyTrouble);
    const [line] = parseKnownHosts(await readFile(shown, 'utf8').catch(() => ''), shown);
    if (line === undefined) return;
    const key = Buffer.from(line.key, 'base64');
    if (await store.isSettled(hostKey.files, hostKey.name, key)) return;
    for (const { label } of same) ledger.add({ host: label, name: hostKey.name, key, file, hashed: hostKey.hashed });
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/** ssh writes the key down where nobody else looks, and offers nothing to log in with. */
function lookingArguments(file: string): readonly string[] {
  const options = [
    ...['StrictHostKeyChecking=accept-new', `UserKnownHostsFile=${file}`, 'GlobalKnownHostsFile=none', 'HashKnownHosts=no'],
    ...['PreferredAuthentications=none', 'CheckHostIP=no'],
  ];
  return options.flatMap((option) => ['-o', option]);
}
