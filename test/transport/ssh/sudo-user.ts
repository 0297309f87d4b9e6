import { execFileSync } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { noSshd } from './sshd.ts';

/** Why the tests with the real sudo cannot run here; null where they can. */
export const noSudo: string | null = whyNoSudo();
if (noSudo !== null) console.warn(`skipped: tests against the real sudo: ${noSudo}`);

/** A user of this machine that goes away again, with a password and rules of its own. */
export interface SudoUser {
  readonly name: string;
  readonly password: string;
  /** Replaces the user's rules (lines of sudoers(5)). */
  allow(...rules: readonly string[]): void;
  remove(): void;
}

export function makeSudoUser(suffix: string): SudoUser {
  const name = `drover-${process.pid}-${suffix}`.slice(0, 31);
  const password = `pw-${process.hrtime.bigint()}`;
  const rulesFile = `/etc/sudoers.d/${name}`;
  execFileSync('useradd', ['--no-create-home', '--home-dir', '/tmp', '--shell', '/bin/sh', name]);
  execFileSync('chpasswd', { input: `${name}:${password}\n` });
  return {
    name,
    password,
    allow: (...rules) => writeFileSync(rulesFile, `${rules.map((rule) => rule.replaceAll('USER', name)).join('\n')}\n`, { mode: 0o440 }),
    remove: () => {
      rmSync(rulesFile, { force: true });
      execFileSync('userdel', ['--force', name], { stdio: 'ignore' });
    },
  };
}

function whyNoSudo(): string | null {
  if (noSshd !== null) return noSshd;
  if (process.getuid?.() !== 0) return 'only root can make the users that they need';
  return (
    ['/usr/bin/sudo', '/usr/sbin/useradd', '/usr/sbin/chpasswd'].find((file) => !existsSync(file))?.concat(' is not installed') ?? null
  );
}
