import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { HostKeyLedger, type UnknownHostKey } from '../../../src/transport/ssh/host-key-ledger.ts';
import { renderHostKeys } from '../../../src/transport/ssh/host-key-table.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { folder, routes } from '../world.ts';
import { makeKey, publicKey } from './sshd.ts';

/** A key in wire format, as far as a table shows it. */
function key(type: string, identity: string): Buffer {
  return Buffer.concat([type, identity].flatMap((part) => [Buffer.from([0, 0, 0, part.length]), Buffer.from(part)]));
}

const FILE = '/home/me/.ssh/known_hosts';

function ledger(...keys: readonly (Partial<UnknownHostKey> & { host: string })[]): HostKeyLedger {
  const filled = new HostKeyLedger();
  for (const each of keys) filled.add({ name: each.host, key: key('ssh-ed25519', each.host), file: FILE, hashed: false, ...each });
  return filled;
}

describe('the table of unknown host keys', () => {
  it('has a row for each, in the order of the hosts, and says where they would be recorded', () => {
    const { entries } = ledger(
      { host: 'web10' },
      { host: 'web2', key: key('ecdsa-sha2-nistp256', 'web2') },
      { host: 'db1', name: '[192.0.2.7]:22' },
      { host: 'a', key: key('ssh-rsa', 'a'), file: '/other', hashed: true },
    );
    expect(renderHostKeys(entries)).toBe(
      [
        'host   type     fingerprint',
        'a      RSA      SHA256:Dy+MNFXM0bZZJ9pvFS/cxCWYGxrv19szzqMS84ANPxM',
        'db1 ([192.0.2.7]:22)',
        '       ED25519  SHA256:AGcVeYjfNM2cp9UbWytA2Ww3rDqioO9Qa5mfy3oUqVA',
        'web2   ECDSA    SHA256:7E6GqAZ8PdTIyq5mW80J0JnysVVw1RfOSubap6A/G4U',
        'web10  ED25519  SHA256:LcKl7Khu7zm+KyZAoJKwt1FSqO67hrCSsR4mmwtiUPw',
        '1 key for /other, names hashed',
        '3 keys for /home/me/.ssh/known_hosts',
        '',
      ].join('\n'),
    );
  });

  it('gives hosts with long names a line of their own, and no line is wider than 80 columns', () => {
    const { entries } = ledger({ host: 'nineteen-columns.io' }, { host: 'application-server-17.example.com' }, { host: 'w1' });
    const lines = renderHostKeys(entries).split('\n');
    expect(lines).toEqual([
      'host                 type     fingerprint',
      'application-server-17.example.com',
      '                     ED25519  SHA256:OBDKnR1JsoVGvsNjYFzmeHUEd9axlmoXjOzXeitjwEM',
      'nineteen-columns.io  ED25519  SHA256:oKakiIMMepSIuZaDcmcko0UPKDkr609hr/0MTKu5U+Q',
      'w1                   ED25519  SHA256:GiavND8UbdNzBB8sAahy/25vWIBkkSkH4s3W98wFm5c',
      '3 keys for /home/me/.ssh/known_hosts',
      '',
    ]);
    expect(Math.max(...lines.map((line) => line.length))).toBeLessThanOrEqual(80);
  });

  it('shows one key under one name once, with all its hosts', () => {
    const same = { name: '[192.0.2.7]:2222', key: key('ssh-ed25519', 'x') };
    const { entries } = ledger({ host: 'b', ...same }, { host: 'a', ...same }, { host: 'b', ...same });
    expect(entries.map(({ hosts }) => hosts)).toEqual([['a', 'b']]);
    expect(renderHostKeys(entries)).toContain('a, b ([192.0.2.7]:2222)\n');
  });

  it('warns of a name that shows two keys, and of a key that two names show', () => {
    const two = ledger({ host: 'web1' }, { host: 'web1', key: key('ssh-ed25519', 'other') });
    expect(renderHostKeys(two.entries)).toContain('\nwarning: web1 shows more than one key\n2 keys for');
    const clones = ledger({ host: 'web1' }, { host: 'web2', key: key('ssh-ed25519', 'web1') });
    expect(renderHostKeys(clones.entries)).toContain('\nwarning: one key for web1, web2\n');
    expect(renderHostKeys(ledger({ host: 'web1' }, { host: 'web2' }).entries)).not.toContain('warning');
  });

  it('is the same whatever the order in which hosts came', () => {
    const keys = [
      { host: 'web1' },
      { host: 'web2' },
      { host: 'web1', key: key('ssh-rsa', 'b') },
      { host: 'x', name: 'web2', key: key('ssh-ed25519', 'web2') },
    ];
    expect(renderHostKeys(ledger(...keys.toReversed()).entries)).toBe(renderHostKeys(ledger(...keys).entries));
  });

  it('is empty without keys', () => {
    expect(renderHostKeys([])).toBe('');
  });
});

describe('what is recorded of it', () => {
  it('is found by ssh-keygen, with the fingerprint that the table shows', async () => {
    const home = folder();
    const [type = '', encoded = ''] = publicKey(makeKey(join(home, 'key'), 'ecdsa')).split(' ');
    const file = join(home, 'known_hosts');
    const { entries } = ledger({ host: 'web1', name: '[web1]:2222', key: Buffer.from(encoded, 'base64'), file, hashed: true });
    await createSshTransport(routes()).record(entries);
    expect(readFileSync(file, 'utf8')).toContain(`${type} ${encoded}\n`);
    const found = execFileSync('ssh-keygen', ['-l', '-F', '[web1]:2222', '-f', file], { encoding: 'utf8' });
    const [, shown] = /(SHA256:\S+)/.exec(found) ?? [];
    expect(renderHostKeys(entries)).toContain(`ECDSA  ${shown}\n`);
  });
});
