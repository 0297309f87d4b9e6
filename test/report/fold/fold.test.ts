import { describe, expect, test } from 'vitest';
import type { HostRecord } from '../../../src/model/run.ts';
import type { Fold } from '../../../src/report/fold/fold.ts';
import { foldReport } from '../../../src/report/fold/fold-report.ts';
import { unfold } from '../../../src/report/fold/unfold.ts';
import { reportOf } from '../../../src/report/json.ts';
import { content, host, names, run, step } from '../records.ts';

function fold(hosts: readonly HostRecord[]): Fold {
  const report = reportOf(run(hosts));
  const folded = foldReport(report);
  expect(JSON.stringify(unfold(folded))).toBe(JSON.stringify(report));
  return folded;
}

/** A file with the host's name and address in it. */
function templated(name: string, number: number, lines: string = ''): HostRecord {
  const text = `server_name ${name}.example.com;\nlisten 192.0.2.${number}:80;\n# ${name}\n${lines}`;
  return host(name, {
    outcome: 'changed',
    durationMs: 100 + number,
    steps: [
      step('base/sysctl[vm.swappiness]'),
      step('web/file[/etc/site.conf]', {
        outcome: 'changed',
        changes: [{ field: 'content', before: null, after: content(text) }],
        durationMs: number,
      }),
    ],
  });
}

