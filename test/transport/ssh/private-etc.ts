import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

// Overlays on overlays are refused: what is written goes to memory.
const MAKE = [
  'mount -t tmpfs drover-test "$0"',
  'mkdir "$0/up" "$0/work"',
  'mount -t overlay drover-test -o "lowerdir=/etc,upperdir=$0/up,workdir=$0/work" /etc',
].join(' && ');
const HOLD = `${MAKE} && echo ready && exec cat`;

/** Why processes of tests can have no /etc of their own here; null where they can. */
export const noPrivateEtc: string | null = whyNot();

/** A user that is known in one private /etc alone. */
export interface PrivateUser {
  readonly name: string;
  readonly password: string;
}

/**
 * An /etc for some processes alone, copied on write from the machine's: users, passwords, sudoers and PAM may be changed there while other
 * tests rely on the machine's. All of it goes when it is closed, or when this process ends however that comes.
 */
export interface PrivateEtc {
  /** What goes before a command to run it there. */
  readonly enter: readonly string[];
  /** Runs a command there to its end; throws where it fails. */
  run(words: readonly string[], input?: string): void;
  /** A user who has a password, /tmp as home, and a number that no other private /etc gives. */
  addUser(name: string): PrivateUser;
  /** Gives a user who is there a password of its own. */
  setPassword(name: string): PrivateUser;
  /** Replaces a file; only root may read it. */
  write(file: string, ...lines: readonly string[]): void;
  close(): Promise<void>;
}

let users = 0;

export async function openPrivateEtc(): Promise<PrivateEtc> {
  const folder = mkdtempSync(join(tmpdir(), 'drover-etc-'));
  const holder = spawn('unshare', ['--mount', 'sh', '-c', HOLD, folder], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = once(holder, 'exit');
  if (String(await Promise.race([once(holder.stdout, 'data'), ended])) !== 'ready\n') throw new Error('no private /etc could be made');
  const enter = ['nsenter', `--target=${holder.pid}`, '--mount'];
  const run: PrivateEtc['run'] = (words, input = '') => {
    execFileSync(enter[0]!, [...enter.slice(1), ...words], { input, stdio: ['pipe', 'ignore', 'pipe'] });
  };
  const setPassword: PrivateEtc['setPassword'] = (name) => {
    const password = `pw-${name}-${process.hrtime.bigint()}`;
    run(['chpasswd'], `${name}:${password}\n`);
    return { name, password };
  };
  return {
    enter,
    run,
    addUser: (name) => {
      const uid = 42_000 + (process.pid % 1_000) * 10 + (users++ % 10);
      run(['useradd', '--no-create-home', '--home-dir', '/tmp', '--shell', '/bin/sh', '--uid', `${uid}`, name]);
      return setPassword(name);
    },
    setPassword,
    write: (file, ...lines) => run(['sh', '-c', 'cat >"$1" && chmod 0440 "$1"', 'sh', file], `${lines.join('\n')}\n`),
    close: async () => {
      holder.stdin.end();
      await ended;
      rmdirSync(folder);
    },
  };
}

function whyNot(): string | null {
  if (process.getuid?.() !== 0) return 'only root can make the users that they need';
  const tried = spawnSync('unshare', ['--mount', 'sh', '-c', MAKE, '/mnt']);
  return tried.status === 0 ? null : `this root user may not give a process an /etc of its own: ${String(tried.stderr).trim()}`;
}
