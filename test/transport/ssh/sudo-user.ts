import { existsSync } from 'node:fs';
import { noPrivateEtc, openPrivateEtc, type PrivateEtc, type PrivateUser } from './private-etc.ts';
import { noSshd } from './sshd.ts';

/** Why the tests with the real sudo cannot run here; null where they can. */
export const noSudo: string | null = noSshd ?? noPrivateEtc ?? missingProgram();
if (noSudo !== null) console.warn(`skipped: tests against the real sudo: ${noSudo}`);

/** A user with a password and rules of its own, known in a private /etc. */
export interface SudoUser extends PrivateUser {
  /** Where the user is known: the sshd to log in to runs in it. */
  readonly etc: PrivateEtc;
  /** Replaces the user's rules (lines of sudoers(5)), in which USER is the user. */
  allow(...rules: readonly string[]): void;
  remove(): Promise<void>;
}

export async function makeSudoUser(suffix: string): Promise<SudoUser> {
  const etc = await openPrivateEtc();
  const user = etc.addUser(`drover-${process.pid}-${suffix}`.slice(0, 31));
  return {
    ...user,
    etc,
    allow: (...rules) => etc.write('/etc/sudoers.d/drover', ...rules.map((rule) => rule.replaceAll('USER', user.name))),
    remove: () => etc.close(),
  };
}

function missingProgram(): string | null {
  return (
    ['/usr/bin/sudo', '/usr/sbin/useradd', '/usr/sbin/chpasswd'].find((file) => !existsSync(file))?.concat(' is not installed') ?? null
  );
}