describe('folding', () => {
  test('makes one group of hosts with the same change, and marks what is the value of a host', () => {
    const { groups } = fold(names(200).map((name, index) => templated(name, index + 1)));
    expect(groups).toHaveLength(1);
    const [group] = groups;
    expect(group?.hosts).toEqual(names(200));
    expect(group?.steps.map(({ step: { id } }) => id)).toEqual(['web/file[/etc/site.conf]']);
    expect(group?.steps[0]?.step.changes[0]?.diff).toMatchInlineSnapshot(`
      "@@ -0,0 +1,3 @@
      +server_name ‹host›.example.com;
      +listen ‹1›:80;
      +# ‹host›
      "
    `);
    expect(group?.holes.map(({ label, values }) => [label, values.slice(0, 2)])).toEqual([
      ['host', ['web001', 'web002']],
      ['1', ['192.0.2.1', '192.0.2.2']],
    ]);
    expect(group?.counts.ok).toEqual([1, 1]);
  });

  /** Groups of hosts on which one file has these lines, as names of hosts, and the first one's diff. */
  function grouped(lines: readonly string[], id = 'a/file[/x]'): readonly (readonly [hosts: string, diff: string])[] {
    const hosts = lines.map((line, index) => {
      const name = names(lines.length)[index] ?? '';
      const own = line.replaceAll('@', name);
      const changes = [{ field: 'content', before: null, after: content(`${own}\n`) }];
      return host(name, { outcome: 'changed', steps: [step(id.replaceAll('@', name), { outcome: 'changed', changes })] });
    });
    return fold(hosts).groups.map((group) => {
      const diff = group.steps[0]?.step.changes[0]?.diff ?? '';
      return [group.hosts.map((name) => name.replace('web00', '')).join(' '), diff.replace(/^@@.*\n\+|\n$/g, '')] as const;
    });
  }

  test.each<[string, readonly string[], readonly (readonly [string, string])[]]>([
    ['names of hosts', ['a @ b', 'a @ b', 'a @ b'], [['1 2 3', 'a ‹host› b']]],
    ['names within words', ['@-eth0', '@-eth0'], [['1 2', '‹host›-eth0']]],
    [
      'a name that belongs to another host stands out',
      ['a @', 'a web001', 'a @', 'a @'],
      [
        ['2', 'a web001'],
        ['1 3 4', 'a ‹host›'],
      ],
    ],
    [
      'a name in a text that is the same everywhere is no hole',
      ['peers web001 web002', 'peers web001 web002'],
      [['1 2', 'peers web001 web002']],
    ],
    ['addresses', ['ip=192.0.2.1/24', 'ip=192.0.2.9/24'], [['1 2', 'ip=‹1›/24']]],
    ['addresses of the other kind', ['2001:db8::1', '2001:db8:7::1'], [['1 2', '‹1›']]],
    [
      'addresses of both kinds are no values of one place',
      ['2001:db8::1', '192.0.2.1'],
      [
        ['1', '2001:db8::1'],
        ['2', '192.0.2.1'],
      ],
    ],
    ['ports stay', ['192.0.2.1:80', '192.0.2.2:80'], [['1 2', '‹1›:80']]],
    ['digests', ['deadbeef01', '0123456789abc', 'cafebabe77'], [['1 2 3', '‹1›']]],
    ['the same value twice is one hole', ['id 7 of 7', 'id 8 of 8'], [['1 2', 'id ‹1› of ‹1›']]],
    ['other values are other holes', ['id 7 of 8', 'id 8 of 7'], [['1 2', 'id ‹1› of ‹2›']]],
    [
      'what most have and one has not',
      ['n 4', 'n 4', 'n 4', 'n 1'],
      [
        ['4', 'n 1'],
        ['1 2 3', 'n 4'],
      ],
    ],
    [
      'several that most have not are folded themselves',
      ['n 4', 'n 4', 'n 4', 'n 1', 'n 2'],
      [
        ['4 5', 'n ‹1›'],
        ['1 2 3', 'n 4'],
      ],
    ],
    ['values that none of which half of the hosts have', ['n 1', 'n 1', 'n 2', 'n 3', 'n 3'], [['1 2 3 4 5', 'n ‹1›']]],
    [
      'words',
      ['on yes', 'on no'],
      [
        ['1', 'on yes'],
        ['2', 'on no'],
      ],
    ],
    [
      'names of another pattern',
      ['rack a1', 'rack b1'],
      [
        ['1', 'rack a1'],
        ['2', 'rack b1'],
      ],
    ],
    ['words that are different on many hosts', ['in oslo', 'in rome', 'in bonn', 'in nice', 'in bern'], [['1 2 3 4 5', 'in ‹1›']]],
    [
      'words that are all there is in a line',
      ['oslo', 'rome', 'bonn', 'nice', 'bern'],
      [
        ['1', 'oslo'],
        ['2', 'rome'],
        ['3', 'bonn'],
        ['4', 'nice'],
        ['5', 'bern'],
      ],
    ],
    [
      'more lines',
      ['a 1', 'a 2\nb'],
      [
        ['1', 'a 1'],
        ['2', 'a 2\n+b'],
      ],
    ],
    [
      'more words',
      ['a 1', 'a 2 b'],
      [
        ['1', 'a 1'],
        ['2', 'a 2 b'],
      ],
    ],
    [
      'what stands between the words',
      ['a=1', 'a: 2'],
      [
        ['1', 'a=1'],
        ['2', 'a: 2'],
      ],
    ],
    [
      'texts in which a mark stands already',
      ['‹1› 7', '‹1› 8'],
      [
        ['1', '‹1› 7'],
        ['2', '‹1› 8'],
      ],
    ],
    [
      'characters that stand for names',
      ['\u0001 @', '\u0001 @'],
      [
        ['1', '\u0001 web001'],
        ['2', '\u0001 web002'],
      ],
    ],
  ])('%s', (_, lines, groups) => {
    expect(grouped(lines)).toEqual(groups);
  });

  test('marks names of hosts in names of fields, such as of folders that a step makes on its way', () => {
    const hosts = names(4).map((name) => {
      const changes = [{ field: `/srv/${name} mode`, before: null, after: '0755' }];
      return host(name, { outcome: 'changed', steps: [step(`web/directory[/srv/${name}/www]`, { outcome: 'changed', changes })] });
    });
    const { groups } = fold(hosts);
    expect(groups.map((group) => group.steps[0]?.step.changes[0]?.field)).toEqual(['/srv/‹host› mode']);
  });

  test('matches steps by their ids, and those that no other host has by their order', () => {
    expect(grouped(['x', 'x'], 'a/file[/srv/@]')).toEqual([['1 2', 'x']]);
    const sysctl = (key: string) => step(`a/sysctl[${key}]`, { outcome: 'changed', changes: [{ field: 'live', before: '0', after: '1' }] });
    const both = fold([
      host('h1', { outcome: 'changed', steps: [sysctl('net.x1'), sysctl('net.x2')] }),
      host('h2', { outcome: 'changed', steps: [sysctl('net.x2')] }),
    ]);
    expect(both.steps.map(({ texts }) => texts[0])).toEqual([['a/sysctl[net.x1]'], ['a/sysctl[net.x2]']]);
    const addresses = fold(
      ['192.0.2.1', '192.0.2.2'].map((address, index) =>
        host(`h${index}`, { outcome: 'changed', steps: [step(`a/address[lo ${address}/32]`, { outcome: 'changed' })] }),
      ),
    );
    expect(addresses.groups.map(({ steps }) => steps.map(({ step: { id } }) => id))).toEqual([['a/address[lo ‹1›/32]']]);
  });

  test('does not fold diffs that are cut short, unless the contents are the same', () => {
    const long = (end: string) => content(`${'line\n'.repeat(21_000)}${end}\n`);
    const of = (name: string, end: string) =>
      host(name, {
        outcome: 'changed',
        steps: [step('a/file[/x]', { outcome: 'changed', changes: [{ field: 'content', before: null, after: long(end) }] })],
      });
    expect(fold([of('a', 'one'), of('b', 'two'), of('c', 'one')]).groups.map(({ hosts }) => hosts)).toEqual([['b'], ['a', 'c']]);
  });

  test('puts failures first, then unreachable hosts, then small groups before large ones, and hosts that are ok last', () => {
    const change = (mode: string) => step('a/file[/x]', { outcome: 'changed', changes: [{ field: 'mode', before: mode, after: '0600' }] });
    const error = { phase: 'connect', message: 'no answer', hint: null };
    const { groups } = fold([
      host('ok1'),
      host('many1', { outcome: 'changed', steps: [change('rw')] }),
      host('many2', { outcome: 'changed', steps: [change('rw')] }),
      host('few', { outcome: 'changed', steps: [change('ro')] }),
      host('skipped', { outcome: 'skipped' }),
      host('far', { outcome: 'unreachable', error }),
      host('bad', { outcome: 'failed', error }),
    ]);
    expect(groups.map(({ hosts }) => hosts.join())).toEqual(['bad', 'far', 'few', 'many1,many2', 'skipped', 'ok1']);
  });

  test('tells a step that several groups have once, in the group of most hosts, and what differs in it elsewhere', () => {
    const extra = step('base/user[deploy]', { outcome: 'changed', changes: [{ field: 'shell', before: '/bin/sh', after: '/bin/bash' }] });
    const hosts = names(9).map((name, index) => templated(name, index + 1));
    const other = { ...hosts[4]!, steps: [...hosts[4]!.steps, extra] };
    const { groups } = fold([...hosts.slice(0, 4), other, ...hosts.slice(5)]);
    expect(groups.map((group) => group.hosts.length)).toEqual([1, 8]);
    expect(groups[0]?.steps.map(({ step: { id }, sameAs, there }) => [id, sameAs, there])).toEqual([
      ['web/file[/etc/site.conf]', 1, [{ label: '1', values: ['192.0.2.5'] }]],
      ['base/user[deploy]', null, []],
    ]);
    expect(groups[1]?.steps.map(({ sameAs }) => sameAs)).toEqual([null]);
  });

  test('does not refer to a group in which a place has another value', () => {
    const of = (name: string, zone: string, more: boolean) =>
      host(name, {
        outcome: 'changed',
        steps: [
          step('a/file[/x]', { outcome: 'changed', changes: [{ field: 'zone', before: null, after: `zone ${zone}` }] }),
          ...(more ? [step(`b/file[/${zone}]`, { outcome: 'changed' })] : []),
        ],
      });
    const { groups } = fold([
      ...names(2, 1).map((name) => of(name, 'z1', false)),
      ...names(2, 3).map((name) => of(name, 'z2', true)),
      of('web005', 'z3', true),
    ]);
    expect(groups.flatMap(({ steps }) => steps.map(({ step: { changes }, sameAs }) => [changes[0]?.after, sameAs]))).toContainEqual([
      'zone z2',
      null,
    ]);
  });

  test('tells the shortest and the longest duration of a group', () => {
    const { groups } = fold(names(3).map((name, index) => templated(name, index + 1)));
    expect(groups[0]?.steps[0]?.durations).toEqual({ step: [1, 3], failure: null });
  });

  test('of what is done around the roles only tells that it changes something', () => {
    const turn = (name: string, neighbour: string) =>
      step(`balancer/line[${name}]`, {
        part: 'before',
        on: 'lb1',
        outcome: 'changed',
        changes: [{ field: 'content', before: null, after: content(`${neighbour}\n${name}\n`) }],
      });
    const { groups } = fold([
      host('web1', { outcome: 'changed', steps: [turn('web1', 'first')] }),
      host('web2', { outcome: 'changed', steps: [turn('web2', 'one\nmore')] }),
    ]);
    expect(groups.map(({ steps }) => steps.map(({ step: { id, changes } }) => [id, changes]))).toEqual([[['balancer/line[‹host›]', []]]]);
  });
});
