import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { fingerprintOf, type Work } from '../src/fingerprint.ts';
import { compareFingerprints } from '../src/fingerprint-difference.ts';
import type { Become } from '../src/model/host.ts';
import type { HostPlay } from '../src/model/ports.ts';
import type { Role } from '../src/model/role.ts';
import type { RolloutSettings } from '../src/model/rollout.ts';
import type { HostVisits } from '../src/model/rollout-task.ts';
import { Secret } from '../src/model/secret.ts';
import { hostNamed, rolloutSettings } from './work.ts';

const role = (name: string): Role => ({
  drover: 'role',
  name,
  description: 'd',
  platforms: 'any',
  params: z.unknown(),
  steps: () => ({ steps: [] }),
});

/** A play as a test writes it down: roles with their parameters by host. */
interface Sketch {
  readonly name?: string;
  readonly hosts: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
  readonly become?: string;
  readonly method?: Become['method'];
  /** Whom each of its roles becomes, where that is not whom the play becomes. */
  readonly rolesBecome?: Become | null;
  readonly allow?: Partial<HostPlay['allow']>;
  readonly rollout?: Partial<RolloutSettings>;
  /** Parameters of a role `balancer` that is carried out on `lb` before each host. */
  readonly balancer?: unknown;
}

function work(...sketches: readonly Sketch[]): Work {
  const common = (index: number, { name = 'web', become, method = 'sudo', allow }: Sketch): Omit<HostPlay, 'part' | 'roles'> => ({
    index,
    name,
    become: become === undefined ? null : { method, user: become },
    allow: { reboot: false, disconnect: false, ...allow },
  });
  const names = [...new Set(sketches.flatMap(({ hosts }) => Object.keys(hosts)))];
  return {
    tasks: names.map((name) => ({
      host: hostNamed(name),
      plays: sketches.flatMap((sketch, index): HostPlay[] => {
        const uses = sketch.hosts[name];
        if (uses === undefined) return [];
        const own = sketch.rolesBecome === undefined ? {} : { become: sketch.rolesBecome };
        return [
          {
            ...common(index, sketch),
            part: 'roles',
            roles: Object.entries(uses).map(([of, params]) => ({ role: role(of), params, ...own })),
          },
        ];
      }),
    })),
    plays: sketches.map((sketch, index) => {
      const { name = 'web', hosts, rollout, balancer } = sketch;
      if (rollout === undefined && balancer === undefined) return { index, name, rollout: null };
      const before = balancer === undefined ? [] : [{ role: role('balancer'), params: balancer }];
      const visits: HostVisits = {
        once: [],
        before: [{ host: hostNamed('lb'), play: { ...common(index, sketch), part: 'before', roles: before } }],
        after: [],
        gate: [],
      };
      const all = Object.keys(hosts);
      return {
        index,
        name,
        rollout: {
          settings: rolloutSettings(rollout),
          hosts: all.map((host) => ({ name: host, vars: {} })),
          visits: new Map(all.map((host) => [host, visits])),
          owed: new Set<string>(),
          firstBatch: 0,
        },
      };
    }),
  };
}

function compare(before: readonly Sketch[], after: readonly Sketch[]): readonly string[] {
  const print = (sketches: readonly Sketch[], text: string): ReturnType<typeof fingerprintOf> => {
    // As it comes back from the journal.
    return JSON.parse(JSON.stringify(fingerprintOf(work(...sketches), { salt: 'pepper', text })));
  };
  return compareFingerprints(print(before, 'one text'), print(after, 'another text'));
}

const web = (params: unknown = { port: 80 }): Sketch => ({ hosts: { web01: { nginx: params }, web02: { nginx: params } } });

