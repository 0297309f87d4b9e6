import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { definePlaybook, type PlayDefinition } from '../../src/playbook/define.ts';
import { loadTyped } from '../../src/playbook/load-typed.ts';
import { AROUND_KEYS, ROLLOUT_KEYS } from '../../src/playbook/play-keys.ts';
import { readDefinition } from '../../src/playbook/read-definition.ts';
import { roleFinder } from '../../src/playbook/roles.ts';
import { ROLLOUT_PROPERTIES } from '../../src/playbook/rollout-schema.ts';
import { load } from './build.ts';

const DEFAULTS = {
  serial: [],
  order: { kind: 'inventory' },
  spread: [],
  maxFailures: { batch: null, total: { kind: 'count', count: 0 } },
  onFailure: 'putBack',
  soakMs: 0,
  onGateFailure: 'halt',
  once: [],
  before: [],
  after: [],
  gate: [],
};

const play = (keys: string): string => `- hosts: web\n  ${keys}`;
const rolloutOf = async (keys: string) => {
  const { value, problems } = await load(play(keys));
  expect(renderDiagnostics(problems)).toBe('');
  return value.plays[0]?.rollout;
};

/** The rollout of a typed play, its roles by name. */
async function typed(definition: object): Promise<{ rollout: object | null | undefined; problems: string }> {
  const exported = definePlaybook([{ hosts: 'web', roles: [], ...definition } as PlayDefinition]);
  const finder = roleFinder(['test/playbook/cases/roles'], async (path) => import(new URL(`../../${path}`, import.meta.url).href));
  const { value, problems } = await loadTyped('site.ts', finder, async () => ({ default: exported }));
  return { rollout: value[0]?.rollout, problems: renderDiagnostics(problems) };
}

describe('a play without rollout keys', () => {
  test('has no rollout, in YAML and typed', async () => {
    expect(await rolloutOf('become: true')).toBeNull();
    expect((await typed({})).rollout).toBeNull();
    expect((await typed({ serial: undefined })).rollout).toBeNull();
  });
});

/** Settings, the same in a typed play, and what they come to. */
const SETTINGS: readonly (readonly [string, object, object])[] = [
  ['serial: 2', { serial: 2 }, { serial: [{ kind: 'count', count: 2 }] }],
  ['serial: 12.5%', { serial: '12.5%' }, { serial: [{ kind: 'percent', percent: 12.5 }] }],
  [
    "serial: [1, 10%, '50 %']",
    { serial: [1, '10%', '50 %'] },
    {
      serial: [
        { kind: 'count', count: 1 },
        { kind: 'percent', percent: 10 },
        { kind: 'percent', percent: 50 },
      ],
    },
  ],
  ['order: reverse', { order: 'reverse' }, { order: { kind: 'reverse' } }],
  ['order: { shuffle: 42 }', { order: { shuffle: 42 } }, { order: { kind: 'shuffle', seed: '42' } }],
  ['order: { shuffle: may }', { order: { shuffle: 'may' } }, { order: { kind: 'shuffle', seed: 'may' } }],
  ['spread: { by: zone }', { spread: { by: 'zone' } }, { spread: [{ by: 'zone', max: 1 }] }],
  [
    'spread: [{ by: zone, max: 2 }, { by: rack }]',
    { spread: [{ by: 'zone', max: 2 }, { by: 'rack' }] },
    {
      spread: [
        { by: 'zone', max: 2 },
        { by: 'rack', max: 1 },
      ],
    },
  ],
  ['spread: []', { spread: [] }, {}],
  ['maxFailures: 0', { maxFailures: 0 }, {}],
  ['maxFailures: 0%', { maxFailures: '0%' }, { maxFailures: { batch: null, total: { kind: 'percent', percent: 0 } } }],
  ['maxFailures: 10%', { maxFailures: '10%' }, { maxFailures: { batch: null, total: { kind: 'percent', percent: 10 } } }],
  ['maxFailures: { batch: 1 }', { maxFailures: { batch: 1 } }, { maxFailures: { batch: { kind: 'count', count: 1 }, total: null } }],
  [
    'maxFailures: { batch: 0, total: 100% }',
    { maxFailures: { batch: 0, total: '100%' } },
    { maxFailures: { batch: { kind: 'count', count: 0 }, total: { kind: 'percent', percent: 100 } } },
  ],
  ['onFailure: leaveOut', { onFailure: 'leaveOut' }, { onFailure: 'leaveOut' }],
  ['soak: 30', { soak: 30 }, { soakMs: 30_000 }],
  ['soak: 0.5', { soak: 0.5 }, { soakMs: 500 }],
  ['soak: 250ms', { soak: '250ms' }, { soakMs: 250 }],
  ['soak: 1.5 m', { soak: '1.5 m' }, { soakMs: 90_000 }],
  ['soak: 2h', { soak: '2h' }, { soakMs: 7_200_000 }],
  ['gate: []\n  onGateFailure: undo', { gate: [], onGateFailure: 'undo' }, { onGateFailure: 'undo' }],
  ['before:', { before: [] }, {}],
];

