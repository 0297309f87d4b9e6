import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConnectionSettings } from '../../../src/model/host.ts';
import type { SshOptions } from '../../../src/model/ssh-options.ts';
import { connectMsOf, givenArguments, settledArguments } from '../../../src/transport/openssh/command-line.ts';
import { noSsh } from '../ssh/real-ssh.ts';
import { hostWith } from '../world.ts';

const settings = (given: SshOptions, more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  ...hostWith().connection,
  hostKeyPolicy: null,
  ...more,
  given,
});

/** What the real ssh makes of arguments, each keyword with all of its values. */
function asked(args: readonly string[]): ReadonlyMap<string, string> {
  const { stdout, stderr, status } = spawnSync('ssh', ['-G', ...args, '--', 'web1'], { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const values = new Map<string, string>();
  for (const line of stdout.split('\n')) {
    const [, keyword = '', value = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
    const before = values.get(keyword);
    values.set(keyword, before === undefined ? value : `${before}|${value}`);
  }
  return values;
}

describe.skipIf(noSsh !== null)('what vars say is what the real ssh understands', () => {
  it.each<[SshOptions, Record<string, string>]>([
    [
      { hostName: '192.0.2.1', port: 2222, user: 'deploy' },
      { hostname: '192.0.2.1', port: '2222', user: 'deploy' },
    ],
    [{ identityFiles: ['/a', '/b c', '/d"e'] }, { identityfile: '/a|/b c|/d"e' }],
    [{ identityFiles: [] }, { identityfile: 'none' }],
    [
      { identitiesOnly: true, identityAgent: '/run/my agent' },
      { identitiesonly: 'yes', identityagent: '/run/my agent' },
    ],
    [{ identityAgent: null }, { identityagent: 'none' }],
    [
      {
        proxyJump: [
          { host: 'a', user: 'u', port: 24 },
          { host: '2001:db8::1', port: 25 },
        ],
      },
      { proxyjump: 'u@a:24,[2001:db8::1]:25' },
    ],
    [{ proxyCommand: `nc -x "a b" '%h' %p` }, { proxycommand: `nc -x "a b" '%h' %p` }],
    [
      { userKnownHostsFiles: ['/a b', '/c'], globalKnownHostsFiles: [] },
      { userknownhostsfile: '/a b /c', globalknownhostsfile: 'none' },
    ],
    [
      { hostKeyAlias: 'web', hostKeyAlgorithms: 'ssh-ed25519' },
      { hostkeyalias: 'web', hostkeyalgorithms: 'ssh-ed25519' },
    ],
    [
      { serverAliveIntervalSec: 0.5, serverAliveCountMax: 7 },
      { serveraliveinterval: '1', serveralivecountmax: '7' },
    ],
  ])('%j', (given, expected) => {
    const values = asked(givenArguments(settings(given), '/home/me'));
    expect(Object.fromEntries(Object.keys(expected).map((keyword) => [keyword, values.get(keyword)]))).toEqual(expected);
  });

  it('nothing that drover decides can be taken back', () => {
    const sshArguments = ['-o', 'BatchMode=no', '-o', 'ForwardAgent=yes', '-o', 'ForwardX11=yes', '-o', 'UpdateHostKeys=yes'];
    const values = asked(givenArguments(settings({}, { sshArguments }), '/home/me'));
    expect(['batchmode', 'forwardagent', 'forwardx11', 'clearallforwardings'].map((keyword) => values.get(keyword))).toEqual([
      'yes',
      'no',
      'no',
      'yes',
    ]);
    expect(['no', 'false']).toContain(values.get('updatehostkeys'));
  });
});

describe('what depends on ssh_config', () => {
  const settled = (given: SshOptions, config: Record<string, string>, more: Partial<ConnectionSettings> = {}): string =>
    settledArguments(settings(given, more), new Map(Object.entries(config)))
      .filter((word) => word !== '-o')
      .join(' ');
  const UNSET = { stricthostkeychecking: 'ask', connecttimeout: 'none', serveraliveinterval: '0', serveralivecountmax: '3' };

  it.each<[string, Parameters<typeof settled>]>([
    ['StrictHostKeyChecking=yes ConnectTimeout=5 ServerAliveInterval=10 ServerAliveCountMax=2', [{}, UNSET]],
    ['StrictHostKeyChecking=yes ConnectTimeout=3', [{ connectTimeoutSec: 2.5, serverAliveIntervalSec: 0 }, UNSET]],
    ['StrictHostKeyChecking=yes ConnectTimeout=8', [{}, { ...UNSET, connecttimeout: '8', serveraliveinterval: '30' }]],
    ['StrictHostKeyChecking=yes ConnectTimeout=5 ServerAliveInterval=10', [{}, { ...UNSET, serveralivecountmax: '9' }]],
    ['StrictHostKeyChecking=yes ConnectTimeout=5 ServerAliveInterval=10', [{ serverAliveCountMax: 4 }, UNSET]],
    [
      'StrictHostKeyChecking=yes ConnectTimeout=5 ServerAliveInterval=10 ServerAliveCountMax=2 ForkAfterAuthentication=no',
      [{}, { ...UNSET, forkafterauthentication: 'yes' }],
    ],
  ])('%s', (expected, args) => {
    expect(settled(...args)).toBe(expected);
  });

  it.each<[ConnectionSettings['hostKeyPolicy'], SshOptions['strictHostKeyChecking'], string, 'yes' | 'accept-new']>([
    [null, undefined, 'ask', 'yes'],
    [null, undefined, 'true', 'yes'],
    [null, undefined, 'accept-new', 'accept-new'],
    [null, undefined, 'false', 'accept-new'],
    [null, 'no', 'true', 'accept-new'],
    [null, 'ask', 'accept-new', 'yes'],
    [null, 'yes', 'false', 'yes'],
    ['strict', 'no', 'false', 'yes'],
    ['ask', 'accept-new', 'accept-new', 'yes'],
    ['accept-new', 'yes', 'true', 'accept-new'],
  ])('operator %s, vars %s, ssh_config %s: %s', (hostKeyPolicy, strictHostKeyChecking, said, expected) => {
    const given = strictHostKeyChecking === undefined ? {} : { strictHostKeyChecking };
    expect(settled(given, { ...UNSET, stricthostkeychecking: said }, { hostKeyPolicy })).toContain(`StrictHostKeyChecking=${expected} `);
  });

  it('the longest wait is exact where ssh counts seconds', () => {
    expect(connectMsOf(settings({ connectTimeoutSec: 0.7 }), new Map([['connecttimeout', '1']]))).toBe(700);
    expect(connectMsOf(settings({}), new Map([['connecttimeout', '8']]))).toBe(8_000);
    expect(connectMsOf(settings({}), new Map([['connecttimeout', 'none']]))).toBe(5_000);
  });
});

it.each([
  ['~/other', join('/home/me', 'other')],
  ['none', 'none'],
])('the configuration file %s is %s', (sshConfigFile, expected) => {
  expect(givenArguments(settings({}, { sshConfigFile }), '/home/me').slice(0, 2)).toEqual(['-F', expected]);
});
