import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { EmbeddedHost } from './embedded-host.ts';
import { killGroup } from './process-group.ts';

/** Starts a host that is a private folder below `base`: commands run as the user who started the fleet, with HOME and the working directory there. */
export function startFolderHost(name: string, base: string): EmbeddedHost {
  const home = join(base, name);
  mkdirSync(home, { mode: 0o700 });
  const running = new Set<ChildProcessWithoutNullStreams>();
  const run = (command: string, environment: Readonly<Record<string, string>> = {}): ChildProcessWithoutNullStreams => {
    const env = { PATH: process.env.PATH, HOME: home, USER: 'demo', LOGNAME: 'demo', SHELL: '/bin/sh', ...environment };
    const child = spawn('/bin/sh', ['-c', command], { cwd: home, env, detached: true });
    running.add(child);
    child.once('close', () => running.delete(child));
    return child;
  };
  const kill = (): void => {
    for (const child of running) killGroup(child, 'SIGKILL');
  };
  return { name, root: home, user: 'demo', home, spawn: run, kill, ended: Promise.resolve() };
}