describe('settings', () => {
  test.each(SETTINGS)('%s', async (yaml, definition, expected) => {
    expect(await rolloutOf(yaml)).toMatchObject({ ...DEFAULTS, ...expected });
    expect(await typed(definition)).toMatchObject({ rollout: { ...DEFAULTS, ...expected }, problems: '' });
  });
});

const WHOLE = 'must be a whole number of hosts from 1 on, or a percentage, found';
const NO_LIST = 'leave it out to work on all hosts at once';

/** Keys, the same in a typed play, where the caret stands in YAML, what is said, and the hint. */
const MISTAKES: readonly (readonly [string, object, string, string, string | null])[] = [
  ['serial: 0', { serial: 0 }, '2:11', `"serial" ${WHOLE} 0`, NO_LIST],
  ['serial: -1', { serial: -1 }, '2:11', `"serial" ${WHOLE} -1`, null],
  ['serial: 1.5', { serial: 1.5 }, '2:11', `"serial" ${WHOLE} 1.5`, null],
  ['serial: 150%', { serial: '150%' }, '2:11', '"serial" must be a percentage of more than 0% and at most 100%, found 150%', null],
  ['serial: 0%', { serial: '0%' }, '2:11', '"serial" must be a percentage of more than 0% and at most 100%, found 0%', null],
  [
    'serial: "2"',
    { serial: '2' },
    '2:11',
    '"serial" must be a number of hosts or a percentage, found text "2"',
    'write the number without quotes and leading zeros',
  ],
  [
    'serial: "{{ n }}"',
    { serial: '{{ n }}' },
    '2:11',
    '"serial" must be a number of hosts or a percentage, found text "{{ n }}"',
    'how a play goes through its hosts is the same for all of them; {{ }} works in params and on',
  ],
  ['serial:', { serial: null }, '2:3', '"serial" must be a number of hosts or a percentage, found nothing', 'write 2 or 10%'],
  ['serial: []', { serial: [] }, '2:11', '"serial" is an empty list', NO_LIST],
  ['serial: [1, 0]', { serial: [1, 0] }, '2:15', `"serial[1]" ${WHOLE} 0`, NO_LIST],
  ['serial: [[1]]', { serial: [[1]] }, '2:12', '"serial[0]" must be a number of hosts or a percentage, found a list', 'write 2 or 10%'],
  [
    'order: revers',
    { order: 'revers' },
    '2:10',
    '"order" must be inventory, reverse or { shuffle: SEED }, found text "revers"',
    'did you mean "reverse"?',
  ],
  [
    'order: reverse_inventory',
    { order: 'reverse_inventory' },
    '2:10',
    '"order" must be inventory, reverse or { shuffle: SEED }, found text "reverse_inventory"',
    'write reverse',
  ],
  [
    'order: shuffle',
    { order: 'shuffle' },
    '2:10',
    '"order" must be inventory, reverse or { shuffle: SEED }, found text "shuffle"',
    'write { shuffle: SEED }; the same seed gives the same order in plan and apply',
  ],
  ['order: {}', { order: {} }, '2:10', '"order" must be inventory, reverse or { shuffle: SEED }, found a mapping', null],
  ['order: { shufle: 1 }', { order: { shufle: 1 } }, '2:12', '"order" has no key "shufle"', 'did you mean "shuffle"?'],
  ['order: { shuffle: }', { order: { shuffle: null } }, '2:12', '"order.shuffle" must be text or a number, found nothing', null],
  [
    'spread: zone',
    { spread: 'zone' },
    '2:11',
    '"spread" must be a mapping with by and max, or a list of them, found text "zone"',
    'write { by: VAR, max: 1 }',
  ],
  [
    'spread: { max: 1 }',
    { spread: { max: 1 } },
    '2:3',
    '"spread" names no var',
    'add by: with the var that holds the failure domain, such as by: zone',
  ],
  ['spread: { bye: zone }', { spread: { bye: 'zone' } }, '2:13', '"spread" has no key "bye"', 'did you mean "by"?'],
  ['spread: { by: "" }', { spread: { by: '' } }, '2:17', '"spread.by" must be the name of a var, found empty text', null],
  [
    'spread: { by: zone, max: 0 }',
    { spread: { by: 'zone', max: 0 } },
    '2:28',
    '"spread.max" must be a whole number of hosts from 1 on, found 0',
    null,
  ],
  [
    'spread: [{ by: zone }, { by: rack, max: 50% }]',
    { spread: [{ by: 'zone' }, { by: 'rack', max: '50%' }] },
    '2:43',
    '"spread[1].max" must be a whole number of hosts from 1 on, found text "50%"',
    null,
  ],
  [
    'spread: [{ by: zone }, { by: zone, max: 2 }]',
    { spread: [{ by: 'zone' }, { by: 'zone', max: 2 }] },
    '2:26',
    '"spread[1]" names "zone" a second time',
    'keep one of them',
  ],
  [
    'maxFailures: -1',
    { maxFailures: -1 },
    '2:16',
    '"maxFailures" must be a whole number of hosts from 0 on, or a percentage, found -1',
    null,
  ],
  ['maxFailures: 101%', { maxFailures: '101%' }, '2:16', '"maxFailures" must be a percentage from 0% to 100%, found 101%', null],
  ['maxFailures: {}', { maxFailures: {} }, '2:16', '"maxFailures" is empty', 'write { batch: 1, total: 10% }'],
  ['maxFailures: { totl: 1 }', { maxFailures: { totl: 1 } }, '2:18', '"maxFailures" has no key "totl"', 'did you mean "total"?'],
  [
    'maxFailures: { batch: yes }',
    { maxFailures: { batch: true } },
    '2:25',
    '"maxFailures.batch" must be a number of hosts or a percentage, found true',
    'write 2 or 10%',
  ],
  [
    'onFailure: putback',
    { onFailure: 'putback' },
    '2:14',
    '"onFailure" must be putBack or leaveOut, found text "putback"',
    'did you mean "putBack"?',
  ],
  ['onGateFailure: stop', { onGateFailure: 'stop' }, '2:18', '"onGateFailure" must be halt or undo, found text "stop"', null],
  [
    'onGateFailure: undo',
    { onGateFailure: 'undo' },
    '2:3',
    '"onGateFailure" has no effect without gate',
    'add gate: with the roles that must hold behind each batch',
  ],
  ['soak: 30x', { soak: '30x' }, '2:9', '"soak" must be a time in seconds or with a unit, found text "30x"', 'write 30, 30s, 5m or 1h'],
  ['soak: -1', { soak: -1 }, '2:9', '"soak" must be a time in seconds or with a unit, found -1', 'write 30, 30s, 5m or 1h'],
];

