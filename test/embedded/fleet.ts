import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EmbeddedHost, Isolation } from './embedded-host.ts';
import { type CommandResult, run } from './exec.ts';
import { type FleetFiles, writeFleetFiles } from './fleet-files.ts';
import { forcedIsolation, startIsolated } from './isolation.ts';
import { generateKeyPair } from './keys.ts';
import { onProcessEnd } from './process-end.ts';
import { type SshServer, startSshServer } from './ssh-server.ts';

/** What to start. */
export interface EmbeddedFleetOptions {
  /** Names of the hosts: letters, digits and dashes. */
  readonly hosts: readonly string[];
  /** Where the fleet makes its own folder, removed at the end. Default: the system's directory for temporary files. */
  readonly directory?: string;
}

/** Hosts behind SSH servers in this process. */
export interface EmbeddedFleet extends FleetFiles {
  readonly hosts: readonly { readonly name: string; readonly port: number; readonly root: string }[];
  /** `overlay-root`, `copy-userns` or `folder`: the first that the machine allows, or the one that DROVER_DEMO_ISOLATION (root, userns, folder) forces. */
  readonly isolation: Isolation;
  /** One line: what the level means and why there is no better one. */
  readonly isolationReason: string;
  /** Runs a command on a host past SSH. Rejects for unknown hosts. */
  exec(name: string, command: string): Promise<CommandResult>;
  /** Ends servers and hosts and removes all that they left. Also done when this process exits or is interrupted. */
  stop(): Promise<void>;
}

async function serve(hosts: readonly EmbeddedHost[], directory: string): Promise<{ servers: readonly SshServer[]; files: FleetFiles }> {
  const clientKey = generateKeyPair();
  const keyed = hosts.map((host) => ({ host, hostKey: generateKeyPair() }));
  const servers = await Promise.all(keyed.map(({ host, hostKey }) => startSshServer(host, hostKey, clientKey)));
  const described = keyed.map(({ host, hostKey }, index) => ({
    name: host.name,
    user: host.user,
    home: host.home,
    port: servers[index]?.port ?? 0,
    hostKey,
  }));
  return { servers, files: writeFleetFiles(directory, described, clientKey) };
}

/** Starts a fleet of hosts on this machine: no installed server, no root, nothing left behind. Rejects where a forced level is refused. */
export async function startEmbeddedFleet(options: EmbeddedFleetOptions): Promise<EmbeddedFleet> {
  const wrong = options.hosts.find((name) => !/^[A-Za-z0-9][A-Za-z0-9-]*$/.test(name));
  if (wrong !== undefined) throw new Error(`${JSON.stringify(wrong)} is no name for a host`);
  const forced = forcedIsolation(process.env.DROVER_DEMO_ISOLATION);
  const directory = mkdtempSync(join(options.directory ?? tmpdir(), 'drover-fleet-'));
  // Hosts in user namespaces may run as another user who must reach the mount points, but need not list them.
  chmodSync(directory, 0o711);
  const hosts: EmbeddedHost[] = [];
  const cleanUp = (): void => {
    for (const host of hosts) host.kill();
    rmSync(directory, { recursive: true, force: true });
  };
  const forget = onProcessEnd(cleanUp);
  try {
    const isolated = await startIsolated(options.hosts, directory, forced);
    hosts.push(...isolated.hosts);
    const { servers, files } = await serve(hosts, directory);
    const stop = async (): Promise<void> => {
      await Promise.all(servers.map((server) => server.close()));
      for (const host of hosts) host.kill();
      await Promise.all(hosts.map((host) => host.ended));
      forget();
      cleanUp();
    };
    const exec = async (name: string, command: string): Promise<CommandResult> => {
      const host = hosts.find((candidate) => candidate.name === name);
      if (host === undefined) throw new Error(`the fleet has no host ${name}`);
      return await run(host.spawn(command));
    };
    return {
      ...files,
      hosts: hosts.map(({ name, root }, index) => ({ name, root, port: servers[index]?.port ?? 0 })),
      isolation: isolated.isolation,
      isolationReason: isolated.reason,
      exec,
      stop,
    };
  } catch (error) {
    forget();
    cleanUp();
    throw error;
  }
}
