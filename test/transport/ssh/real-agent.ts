import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually, folder, isRunning } from '../world.ts';

/** An agent with some keys, each added with these options of ssh-add, ended with the test. */
export async function startAgent(keys: readonly string[], ...options: readonly string[]): Promise<string> {
  const socket = join(folder(), 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  await eventually(() => statSync(socket, { throwIfNoEntry: false }) !== undefined && isRunning(agent.pid ?? 0), 'ssh-agent');
  for (const key of keys) {
    chmodSync(key, 0o600);
    execFileSync('ssh-add', ['-q', ...options, key], { env: { ...process.env, SSH_AUTH_SOCK: socket }, stdio: 'ignore' });
  }
  return socket;
}