describe('wrong settings', () => {
  test.each(MISTAKES)('%s', async (yaml, definition, place, message, hint) => {
    const { problems } = await load(play(yaml));
    expect(problems.map((problem) => [`${problem.place?.line}:${problem.place?.column}`, problem.message, problem.hint])).toEqual([
      [place, message, hint],
    ]);
    const checked = readDefinition('site.ts', definePlaybook([{ hosts: 'web', roles: [], ...definition } as PlayDefinition]));
    expect(checked.problems.map((problem) => [problem.message, problem.hint])).toEqual([[message.replace('"', '"plays[0].'), hint]]);
  });

  test('all of a play are shown at once', async () => {
    const { problems } = await load(
      play('serial: 0\n  order: x\n  spread: { by: 3, max: 0 }\n  soak: x\n  maxFailures: { batch: x, total: x }'),
    );
    expect(problems).toHaveLength(7);
  });
});

describe('the JSON Schema', () => {
  const properties = { ...ROLLOUT_PROPERTIES };
  const accepts = (definition: object): boolean =>
    Object.entries(definition).every(
      ([key, value]) =>
        AROUND_KEYS.some((around) => around === key) ||
        z.fromJSONSchema(JSON.parse(JSON.stringify(properties[key]))).safeParse(value).success,
    );

  test('has every key of a rollout', () => {
    expect(Object.keys(properties).sort()).toEqual([...ROLLOUT_KEYS].sort());
  });

  test.each(SETTINGS)('accepts %s', (_yaml, definition) => {
    expect(accepts(definition)).toBe(true);
  });

  /** What a schema cannot say, or would only say in a twisted way. */
  const beyond = ['serial: 0%', 'spread: [{ by: zone }, { by: zone, max: 2 }]', 'onGateFailure: undo'];
  test.each(MISTAKES.filter(([yaml]) => !beyond.includes(yaml)))('refuses %s', (_yaml, definition) => {
    expect(accepts(definition)).toBe(false);
  });
});

