import { resolve } from 'node:path';
import type { Checked } from '../../model/diagnostic.ts';
import type { ConnectionSettings, HostKeyPolicy } from '../../model/host.ts';
import type { ResolvedSshOptions } from '../../model/resolved-ssh-options.ts';
import type { ConfigFile } from './config/directive.ts';
import { fileSource } from './config/file-source.ts';
import { type ConfigRoot, loadConfig } from './config/load-config.ts';
import { type LocalMachine, thisMachine } from './config/local-machine.ts';
import { type RouteStop, resolveRoute } from './config/route.ts';
import { knownHostName } from './known-hosts.ts';
import type { HostKeySettings, Keepalive, KeySettings, SshRoute, SshStop } from './stop.ts';

/** Who connects, from where. */
export interface Traveller {
  readonly username: string;
  /** Home directory, an absolute path. */
  readonly home: string;
  /** Directory that relative paths begin in. */
  readonly cwd: string;
  /** `$SSH_AUTH_SOCK`, or null. */
  readonly agentSocket: string | null;
}

/** Two unanswered signs of life in a row, and the third is due: 30 s. */
const KEEPALIVE: Keepalive = { intervalMs: 10_000, countMax: 2 };

/** ssh_config(5), IdentityFile, without those for types that ssh2 cannot do. */
const DEFAULT_KEYS = ['id_ed25519', 'id_ecdsa', 'id_rsa'];

/** The ways to hosts, as their vars, ssh_config and the defaults say. Files are read once, when the first host needs them. */
export class SshRoutes {
  readonly #traveller: Traveller;
  readonly #machine: LocalMachine;
  readonly #files = new Map<string | null, Checked<readonly ConfigFile[]>>();

  constructor(traveller: Traveller) {
    const { username: user, home, agentSocket } = traveller;
    const here = thisMachine();
    const env = (name: string): string | undefined => (name === 'SSH_AUTH_SOCK' ? (agentSocket ?? undefined) : here.env(name));
    this.#traveller = traveller;
    this.#machine = { ...here, user, home, env };
  }

  /** The way to a host, and what is wrong with what the files say of it. */
  routeOf(settings: ConnectionSettings): Checked<SshRoute> {
    const { address, given, sshConfigFile } = settings;
    const files = this.#load(sshConfigFile);
    const { value: stops, problems } = resolveRoute(files.value, { host: address, given, machine: this.#machine });
    const last = stops.at(-1) ?? { host: address, options: { hostName: address } };
    const route: SshRoute = [
      ...stops.slice(0, -1).map((stop) => this.#stop(stop, settings)),
      { ...this.#stop(last, settings), password: settings.password },
    ];
    return { value: route, problems: [...files.problems, ...problems] };
  }

  #load(file: string | null): Checked<readonly ConfigFile[]> {
    const loaded = this.#files.get(file) ?? loadConfig(this.#rootsOf(file), fileSource, this.#machine);
    this.#files.set(file, loaded);
    return loaded;
  }

  #rootsOf(file: string | null): readonly ConfigRoot[] {
    const { home, cwd } = this.#traveller;
    if (file === null) {
      return [
        { path: `${home}/.ssh/config`, scope: 'user', isRequired: false },
        { path: '/etc/ssh/ssh_config', scope: 'system', isRequired: false },
      ];
    }
    if (file === 'none') return [];
    const path = file.startsWith('~/') ? `${home}${file.slice(1)}` : resolve(cwd, file);
    return [{ path, scope: 'user', isRequired: true }];
  }

  #stop({ host, options }: RouteStop, { deadlines, hostKeyPolicy }: ConnectionSettings): SshStop {
    const port = options.port ?? 22;
    return {
      name: host,
      address: options.hostName,
      port,
      user: options.user ?? this.#traveller.username,
      keys: this.#keys(options),
      password: null,
      hostKey: this.#hostKey(options, port, hostKeyPolicy),
      algorithms: { KexAlgorithms: options.kexAlgorithms, Ciphers: options.ciphers, MACs: options.macs },
      proxyCommand: (options.proxyJump ?? []).length > 0 ? null : (options.proxyCommand ?? null),
      keepalive: keepaliveOf(options),
      connectMs: (options.connectTimeoutSec ?? 0) > 0 ? Math.round((options.connectTimeoutSec ?? 0) * 1000) : deadlines.connectMs,
      authenticateMs: deadlines.authenticateMs,
      addressFamily: options.addressFamily ?? 0,
      bindAddress: options.bindAddress ?? null,
    };
  }

  #keys({ identityFiles, identitiesOnly, identityAgent }: ResolvedSshOptions): KeySettings {
    return {
      files: identityFiles ?? DEFAULT_KEYS.map((name) => `${this.#traveller.home}/.ssh/${name}`),
      areNamed: identityFiles !== undefined,
      only: identitiesOnly ?? false,
      agentSocket: identityAgent === undefined ? this.#traveller.agentSocket : identityAgent,
    };
  }

  #hostKey(options: ResolvedSshOptions, port: number, wanted: HostKeyPolicy | null): HostKeySettings {
    const user = options.userKnownHostsFiles ?? [`${this.#traveller.home}/.ssh/known_hosts`];
    return {
      name: knownHostName(options.hostName, port, options.hostKeyAlias ?? null),
      files: [...user, ...(options.globalKnownHostsFiles ?? ['/etc/ssh/ssh_known_hosts'])],
      policy: wanted ?? policyOf(options),
      algorithms: options.hostKeyAlgorithms ?? null,
      hashed: options.hashKnownHosts ?? false,
    };
  }
}

/** What is wrong with the ways to these hosts, each reason once. */
export function routeProblems(routes: SshRoutes, hosts: Iterable<{ readonly connection: ConnectionSettings }>): Checked<null>['problems'] {
  return [...new Set(hosts)].flatMap(({ connection }) => (connection.transport === 'ssh' ? routes.routeOf(connection).problems : []));
}

/** `no` would accept changed keys too; drover never does. */
function policyOf({ strictHostKeyChecking }: ResolvedSshOptions): HostKeyPolicy {
  if (strictHostKeyChecking === 'yes') return 'strict';
  return strictHostKeyChecking === undefined || strictHostKeyChecking === 'ask' ? 'ask' : 'accept-new';
}

/** An interval of 0 is never, as in ssh_config(5). */
function keepaliveOf({ serverAliveIntervalSec, serverAliveCountMax }: ResolvedSshOptions): Keepalive {
  return {
    intervalMs: serverAliveIntervalSec === undefined ? KEEPALIVE.intervalMs : serverAliveIntervalSec * 1000,
    countMax: serverAliveCountMax ?? (serverAliveIntervalSec === undefined ? KEEPALIVE.countMax : 3),
  };
}
