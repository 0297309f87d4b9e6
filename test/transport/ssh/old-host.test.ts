import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import type { SshOptions } from '../../../src/model/ssh-options.ts';
import type { Transport } from '../../../src/model/transport.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { openSsh } from '../openssh/processes.ts';
import { connected, folder, hostWith, ME, routes, run, trouble } from '../world.ts';
import { makeKey, noSshd, type Sshd, startSshd } from './sshd.ts';

const signal = new AbortController().signal;

/** An algorithm that only old hosts need, as sshd offers nothing else, the option that allows it, and what it is called. */
const OLD = [
  ['KexAlgorithms', 'diffie-hellman-group1-sha1', 'key exchange algorithm', 'kexAlgorithms'],
  ['KexAlgorithms', 'diffie-hellman-group14-sha1', 'key exchange algorithm', 'kexAlgorithms'],
  ['Ciphers', 'aes128-cbc', 'cipher', 'ciphers'],
  ['MACs', 'hmac-md5', 'MAC', 'macs'],
] as const;

describe.skipIf(noSshd !== null).each([
  ['drover’s own SSH', (): Transport => createSshTransport(routes())],
  ['the system’s ssh', (): Transport => openSsh()],
])('hosts that can do nothing newer, by %s', (_, transport) => {
  const host = (sshd: Sshd, settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], ...settings });

  it.each(OLD)('%s %s is named with what to allow, at once, and works where it is allowed', async (option, name, what, field) => {
    const mac = option === 'MACs' ? ['Ciphers aes128-ctr'] : [];
    const sshd = await startSshd({ config: [`${option} ${name}`, ...mac, 'LogLevel VERBOSE'] });
    onTestFinished(() => sshd.stop());
    const error = await trouble(transport().connect(host(sshd), signal));
    expect([error.phase, error.message]).toEqual([
      'handshake',
      `127.0.0.1 port ${sshd.port}: no ${what} in common; the host offers ${name}`,
    ]);
    expect(error.hint).toContain(`${option} +${name} in ssh_config`);
    const given: SshOptions = { [field]: `+${name}` };
    expect((await run(await connected(transport(), host(sshd, { given })), 'id -un')).stdout.toString()).toBe(`${ME}\n`);
    const sshConfigFile = join(folder(), 'config');
    writeFileSync(sshConfigFile, `Host 127.0.0.1\n  ${option} +${name}\n`);
    expect((await run(await connected(transport(), host(sshd, { sshConfigFile })), 'id -un')).stdout.toString()).toBe(`${ME}\n`);
    // What was in vain was not tried again.
    expect(sshd.log().match(/^Connection from/gm)).toHaveLength(3);
  });

  it.each([
    ['', 'hung up before it said anything'],
    ['HTTP/1.1 400 Bad Request\r\nServer: x\r\n\r\n', 'does not speak SSH, it says: HTTP/1.1 400 Bad Request'],
    ['Exceeded MaxStartups\r\n', 'does not speak SSH, it says: Exceeded MaxStartups'],
  ])('a server that says %j instead is quoted', async (text, words) => {
    const server = createServer((socket) =>
      socket
        .on('error', () => {})
        .end(text)
        .resume(),
    );
    const port = await new Promise<number>((resolve) => {
      server.listen(0, '127.0.0.1', () => {
        const address = server.address();
        resolve(typeof address === 'object' && address !== null ? address.port : 0);
      });
    });
    onTestFinished(() => void server.close());
    const error = await trouble(transport().connect(hostWith({ port, keyFiles: [makeKey(join(folder(), 'key'))] }), signal));
    expect([error.phase, error.message]).toEqual(['handshake', `127.0.0.1 port ${port} ${words}`]);
    expect(error.hint).toContain('MaxStartups');
  });
});

describe('lists of algorithms', () => {
  const algorithmsOf = (given: SshOptions) => {
    const { value, problems } = routes().routeOf(hostWith({ given }).connection);
    return { chosen: value.at(-1)?.algorithms.Ciphers, problems: problems.map(({ message }) => message) };
  };

  it.each([
    ['aes256-ctr,aes128-ctr', ['aes256-ctr', 'aes128-ctr']],
    ['no-such-cipher,aes256-ctr', ['aes256-ctr']],
    ['-*gcm*,chacha20*,aes1*', ['aes256-ctr']],
    [
      '^3des-cbc',
      [
        '3des-cbc',
        'aes128-gcm@openssh.com',
        'aes256-gcm@openssh.com',
        'aes128-ctr',
        'aes192-ctr',
        'aes256-ctr',
        'chacha20-poly1305@openssh.com',
      ],
    ],
  ])('%s is followed', (ciphers, chosen) => {
    expect(algorithmsOf({ ciphers })).toEqual({ chosen, problems: [] });
  });

  it('of which drover knows nothing are refused', () => {
    expect(algorithmsOf({ ciphers: 'umbrella' }).problems).toEqual(['Ciphers: drover\'s own SSH knows nothing of "umbrella"']);
  });
});
