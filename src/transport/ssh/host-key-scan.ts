import type { Host } from '../../model/host.ts';
import { TransportError } from '../../model/transport.ts';
import type { Dialer } from './dialer.ts';
import { HostKeyLedger, type LedgerEntry } from './host-key-ledger.ts';
import type { SshRoutes } from './routes.ts';
import type { SshRoute } from './stop.ts';

/** A machine on a route whose key nobody knows and somebody may be asked about: it ends this route. */
interface Stranger {
  readonly route: SshRoute;
  /** As the operator knows it: the inventory's name of a host, ProxyJump's of a machine on the way. */
  readonly label: string;
}

/**
 * The keys that machines on the way to these hosts show and no known_hosts file holds, as far as the policy `ask` is theirs; of machines behind one
 * of those nothing is known yet. Machines that cannot be reached are left out: the run says why.
 */
export async function scanHostKeys(
  hosts: Iterable<Host>,
  { routes, dialer }: { readonly routes: SshRoutes; readonly dialer: Dialer },
  signal: AbortSignal,
): Promise<readonly LedgerEntry[]> {
  const strangers = new Map<string, Stranger[]>();
  for (const host of hosts) {
    if (host.connection.transport !== 'ssh') continue;
    const stranger = await firstStranger(host, routes.routeOf(host.connection).value, dialer);
    if (stranger === null) continue;
    const key = JSON.stringify(
      stranger.route.map(({ address, port, user, proxyCommand, hostKey }) => [address, port, user, proxyCommand, hostKey]),
    );
    strangers.set(key, [...(strangers.get(key) ?? []), stranger]);
  }
  const ledger = new HostKeyLedger();
  await Promise.all([...strangers.values()].map((same) => glimpse(same, { ledger, dialer, signal })));
  return ledger.entries;
}

async function firstStranger(host: Host, route: SshRoute, dialer: Dialer): Promise<Stranger | null> {
  for (const [index, { hostKey, name }] of route.entries()) {
    const isStrange = hostKey.policy === 'ask' && (await dialer.store.isStranger(hostKey.files, hostKey.name).catch(() => false));
    const [stop, before] = [route[index], route.slice(0, index)];
    if (isStrange && stop !== undefined) return { route: [...before, stop], label: index === route.length - 1 ? host.name : name };
  }
  return null;
}

interface Glimpsing {
  readonly ledger: HostKeyLedger;
  readonly dialer: Dialer;
  readonly signal: AbortSignal;
}

async function glimpse(same: readonly Stranger[], { ledger, dialer, signal }: Glimpsing): Promise<void> {
  const route = same[0]?.route;
  const hostKey = route?.at(-1)?.hostKey;
  const file = hostKey?.files[0];
  if (route === undefined || hostKey === undefined || file === undefined) return;
  try {
    const key = await dialer.glimpse(route, signal);
    if (await dialer.store.isSettled(hostKey.files, hostKey.name, key)) return;
    for (const { label } of same) ledger.add({ host: label, name: hostKey.name, key, file, hashed: hostKey.hashed });
  } catch (error) {
    if (!(error instanceof TransportError)) throw error;
  }
}
