import { describe, expect, test } from 'vitest';
import { compileRead, mergeRequests, splitAt } from '../../src/facts/batch.ts';
import { sysctlReader } from '../../src/facts/sysctl.ts';
import { hosts, testBase } from '../steps/support/host.ts';

describe('requests for one fact', () => {
  test.each([
    [[undefined, undefined], undefined],
    [[undefined, { unless: 'a' }], { unless: 'a' }],
    [[{ unless: 'a' }, { unless: 'a' }], { unless: 'a' }],
    [[{ unless: 'a' }, { unless: 'b' }], 'always'],
    [['always', { unless: 'a' }], 'always'],
  ] as const)('%j become %j', (contents, content) => {
    const requests = contents.map((each) => ({ kind: 'file' as const, key: '/f', ...(each === undefined ? {} : { content: each }) }));
    expect(mergeRequests(requests)).toEqual([{ kind: 'file', key: '/f', ...(content === undefined ? {} : { content }) }]);
  });
});

test('output is split at separator lines only', () => {
  expect(splitAt(Buffer.from('a\nN\nb N \n\nN\n'), 'N').map(String)).toEqual(['a', 'b N \n', '']);
});

test('a fact that the host says nothing about is unreadable', () => {
  const batch = compileRead([{ kind: 'file', key: '/f' }], testBase(false), 'N');
  expect(batch.parse(Buffer.from(''))).toEqual(
    new Map([['file /f', { state: 'unreadable', reason: 'the host printed nothing about file /f' }]]),
  );
});

test.each(hosts)('several kinds travel in one script on $name, and guards cannot disturb it', (host) => {
  const keys = ['echo out; exit 3', 'printf "\\nN\\n"', "echo 'it''s' \"$0\"", 'cat', 'exit 0', 'kill $$'];
  const facts = host.read([
    { kind: 'file', key: '/' },
    { kind: 'sysctl', key: 'kernel.ostype' },
    ...keys.map((key) => ({ kind: 'guard' as const, key })),
  ]);
  expect(facts.get('file /')).toMatchObject({ value: { type: 'directory' } });
  expect(facts.get('sysctl kernel.ostype')).toMatchObject({ value: { value: 'Linux' } });
  expect(keys.map((key) => facts.get(`guard ${key}`))).toEqual(
    [
      { exitCode: 3, output: 'out\n' },
      { exitCode: 0, output: '\nN\n' },
      { exitCode: 0, output: 'its sh\n' },
      { exitCode: 0, output: '' },
      { exitCode: 0, output: '' },
      { exitCode: 143, output: expect.any(String) },
    ].map((value) => ({ state: 'known', value })),
  );
});

test('settings of a kernel parameter are in the order of reading, without those that are hidden', () => {
  const pieces = [
    'v\n',
    '/proc/sys/net/ipv4/ip_forward:1',
    '/etc/sysctl.d/99-a.conf\n/etc/sysctl.d/50-b.conf\n/run/sysctl.d/*.conf\n/usr/lib/sysctl.d/50-b.conf\n/usr/lib/sysctl.d/60-c.conf',
    [
      '/etc/sysctl.d/99-a.conf:net/ipv4/ip_forward = 4',
      '/etc/sysctl.d/50-b.conf:-net.ipv4.ip_forward=2',
      '/usr/lib/sysctl.d/50-b.conf:net.ipv4.ip_forward=0',
      '/usr/lib/sysctl.d/60-c.conf:net.ipv4.ip_forward\t=\t3 ',
      '/usr/lib/sysctl.d/60-c.conf:net.ipv4.ip_forward_use_pmtu=9',
      '/etc/sysctl.conf:net.ipv4.ip_forward=5',
    ].join('\n'),
  ].map((piece) => Buffer.from(piece));
  expect(sysctlReader.parse(pieces, [{ kind: 'sysctl', key: 'net.ipv4.ip_forward' }], testBase(false)).get('net.ipv4.ip_forward')).toEqual({
    state: 'known',
    value: {
      value: '1',
      settings: [
        { file: '/etc/sysctl.d/50-b.conf', value: '2' },
        { file: '/usr/lib/sysctl.d/60-c.conf', value: '3' },
        { file: '/etc/sysctl.d/99-a.conf', value: '4' },
        { file: '/etc/sysctl.conf', value: '5' },
      ],
    },
  });
});
