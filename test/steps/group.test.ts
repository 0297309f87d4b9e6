import { describe, expect, it } from 'vitest';
import { ANY, type GroupFact } from '../../src/model/fact.ts';
import { type GroupOptions, group } from '../../src/steps/group.ts';
import { testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

const crew: GroupFact = { exists: true, gid: 1001 };
const nothing: GroupFact = { exists: false, gid: null };
const plan = (options: Omit<GroupOptions, 'name'>, now: GroupFact) =>
  planOn(group({ name: 'crew', ...options }), { 'group crew': now }, testBase(false));

describe('group steps', () => {
  it.each<[string, Omit<GroupOptions, 'name'>, GroupFact]>([
    ['present', {}, crew],
    ['with its number', { gid: 1001 }, crew],
    ['a system group of any number', { system: true }, crew],
    ['absent', { state: 'absent' }, nothing],
  ])('have nothing to do: %s', (_title, options, now) => {
    expect(plan(options, now)).toEqual({ result: 'ok' });
  });

  it('add a group, with or without a number', () => {
    expect(plan({ system: true }, nothing)).toEqual({
      result: 'change',
      changes: [{ field: 'exists', before: false, after: true }],
      predicted: [{ kind: 'group', key: 'crew', value: { exists: true, gid: ANY } }],
      actions: [{ kind: 'addGroup', name: 'crew', gid: undefined, system: true }],
    });
    expect(plan({ gid: 50 }, nothing)).toMatchObject({
      changes: [{}, { field: 'gid', before: null, after: 50 }],
      predicted: [{ value: { gid: 50 } }],
    });
  });

  it('change a number, after which nothing is foreseen of files', () => {
    expect(plan({ gid: 50 }, crew)).toEqual({
      result: 'change',
      changes: [{ field: 'gid', before: 1001, after: 50 }],
      predicted: [{ kind: 'group', key: 'crew', value: { exists: true, gid: 50 } }],
      actions: [{ kind: 'changeGroup', name: 'crew', gid: 50 }],
      cloud: 'everything',
    });
  });

  it('remove a group, but never the superuser’s', () => {
    expect(plan({ state: 'absent' }, crew)).toMatchObject({
      changes: [
        { field: 'exists', before: true, after: false },
        { field: 'gid', before: 1001, after: null },
      ],
      actions: [{ kind: 'removeGroup', name: 'crew' }],
      irreversible: 'its members are not kept',
    });
    expect(plan({ state: 'absent' }, { exists: true, gid: 0 })).toMatchObject({ result: 'refused' });
  });

  it.each<[GroupOptions, string]>([
    [{ name: '--' }, 'group: "--" is not a name'],
    [{ name: 'a b' }, 'is not a name'],
    [{ name: 'a', gid: 1.5 }, 'group: 1.5 must be a whole number'],
    [{ name: 'a', state: 'gone' as 'absent' }, "group: state \"gone\" must be 'present' or 'absent'"],
    [{ name: 'a', state: 'absent', gid: 5 }, 'group: gid and system mean nothing for a, which is to be absent'],
  ])('do not take %j', (options, message) => {
    expect(() => group(options)).toThrow(message);
  });
});
