import { describe, expect, test } from 'vitest';
import { ANY, type FactState, type FactValues, factId } from '../../src/model/fact.ts';
import type { Prediction } from '../../src/model/step.ts';
import { firstDifference } from '../../src/plan/verify.ts';
import { advance, makeWorld } from '../../src/plan/world.ts';
import { BASE } from '../execute/rig.ts';

const gone: FactValues['file'] = { type: 'absent' };
const there: FactValues['file'] = { type: 'directory', mode: '0755', owner: 'root', group: 'root' };
const service = (load: 'loaded' | 'not-found'): FactValues['service'] => ({
  load,
  active: 'inactive',
  enabled: 'disabled',
  needsReload: false,
  invocation: '',
  ends: false,
});

function world(facts: readonly [string, FactValues[keyof FactValues]][]) {
  return makeWorld(new Map([['', BASE]]), new Map(facts.map(([id, value]): [string, FactState] => [id, { state: 'known', value }])));
}

const states = (facts: ReadonlyMap<string, FactState>): Record<string, string> =>
  Object.fromEntries([...facts].map(([id, fact]) => [id, fact.state]));

describe('after a pending action', () => {
  const facts: [string, FactValues[keyof FactValues]][] = [
    ['file /gone', gone],
    ['file /there', there],
    ['service a.service', service('not-found')],
    ['service b.service', service('loaded')],
    ['user u', { exists: false, uid: null, group: null, groups: [], comment: null, home: null, shell: null }],
    ['group g', { exists: true, gid: 5 }],
    ['guard true', { exitCode: 0, output: '' }],
    ['package p', { installed: false, version: null, candidate: null }],
  ];

  test('a package may have brought what is absent, and decides guards; what is there stays known', () => {
    const after = world(facts);
    advance(after, [{ kind: 'package', key: 'p', value: { installed: true, version: ANY, candidate: ANY } }], {
      cloud: 'package',
      by: 's',
    });
    expect(states(after.facts)).toEqual({
      'file /gone': 'unknown',
      'file /there': 'known',
      'service a.service': 'unknown',
      'service b.service': 'known',
      'user u': 'unknown',
      'group g': 'known',
      'guard true': 'unknown',
      'package p': 'known',
    });
  });

  test('a command may have changed everything but what it promises', () => {
    const after = world(facts);
    advance(after, [{ kind: 'file', key: '/gone', value: { type: 'file', mode: ANY, owner: ANY, group: ANY, content: ANY } }], {
      cloud: 'everything',
      by: 's',
    });
    const known = Object.entries(states(after.facts)).filter(([, state]) => state === 'known');
    expect(known).toEqual([['file /gone', 'known']]);
  });

  test('a removed directory takes along what is known below it, and the facts from before are kept for undo', () => {
    const after = world([
      ['file /d', there],
      ['file /d/x', there],
      ['file /dx', there],
    ]);
    const undo = advance(after, [{ kind: 'tree', key: '/d' }], { cloud: 'nothing', by: 's' });
    expect([...after.facts].map(([id, fact]) => [id, fact.state === 'known' && 'type' in fact.value && fact.value.type])).toEqual([
      ['file /d', 'absent'],
      ['file /d/x', 'absent'],
      ['file /dx', 'directory'],
    ]);
    expect(undo.map((each) => factId(each))).toEqual(['file /d', 'file /d/x']);
  });
});

describe('what was found against what was promised', () => {
  const content = (digest: string, bytes: Uint8Array | null = null) => ({ kind: 'content', digest, size: 1, bytes });
  test.each<[string, unknown, unknown, string | null]>([
    ['equal values', { a: 1, b: ['x'] }, { a: 1, b: ['x'], more: 2 }, null],
    ['ANY', { a: ANY }, { a: 5 }, null],
    ['contents by digest', { content: content('d', Buffer.from('x')) }, { content: content('d') }, null],
    ['a content that was not asked for', { content: null }, { content: content('d') }, null],
    ['another content', { content: content('d') }, { content: content('e') }, 'content.digest is "e", planned was "d"'],
    ['another mode', { type: 'file', mode: '0644' }, { type: 'file', mode: '0600' }, 'mode is "0600", planned was "0644"'],
    ['another list', { groups: ['a'] }, { groups: ['a', 'b'] }, 'groups is ["a","b"], planned was ["a"]'],
    ['nothing where something was planned', { mode: '0644' }, {}, 'mode is nothing, planned was "0644"'],
  ])('%s', (_, expected, found, difference) => {
    expect(firstDifference(expected, found, '')).toBe(difference);
  });
});

const promised: Prediction = { kind: 'sysctl', key: 'k', value: { value: '1' } };
test('a prediction is what later steps see', () => {
  const after = world([['sysctl k', { value: '0' }]]);
  advance(after, [promised], { cloud: 'nothing', by: 's' });
  expect(after.facts.get('sysctl k')).toEqual({ state: 'known', value: { value: '1' } });
});
