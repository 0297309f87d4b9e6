import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { eventually, folder, isRunning } from '../world.ts';

/** An agent with some keys, each added with these options of ssh-add, ended with the test. */
export async function startAgent(keys: readonly string[], ...options: readonly string[]): Promise<string> {
  const socket = join(folder(), 'agent');
  const agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
  onTestFinished(() => void agent.kill());
  const env = { ...process.env, SSH_AUTH_SOCK: socket };
  // Its socket is there a moment before it listens; 1 is the answer of an agent without keys (ssh-add(1)).
  await eventually(() => isRunning(agent.pid ?? 0) && spawnSync('ssh-add', ['-l'], { env, stdio: 'ignore' }).status === 1, 'ssh-agent');
  for (const key of keys) {
    chmodSync(key, 0o600);
    execFileSync('ssh-add', ['-q', ...options, key], { env, stdio: 'ignore' });
  }
  return socket;
}
