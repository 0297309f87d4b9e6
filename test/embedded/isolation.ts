import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedHost, Isolation } from './embedded-host.ts';
import { run } from './exec.ts';
import { startFolderHost } from './folder-host.ts';
import { startNamespaceHost } from './namespace-host.ts';

/** Values of DROVER_DEMO_ISOLATION. */
const FORCED: Readonly<Record<string, Isolation>> = { root: 'overlay-root', userns: 'copy-userns', folder: 'folder' };

const MEANING: Readonly<Record<Isolation, string>> = {
  'overlay-root': 'each host has an overlay of this machine in namespaces of its own (as root)',
  'copy-userns': 'each host has a copy of this machine’s /etc in user namespaces of its own',
  folder: 'each host is a private folder',
};

/** Hosts on one level, and in one line why on that one. */
export interface IsolatedHosts {
  readonly isolation: Isolation;
  readonly reason: string;
  readonly hosts: readonly EmbeddedHost[];
}

/** Reads DROVER_DEMO_ISOLATION: null when unset. Throws on other values than root, userns and folder. */
export function forcedIsolation(value: string | undefined): Isolation | null {
  if (value === undefined || value === '') return null;
  const forced = FORCED[value];
  if (forced === undefined) throw new Error(`DROVER_DEMO_ISOLATION=${value}: expected root, userns or folder`);
  return forced;
}

async function startHost(name: string, base: string, isolation: Isolation): Promise<EmbeddedHost> {
  if (isolation === 'folder') return startFolderHost(name, base);
  if (isolation === 'overlay-root' && process.getuid?.() !== 0) throw new Error('not root');
  const host = await startNamespaceHost(name, base, isolation);
  const { exitCode, stderr } = await run(host.spawn('test -w /etc && test -d /proc/self'));
  if (exitCode === 0) return host;
  host.kill();
  throw new Error(stderr.toString().trim() || 'its /etc cannot be written');
}

async function startAll(names: readonly string[], base: string, isolation: Isolation): Promise<readonly EmbeddedHost[]> {
  const started = await Promise.allSettled(names.map((name) => startHost(name, base, isolation)));
  const refusal = started.find((result) => result.status === 'rejected');
  const hosts = started.flatMap((result) => (result.status === 'fulfilled' ? [result.value] : []));
  if (refusal === undefined) return hosts;
  for (const host of hosts) host.kill();
  await Promise.all(hosts.map((host) => host.ended));
  for (const name of names) rmSync(join(base, name), { recursive: true, force: true });
  throw refusal.reason;
}

/** Starts the hosts on the best level that the machine allows, found by trying, or on the forced one. Rejects if that one is refused. */
export async function startIsolated(names: readonly string[], base: string, forced: Isolation | null): Promise<IsolatedHosts> {
  const refusals: string[] = [];
  for (const isolation of forced === null ? Object.values(FORCED) : [forced]) {
    try {
      const hosts = await startAll(names, base, isolation);
      return { isolation, reason: [MEANING[isolation], ...refusals].join('; '), hosts };
    } catch (error) {
      refusals.push(`no ${isolation}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  throw new Error(`the embedded fleet cannot start: ${refusals.join('; ')}`);
}
