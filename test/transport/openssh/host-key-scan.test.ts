import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import type { LedgerEntry } from '../../../src/transport/ssh/host-key-ledger.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { makeKey, noSshd, publicKey, type Sshd, startSshd } from '../ssh/sshd.ts';
import { folder, hostWith, ME, routes } from '../world.ts';
import { openSsh, socketPlace } from './processes.ts';

const signal = new AbortController().signal;

describe.skipIf(noSshd !== null)('host keys that nobody knows, as the system’s ssh sees them', () => {
  let sshd: Sshd;
  let jump: Sshd;
  beforeAll(async () => {
    [sshd, jump] = await Promise.all([startSshd({ hostKeys: ['ed25519', 'ecdsa'] }), startSshd()]);
  });
  afterAll(() => Promise.all([sshd.stop(), jump.stop()]));

  const host = (settings: Parameters<typeof hostWith>[0] = {}): Host =>
    hostWith({ transport: 'openssh', port: sshd.port, keyFiles: [sshd.keyFile], hostKeyPolicy: 'ask', ...settings });
  const strangers = (...hosts: readonly Host[]): Promise<readonly LedgerEntry[]> => openSsh().strangers(hosts, signal);
  const known = (text: string): string => {
    const file = join(folder(), 'known_hosts');
    writeFileSync(file, text);
    return file;
  };
  const shown = ({ name, key, file, hosts }: LedgerEntry): unknown => ({ name, key: key.toString('base64'), file, hosts });
  const base64 = (line: string): string => line.split(' ')[1] ?? '';

  it('are shown with the name that they go by and the file that they would go to, without a login, and leave nothing', async () => {
    const [place, file] = [socketPlace(), known('')];
    const before = sshd.log().match(/Accepted/g)?.length ?? 0;
    expect((await strangers(host({ knownHostsFiles: [file] }))).map(shown)).toEqual([
      { name: `[127.0.0.1]:${sshd.port}`, key: base64(sshd.hostKey('ed25519')), file, hosts: ['web1'] },
    ]);
    expect([sshd.log().match(/Accepted/g)?.length ?? 0, place.left(), readFileSync(file, 'utf8')]).toEqual([before, [], '']);
  });

  it('would go to a file whose path has a space, or begins at home', async () => {
    const file = join(folder(), 'known hosts');
    expect((await strangers(host({ knownHostsFiles: [file] }))).map((each) => each.file)).toEqual([file]);
    const [found] = await strangers(host({ knownHostsFiles: ['~/drover-no-such-file'] }));
    expect(found?.file).toMatch(/^\/.*\/drover-no-such-file$/);
  });

  it('go by their alias, which ssh_config may give, and are hashed where it says so', async () => {
    const [file, config] = [known(''), join(folder(), 'config')];
    writeFileSync(config, `Host 127.0.0.1\n  HostKeyAlias Backend\n  HashKnownHosts yes\n  UserKnownHostsFile ${file}\n`);
    const { userKnownHostsFiles: _, ...given } = host().connection.given;
    const of = { ...host({ sshConfigFile: config, hostKeyPolicy: null }) };
    const found = await strangers({ ...of, connection: { ...of.connection, given } });
    expect(found.map(({ name, hashed }) => [name, hashed])).toEqual([['backend', true]]);
  });

  it.each([
    ['strict', 'strict', ''],
    ['accept-new', 'accept-new', ''],
    ['ask, and another key is known', 'ask', `OTHER`],
  ] as const)('are none under %s', async (_, hostKeyPolicy, text) => {
    const other = text === '' ? '' : `[127.0.0.1]:${sshd.port} ${publicKey(makeKey(join(folder(), 'other')))}\n`;
    expect(await strangers(host({ hostKeyPolicy, knownHostsFiles: [known(other)] }))).toEqual([]);
  });

  it('are none where the key is known of the host on any port', async () => {
    expect(await strangers(host({ knownHostsFiles: [known(`127.0.0.1 ${sshd.hostKey('ed25519')}\n`)] }))).toEqual([]);
  });

  it.each(['openssh', 'ssh'] as const)(
    'are shown although other keys are revoked for all hosts, but not revoked ones (%s)',
    async (transport) => {
      const found = (text: string): Promise<readonly LedgerEntry[]> => {
        const of = host({ transport, knownHostsFiles: [known(text)] });
        return transport === 'openssh' ? strangers(of) : createSshTransport(routes()).strangers([of], signal);
      };
      const other = publicKey(makeKey(join(folder(), 'other')));
      expect((await found(`@revoked * ${other}\n`)).map(({ key }) => key.toString('base64'))).toEqual([base64(sshd.hostKey('ed25519'))]);
      expect(await found(`@revoked * ${sshd.hostKey('ed25519')}\n`)).toEqual([]);
    },
  );

  it('are none of hosts that cannot be reached', async () => {
    const file = known('');
    expect(await strangers(host({ address: 'no-such-host.invalid', knownHostsFiles: [file] }))).toEqual([]);
    expect(await strangers(host({ sshArguments: ['-o', 'NoSuchOption=1'], knownHostsFiles: [file] }))).toEqual([]);
  });

  it('are first those of machines in between, then those behind them', async () => {
    const home = folder();
    mkdirSync(join(home, 'known'));
    const [ofJump, ofHost] = [join(home, 'known', 'jump'), join(home, 'known', 'host')];
    const config = join(home, 'config');
    const lines = ['Host jump', 'HostName 127.0.0.1', `Port ${jump.port}`, `IdentityFile ${jump.keyFile}`, `UserKnownHostsFile ${ofJump}`];
    writeFileSync(config, [...lines, 'Host *', `User ${ME}`, 'IdentityAgent none', 'GlobalKnownHostsFile none', ''].join('\n'));
    const of = host({ sshConfigFile: config, knownHostsFiles: [ofHost], given: { proxyJump: [{ host: 'jump' }] } });
    expect((await strangers(of, { ...of, name: 'web2' })).map(shown)).toEqual([
      { name: `[127.0.0.1]:${jump.port}`, key: base64(jump.hostKey('ed25519')), file: ofJump, hosts: ['jump'] },
    ]);
    writeFileSync(ofJump, `[127.0.0.1]:${jump.port} ${jump.hostKey('ed25519')}\n`);
    expect((await strangers(of, { ...of, name: 'web2' })).map(shown)).toEqual([
      { name: `[127.0.0.1]:${sshd.port}`, key: base64(sshd.hostKey('ed25519')), file: ofHost, hosts: ['web1', 'web2'] },
    ]);
  });
});