describe("Ansible's keys", () => {
  test.each([
    ['max_fail_percentage: 10', 'write maxFailures: 10%, or a number of hosts'],
    ['any_errors_fatal: true', 'write maxFailures: 0'],
    ['strategy: free', 'a host goes through the whole play at its own pace; serial makes batches; leave the key out'],
    ['throttle: 1', '--forks says how many hosts are worked on at the same time, serial how many go together as a batch'],
    ['run_once: true', 'put the role under once: { role: NAME, per: run }'],
    ['delegate_to: lb', 'put the role under before or after: { role: NAME, on: HOST }'],
  ])('%s leads to what drover has', async (yaml, hint) => {
    const { problems } = await load(play(yaml));
    expect(problems.map((problem) => [problem.code, problem.message, problem.hint])).toEqual([
      ['key-unknown', `a play has no key "${yaml.split(':')[0]}"`, hint],
    ]);
  });
});

describe('roles around a host', () => {
  test('are named like those of roles, with where they are carried out', async () => {
    const rollout = await rolloutOf(`tags: [t]
  once: [motd, { role: motd, per: run, on: db01 }, { role: motd, per: batch }]
  before:
    - role: motd
      on: [lb1, 'lb2:&prod']
      params: { text: '{{ a }}' }
      tags: b
  after: [{ role: motd, on: '{{ balancer }}' }]
  gate: [motd]`);
    expect(rollout?.once.map(({ on, per }) => [on, per])).toEqual([
      [null, 'batch'],
      ['db01', 'run'],
      [null, 'batch'],
    ]);
    expect(rollout?.before).toMatchObject([
      { on: 'lb1,lb2:&prod', onPlace: { line: 6, column: 11 }, use: { params: { text: '{{ a }}' }, tags: ['b'], role: { name: 'motd' } } },
    ]);
    expect(rollout?.after).toMatchObject([{ on: '{{ balancer }}', onSource: "  after: [{ role: motd, on: '{{ balancer }}' }]" }]);
    expect(rollout?.gate).toMatchObject([{ on: null, onPlace: null, onSource: null }]);
  });

  test('are the same in typed plays', async () => {
    const { rollout, problems } = await typed({
      once: ['motd', { role: 'motd', per: 'run', on: 'db01' }],
      before: [{ role: 'motd', on: ['lb1', 'lb2'], params: { text: 'x' }, tags: 'a,b' }],
      gate: ['motd'],
    });
    expect(problems).toBe('');
    expect(rollout).toMatchObject({
      once: [
        { on: null, per: 'batch', use: { role: { name: 'motd' } } },
        { on: 'db01', per: 'run' },
      ],
      before: [{ on: 'lb1,lb2', use: { params: { text: 'x' }, tags: ['a', 'b'] } }],
      after: [],
      gate: [{ on: null }],
    });
  });

  test('and settings have types: what is refused is red in the editor too', () => {
    const { plays } = definePlaybook([
      {
        hosts: 'web',
        serial: [1, '10%'],
        order: { shuffle: 'seed' },
        spread: { by: 'zone' },
        maxFailures: { batch: 1, total: '10%' },
        soak: '30s',
        once: [{ role: 'migrate', per: 'run', on: 'db01' }],
        before: ['check', { role: 'balancer', on: ['lb1', 'lb2'] }],
        roles: ['work'],
      },
      // @ts-expect-error: a time has a unit that drover knows
      { hosts: 'web', roles: [], soak: '30x' },
      // @ts-expect-error: only roles under once have per
      { hosts: 'web', roles: [], before: [{ role: 'balancer', per: 'run' }] },
      // @ts-expect-error: roles have no on
      { hosts: 'web', roles: [{ role: 'balancer', on: 'lb' }] },
    ]);
    expect(readDefinition('site.ts', { drover: 'playbook', plays }).problems.map(({ message }) => message)).toEqual([
      '"plays[1].soak" must be a time in seconds or with a unit, found text "30x"',
      '"plays[2].before[0]" has no key "per"',
      '"plays[3].roles[0]" has no key "on"',
    ]);
  });

  test.each([
    ['before: motd', '2:11  error playbook-shape  "before" must be a list, found text'],
    ['after: [{ params: {} }]', '2:11  error playbook-shape  this entry of after names no role'],
    ['before: [{ role: motd, on: }]', '2:26  error playbook-shape  "on" must be text, found nothing'],
    ['before: [{ role: motd, on: "" }]', '2:30  error playbook-shape  "on" must be text, found empty text'],
    ['before: [{ role: motd, on: [] }]', '2:30  error playbook-shape  "on" is an empty list'],
    ['before: [{ role: motd, onn: lb }]', '2:26  error key-unknown  a role use has no key "onn"'],
    ['before: [{ role: motd, per: run }]', '2:26  error key-unknown  a role use has no key "per"'],
    ['roles: [{ role: motd, on: lb }]', '2:25  error key-unknown  a role use has no key "on"'],
    ['roles: [{ role: motd, delegate_to: lb }]', '2:25  error key-unknown  a role use has no key "delegate_to"'],
    ['once: [{ role: motd, per: host }]', '2:29  error playbook-shape  "per" must be run or batch, found text "host"'],
    ['once: [{ role: motd, per: 3 }]', '2:29  error playbook-shape  "per" must be run or batch, found the number 3'],
    ['gate: [mtod]', '2:10  error role-missing  there is no role "mtod"'],
  ])('%s is refused', async (yaml, head) => {
    const { problems } = await load(play(yaml));
    expect(problems.map((problem) => renderDiagnostics([problem]).split('\n')[0])).toEqual([`test/playbook/cases/site.yaml:${head}`]);
  });

  test.each<[object, string, string | null]>([
    [{ before: 'motd' }, '"plays[0].before" must be a list, found text "motd"', null],
    [{ before: [3] }, '"plays[0].before[0]" must be a mapping, found 3', null],
    [{ before: [{ role: 'motd', onn: 'lb' }] }, '"plays[0].before[0]" has no key "onn"', 'did you mean "on"?'],
    [{ before: [{ role: 'motd', per: 'run' }] }, '"plays[0].before[0]" has no key "per"', 'only roles under once have per'],
    [
      { roles: [{ role: 'motd', on: 'lb' }] },
      '"plays[0].roles[0]" has no key "on"',
      'roles are carried out on other hosts under once, before, after and gate',
    ],
    [{ once: [{ role: 'motd', per: 'host' }] }, '"plays[0].once[0].per" must be one of "run", "batch", found text "host"', null],
    [{ gate: ['mtod'] }, 'there is no role "mtod"', 'did you mean "motd"? (looked in test/playbook/cases/roles)'],
  ])('typed %j is refused', async (definition, message, hint) => {
    const { problems } = await typed(definition);
    expect(problems).toBe(
      `site.ts:1:1  error ${message.startsWith('there') ? 'role-missing' : hint === null ? 'playbook-shape' : 'key-unknown'}  ${message}${hint === null ? '' : `\n  hint: ${hint}`}`,
    );
  });
});