describe('two runs', () => {
  test('of the same are the same, whatever the text of the playbook, and the order of keys, looks like', () => {
    const params = (): unknown => ({ port: 80, list: [1, 2], at: new Date(5), only: /a/g, none: undefined, key: new Secret('x') });
    expect(compare([web(params())], [web(params())])).toEqual([]);
    expect(compare([web({ a: 1, b: { c: 2, d: 3 } })], [web({ b: { d: 3, c: 2 }, a: 1 })])).toEqual([]);
    expect(compare([{ hosts: { b: {}, a: {} } }], [{ hosts: { a: {}, b: {} } }])).toEqual([]);
  });

  test.each<[title: string, before: unknown, after: unknown]>([
    ['a number', { port: 80 }, { port: 81 }],
    ['a number that became text', { port: 80 }, { port: '80' }],
    ['true that became text', { on: true }, { on: 'true' }],
    ['null that became text', { on: null }, { on: 'null' }],
    ['a value inside', { a: [{ b: 1 }] }, { a: [{ b: 2 }] }],
    ['the order of a list', { a: [1, 2] }, { a: [2, 1] }],
    ['a key more', { a: 1 }, { a: 1, b: null }],
    ['a list that became one text', { a: ['b', 'c'] }, { a: ['b,c'] }],
    ['a secret', { key: new Secret('one') }, { key: new Secret('two') }],
    ['bytes', { key: Buffer.from('one') }, { key: Buffer.from('two') }],
    ['a regular expression', { only: /a/ }, { only: /b/ }],
    ['a date', { at: new Date(1000) }, { at: new Date(2000) }],
    ['a map', { m: new Map([['a', 1]]) }, { m: new Map([['a', 2]]) }],
    ['a set', { m: new Set(['a']) }, { m: new Set(['b']) }],
  ])('differ by %s in a parameter', (_title, before, after) => {
    expect(compare([web(before)], [web(after)])).toEqual(['play "web": parameters of role nginx differ on web01 and 1 more']);
  });

  test('differ by a parameter on one host', () => {
    const after = { hosts: { web01: { nginx: { port: 80 } }, web02: { nginx: { port: 81 } } } };
    expect(compare([web()], [after])).toEqual(['play "web": parameters of role nginx differ on web02']);
  });

  test.each<[title: string, before: readonly Sketch[], after: readonly Sketch[], sentences: readonly string[]]>([
    ['a play more', [web()], [web(), { name: 'db', hosts: {} }], ['play "db" is new']],
    ['a play fewer', [{ name: 'db', hosts: {} }, web()], [web()], ['play "db" is gone']],
    ['a play of the same name more', [web()], [web(), web()], ['play "web" (#2) is new']],
    [
      'the order of plays',
      [
        { name: 'a', hosts: {} },
        { name: 'b', hosts: {} },
      ],
      [
        { name: 'b', hosts: {} },
        { name: 'a', hosts: {} },
      ],
      ['the order of the plays differs'],
    ],
    [
      'hosts',
      [web()],
      [{ hosts: { web01: { nginx: { port: 80 } }, web09: {}, web10: {} } }],
      ['the hosts of play "web" differ: web09 and 1 more are new, web02 is gone'],
    ],
    [
      'roles',
      [web()],
      [{ hosts: { web01: { nginx: { port: 80 }, motd: {} }, web02: { apache: {} } } }],
      ['play "web": the roles differ on web01: motd is new', 'play "web": the roles differ on web02: apache is new, nginx is gone'],
    ],
    [
      'the order of roles',
      [{ hosts: { a: { x: 1, y: 2 }, b: { x: 1, y: 2 } } }],
      [{ hosts: { a: { y: 2, x: 1 }, b: { y: 2, x: 1 } } }],
      ['play "web": the roles differ on a and 1 more: their order is another one'],
    ],
    ['whom it becomes', [web()], [{ ...web(), become: 'root' }], ['play "web": become differs: nobody → root']],
    [
      'how it becomes root',
      [{ ...web(), become: 'root' }],
      [{ ...web(), become: 'root', method: 'su' }],
      ['play "web": become differs: root → root by su'],
    ],
    [
      'whom a role becomes',
      [{ hosts: { a: { x: 1 } } }],
      [{ hosts: { a: { x: 1 } }, rolesBecome: { method: 'doas', user: 'www' } }],
      ['play "web": the roles differ on a: x (as www by doas) is new, x is gone'],
    ],
    [
      'a role that becomes nobody',
      [{ hosts: { a: { x: 1 } }, become: 'root' }],
      [{ hosts: { a: { x: 1 } }, become: 'root', rolesBecome: null }],
      ['play "web": the roles differ on a: x (as the login user) is new, x is gone'],
    ],
    ['what it allows', [{ ...web(), allow: { reboot: true } }], [web()], ['play "web": allow differs: reboot → nothing']],
    ['a rollout', [web()], [{ ...web(), rollout: {} }], ['play "web": its rollout is new']],
    [
      'a parameter around a host',
      [{ ...web(), balancer: { weight: 1 } }],
      [{ ...web(), balancer: { weight: 2 } }],
      ['play "web": parameters of role balancer (before, on lb) differ on web01 and 1 more'],
    ],
  ])('differ by %s', (_title, before, after, sentences) => {
    expect(compare(before, after)).toEqual(sentences);
  });

  test.each<[Partial<RolloutSettings>, string]>([
    [
      {
        serial: [
          { kind: 'count', count: 1 },
          { kind: 'percent', percent: 10 },
        ],
      },
      'serial differs: all at once → 1, 10%',
    ],
    [{ order: { kind: 'shuffle', seed: 'x' } }, 'order differs: inventory → shuffle x'],
    [{ spread: [{ by: 'zone', max: 1 }] }, 'spread differs: none → at most 1 by zone'],
    [{ maxFailures: { batch: null, total: { kind: 'percent', percent: 10 } } }, 'maxFailures differs: 0 in total → 10% in total'],
    [{ maxFailures: { batch: null, total: null } }, 'maxFailures differs: 0 in total → any number'],
    [{ onFailure: 'leaveOut' }, 'onFailure differs: putBack → leaveOut'],
    [{ soakMs: 1500 }, 'soak differs: 0 s → 1.5 s'],
    [{ onGateFailure: 'undo' }, 'onGateFailure differs: halt → undo'],
  ])('differ by the setting %j', (after, sentence) => {
    expect(compare([{ ...web(), rollout: {} }], [{ ...web(), rollout: after }])).toEqual([`play "web": ${sentence}`]);
  });
});

describe('a fingerprint', () => {
  const print = (salt: string, value: string): string => JSON.stringify(fingerprintOf(work(web({ key: value })), { salt, text: value }));

  test('shows no value, and no digest that another run has for the same value', () => {
    expect(print('a', 'correct horse')).not.toContain('correct horse');
    const digests = (text: string): readonly string[] => text.match(/[\w-]{22}/g) ?? [];
    const [a, b] = [digests(print('a', 'correct horse')), digests(print('b', 'correct horse'))];
    expect(a).toHaveLength(3);
    expect(a.filter((digest) => b.includes(digest))).toEqual([]);
  });

  test('of a value that holds itself has an end', () => {
    const knot: Record<string, unknown> = { name: 'x' };
    knot.self = knot;
    expect(compare([web(knot)], [web(knot)])).toEqual([]);
  });

  test('takes host names as they are', () => {
    const odd = { hosts: { __proto__x: { nginx: 1 }, constructor: { nginx: 1 } } };
    expect(compare([odd], [odd])).toEqual([]);
    expect(compare([web()], [{ hosts: { ...web().hosts, constructor: {} } }])).toEqual([
      'the hosts of play "web" differ: constructor is new',
    ]);
  });
});
