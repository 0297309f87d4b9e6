import { expect } from 'vitest';
import { sh } from './kind-case.ts';
import { lab } from './lab.ts';

/** Makes login users on a host, with their passwords where they have one. */
export async function makeAccounts(name: string, passwords: Readonly<Record<string, string | null>>): Promise<void> {
  const users = Object.keys(passwords);
  const make = users.map((user) => `id ${user} >/dev/null 2>&1 || useradd --create-home --shell /bin/sh ${user}`);
  await sh(name, ['set -e', ...make].join('\n'));
  const lines = Object.entries(passwords).flatMap(([user, password]) => (password === null ? [] : [`${user}:${password}\n`]));
  const { code, stderr } = await lab().exec(name, ['chpasswd'], { input: lines.join('') });
  expect(code, stderr).toBe(0);
}

/** Lets the holder of a key log in as a user. */
export async function letIn(name: string, user: string, publicKey: string): Promise<void> {
  const script = 'd=~USER/.ssh; mkdir -p $d; cat >>$d/authorized_keys; chown -R USER: $d; chmod 700 $d; chmod 600 $d/authorized_keys';
  const { code, stderr } = await lab().exec(name, ['sh', '-c', script.replaceAll('USER', user)], { input: `${publicKey.trim()}\n` });
  expect(code, stderr).toBe(0);
}

/** Puts settings before all others of a host's sshd, and has it read them. */
export async function setSshd(name: string, lines: readonly string[]): Promise<void> {
  const write =
    "cat >/etc/ssh/sshd_config.d/10-test.conf && sshd -t && systemctl restart ssh && until ss -Hltn | grep -q ':22 '; do sleep 0.1; done";
  const { code, stderr } = await lab().exec(name, ['sh', '-c', write], { input: `${lines.join('\n')}\n` });
  expect(code, stderr).toBe(0);
}

/** What a host's sshd says of logins, in order: `Accepted password for pw from 192.0.2.1`, without ports. */
export async function logins(name: string, user: string): Promise<string[]> {
  const lines = await sh(name, 'journalctl --sync; journalctl -q -t sshd -o cat');
  return lines
    .split('\n')
    .filter((line) => /^(Accepted|Failed) /.test(line) && line.includes(` for ${user} from `))
    .map((line) => line.replace(/ port \d+ ssh2.*$/, ''));
}
