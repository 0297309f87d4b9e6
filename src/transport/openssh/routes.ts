import type { ConnectionSettings } from '../../model/host.ts';
import type { SshHop } from '../../model/ssh-options.ts';
import { TransportError } from '../../model/transport.ts';
import { ExpansionError, expandTokens } from '../ssh/config/expand.ts';
import { parseProxyJump } from '../ssh/config/proxy-jump.ts';
import { knownHostName } from '../ssh/known-hosts.ts';
import type { HostKeySettings } from '../ssh/stop.ts';
import { givenArguments, policyOf } from './command-line.ts';
import type { EffectiveConfig } from './effective-config.ts';

/** One connection by ssh(1) on the way to a host, a machine's in between or the host's own. */
export interface Stop {
  /** As the inventory's address or ProxyJump names it: what stands on the command line of ssh. */
  readonly name: string;
  /** Of the host, with what is said of this connection alone. */
  readonly settings: ConnectionSettings;
  /** What is given, as arguments of ssh. */
  readonly given: readonly string[];
  /** What ssh makes of that and its files. */
  readonly config: EffectiveConfig;
}

/** The connections that lead to a host, the first one to make first, the host's own last. */
export type Route = readonly [...Stop[], Stop];

type Ask = (args: readonly string[]) => Promise<EffectiveConfig>;

/** Settles the way to a host as ssh would when it runs itself for ProxyJump. Rejects with TransportError, also where it comes back to a machine. */
export async function settleRoute(settings: ConnectionSettings, home: string, ask: Ask): Promise<Route> {
  return follow(settings, []);

  async function follow(of: ConnectionSettings, trail: readonly Stop[]): Promise<Route> {
    const given = givenArguments(of, home);
    const stop: Stop = { name: of.address, settings: of, given, config: await ask([...given, '--', of.address]) };
    const hops = hopsOf(stop);
    const last = hops.at(-1);
    if (last === undefined) return [stop];
    if (trail.some((other) => isSame(other, stop))) throw comesBack([...trail, stop]);
    return [...(await follow(hopSettings(of, last, hops.slice(0, -1)), [...trail, stop])), stop];
  }
}

/** What messages say of a stop. */
export function targetOf({ name, config }: Stop): { readonly address: string; readonly port: string; readonly user: string } {
  return { address: config.get('hostname') ?? name, port: config.get('port') ?? '22', user: config.get('user') ?? '' };
}

/** How the host key is looked up; null where ssh has other places to look at than files, or paths cannot be told from each other. */
export function hostKeyOf(stop: Stop): HostKeySettings | null {
  const { config, settings } = stop;
  const { address, port } = targetOf(stop);
  const asksOthers = !isNo(config.get('knownhostscommand')) || !isNo(config.get('verifyhostkeydns'));
  const { userKnownHostsFiles, globalKnownHostsFiles } = settings.given;
  const files = [
    ...filesOf(userKnownHostsFiles, config.get('userknownhostsfile')),
    ...filesOf(globalKnownHostsFiles, config.get('globalknownhostsfile')),
  ];
  if (asksOthers || files.some((file) => !file.startsWith('/') || file.includes('%'))) return null;
  return {
    name: knownHostName(address, Number(port), config.get('hostkeyalias') ?? null),
    files,
    policy: policyOf(settings, config),
    algorithms: null,
    hashed: config.get('hashknownhosts') === 'yes',
  };
}

/** As ssh settled them; of paths with spaces `ssh -G` shows no ends. */
function filesOf(given: readonly string[] | undefined, settled: string = ''): readonly string[] {
  if (given?.some((file) => /\s/.test(file)) === true) return given;
  return settled.split(' ').filter((file) => file !== '' && file !== 'none');
}

function isNo(value: string | undefined): boolean {
  return value === undefined || ['none', 'no', 'false'].includes(value);
}

function hopsOf(stop: Stop): readonly SshHop[] {
  const text = stop.config.get('proxyjump') ?? 'none';
  const { address, port, user } = targetOf(stop);
  const tokens = { h: address, n: stop.name, p: port, r: user };
  try {
    const hops = parseProxyJump(text);
    if (hops === null) throw new ExpansionError('it is no list of machines');
    return hops.map(({ host, ...more }) => ({ ...more, host: expandTokens(host, tokens) }));
  } catch (error) {
    if (!(error instanceof ExpansionError)) throw error;
    throw new TransportError('resolve', `ssh_config: ProxyJump ${text}: ${error.message}`);
  }
}

/** What ssh is called with for the machine before a host: itself jumps over those before it, or else as its own lines say. */
function hopSettings(settings: ConnectionSettings, { host, user, port }: SshHop, before: readonly SshHop[]): ConnectionSettings {
  const given = {
    ...(user === undefined ? {} : { user }),
    ...(port === undefined ? {} : { port }),
    ...(before.length === 0 ? {} : { proxyJump: before }),
  };
  return { ...settings, address: host, given, sshArguments: [], password: null, becomePassword: null };
}

function isSame(a: Stop, b: Stop): boolean {
  const id = (stop: Stop): string => JSON.stringify([stop.name, targetOf(stop)]);
  return id(a) === id(b);
}

function comesBack(trail: readonly Stop[]): TransportError {
  const way = trail.map(({ name }) => name).join(' over ');
  const hint = `give ${trail.at(-1)?.name} "ProxyJump none" above the line that applies to all`;
  return new TransportError('resolve', `ProxyJump leads back to where it came from: ${way}`, { hint });
}
