import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseFacts } from '../../src/model/fact.ts';
import type { HostPlay } from '../../src/model/ports.ts';
import type { Platform, Role, RoleSteps } from '../../src/model/role.ts';
import { assemblePlay, platformProblem } from '../../src/plan/assemble.ts';
import { BASE, host, set } from '../execute/rig.ts';

const role = (steps: () => RoleSteps, more: Partial<Role> = {}): Role => ({
  drover: 'role',
  name: 'r',
  description: '',
  platforms: 'any',
  params: z.unknown(),
  steps,
  ...more,
});
const playOf = (...roles: Role[]): HostPlay => ({
  index: 3,
  part: 'roles',
  name: 'p',
  become: null,
  allow: { reboot: false, disconnect: true },
  roles: roles.map((each) => ({ role: each, params: {} })),
});
const BASES = new Map([['', BASE]]);
const ids = (play: HostPlay): string[] => assemblePlay(play, host('h'), BASES).map((item) => item.id);
const refusal = (play: HostPlay): unknown => assemblePlay(play, host('h'), BASES).map((item) => item.step.plan(undefined as never));

describe('the steps of a play', () => {
  test('come in order, handlers last, repeated ids numbered', () => {
    const steps = () => ({ steps: [set('a', '1', { notify: ['h'] }), set('a', '2')], handlers: { h: [set('x', '1'), set('y', '1')] } });
    expect(ids(playOf(role(steps)))).toEqual(['r/set[a]', 'r/set[a]#2', 'r/handler[h]', 'r/handler[h]#2']);
  });

  test('of a role that is used twice bring its handler once', () => {
    const twice = role(() => ({ steps: [set('a', '1', { notify: ['h'] })], handlers: { h: set('x', '1') } }));
    expect(ids(playOf(twice, twice))).toEqual(['r/set[a]', 'r/set[a]#2', 'r/handler[h]']);
  });

  test('notify the handlers of their own role and play', () => {
    const [step, handler] = assemblePlay(
      playOf(role(() => ({ steps: [set('a', '1', { notify: ['h'] })], handlers: { h: set('x', '1') } }))),
      host('h'),
      BASES,
    );
    expect(step?.notifies).toEqual([handler?.handler]);
    expect(handler?.handler).toBe('3/r/h');
  });

  test.each([
    ['refuses', role(() => ({ refused: 'because' })), 'because'],
    [
      'throws',
      role(() => {
        throw new Error('oh');
      }),
      "the role's steps could not be made: oh",
    ],
    [
      'notifies a handler that it does not have',
      role(() => ({ steps: [set('a', '1', { notify: ['hh'] })], handlers: { h: set('x', '1') } })),
      "set[a] notifies 'hh', which is not a handler of the role (the role has 'h')",
    ],
    [
      'does not support the platform',
      role(() => ({ steps: [] }), { platforms: [{ family: 'alpine' }] }),
      'role r does not support Debian 12 (init systemd); it supports alpine',
    ],
  ])('of a role that %s are one step that is refused with the reason', (_, each, reason) => {
    expect(refusal(playOf(each))).toEqual([{ result: 'refused', reason }]);
  });
});

describe('a platform', () => {
  const debian = (version: string): BaseFacts => ({ ...BASE, os: { ...BASE.os, version } });
  const check = (platform: Platform, base: BaseFacts): boolean =>
    platformProblem(
      role(() => ({ steps: [] }), { platforms: [platform] }),
      base,
    ) === null;

  test.each<[Platform, string, boolean]>([
    [{ family: 'debian' }, '12', true],
    [{ family: 'redhat' }, '12', false],
    [{ family: 'debian', minVersion: 12 }, '12', true],
    [{ family: 'debian', minVersion: 13 }, '12', false],
    [{ family: 'debian', maxVersion: 11 }, '12', false],
    [{ family: 'debian', minVersion: 10, maxVersion: 12 }, '11.4', true],
    [{ family: 'debian', minVersion: 12 }, '', true],
    [{ family: 'debian', maxVersion: 12 }, '', false],
    [{ family: 'debian', init: 'sysv' }, '12', false],
  ])('%j on Debian %j is supported: %s', (platform, version, expected) => {
    expect(check(platform, debian(version))).toBe(expected);
  });

  test('is named with its versions and init system when it is not supported', () => {
    const platforms: Platform[] = [
      { family: 'redhat', minVersion: 8 },
      { family: 'alpine', maxVersion: 3 },
      { family: 'debian', minVersion: 8, maxVersion: 9, init: 'sysv' },
    ];
    expect(
      platformProblem(
        role(() => ({ steps: [] }), { platforms }),
        BASE,
      ),
    ).toBe('role r does not support Debian 12 (init systemd); it supports redhat 8 or newer, alpine 3 or older, debian 8–9 with sysv');
  });
});
