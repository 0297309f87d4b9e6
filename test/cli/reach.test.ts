import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { noSshd, type Sshd, startSshd } from '../transport/ssh/sshd.ts';
import { ME } from '../transport/world.ts';
import { folder } from './folder.ts';
import { type TestIo, testIo } from './test-io.ts';

describe.skipIf(noSshd !== null)('host keys that nobody knows', () => {
  let servers: Sshd[];
  beforeAll(async () => {
    servers = await Promise.all([startSshd(), startSshd()]);
  });
  afterAll(async () => void (await Promise.all(servers.map((sshd) => sshd.stop()))));

  /** Two hosts, each a server of its own, with an empty known_hosts file. */
  const fleet = async (terminal: boolean): Promise<{ io: TestIo; argv: string[]; known: string }> => {
    const root = await folder({ config: 'Host *\n  IdentityAgent none\n  GlobalKnownHostsFile none\n' });
    const known = join(root, 'known_hosts');
    const hosts = servers.map(({ port, keyFile }, index) => [
      `web${index + 1}`,
      { ansible_host: '127.0.0.1', ansible_port: port, ansible_user: ME, drover_key_file: keyFile },
    ]);
    const args = `-F ${join(root, 'config')} -o UserKnownHostsFile=${known}`;
    const inventory = join(
      await folder({ 'hosts.yml': JSON.stringify({ all: { vars: { ansible_ssh_args: args }, hosts: Object.fromEntries(hosts) } }) }),
      'hosts.yml',
    );
    return { io: testIo({ terminal, cwd: root }), argv: ['run', 'all', '-i', inventory, '--', 'echo here'], known };
  };
  const fingerprints = (): string[] =>
    servers.map(
      ({ folder: at }) => execFileSync('ssh-keygen', ['-l', '-f', join(at, 'host_ed25519.pub')], { encoding: 'utf8' }).split(' ')[1] ?? '',
    );

  test('are shown in one table with their fingerprints, and accepted once for all', async () => {
    const { io, argv, known } = await fleet(true);
    const ending = main(argv, io);
    await io.shows('[y/N]');
    for (const each of fingerprints()) expect(io.err()).toContain(each);
    expect(io.err()).toMatch(/No known_hosts file has these host keys yet:[\s\S]*web1[\s\S]*web2[\s\S]*2 keys for /);
    io.type('y\n');
    expect(await ending).toBe(0);
    expect(io.out()).toContain('here');
    expect(readFileSync(known, 'utf8').trim().split('\n')).toHaveLength(2);
    const again = testIo({ terminal: true, cwd: io.cwd });
    expect([await main(argv, again), again.err().includes('[y/N]')]).toEqual([0, false]);
  });

  test('are one table also where some hosts are reached by the system’s ssh', async () => {
    const { io, argv, known } = await fleet(true);
    const vars = join(argv[3] ?? '', '..', 'host_vars');
    await mkdir(vars);
    await writeFile(join(vars, 'web2.yml'), 'drover_transport: openssh\n');
    const ending = main(argv, io);
    await io.shows('[y/N]');
    expect(io.err()).toMatch(/No known_hosts file has these host keys yet:[\s\S]*web1[\s\S]*web2[\s\S]*2 keys for /);
    io.type('y\n');
    expect([await ending, io.err().match(/\[y\/N\]/g)?.length]).toEqual([0, 1]);
    expect(readFileSync(known, 'utf8').trim().split('\n')).toHaveLength(2);
  });

  test('that are not accepted end the run before anything is done', async () => {
    const { io, argv, known } = await fleet(true);
    const ending = main(argv, io);
    await io.shows('[y/N]');
    io.type('\n');
    expect(await ending).toBe(130);
    expect([io.out(), existsSync(known)]).toEqual(['', false]);
  });

  test('are shown without a question where nobody can be asked, and their hosts refused', async () => {
    const { io, argv, known } = await fleet(false);
    expect(await main(argv, io)).toBe(4);
    for (const each of fingerprints()) expect(io.err()).toContain(each);
    expect(io.err()).toContain('--accept-new records keys without a question');
    expect([io.out().match(/is not known/g)?.length, existsSync(known)]).toEqual([2, false]);
  });
});
