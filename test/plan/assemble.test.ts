import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import type { BaseFacts } from '../../src/model/fact.ts';
import type { Become } from '../../src/model/host.ts';
import { becomesOf, type HostPlay } from '../../src/model/ports.ts';
import type { Platform, Role, RoleContext, RoleSteps } from '../../src/model/role.ts';
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

describe('roles of one play that become different users', () => {
  const ROOT: Become = { method: 'sudo', user: 'root' };
  const WWW: Become = { method: 'doas', user: 'www' };
  const as = (user: string): BaseFacts => ({ ...BASE, as: { ...BASE.as, user } });
  const bases = new Map([
    ['', as('me')],
    ['sudo root', as('root')],
    ['doas www', as('www')],
  ]);
  const own: Role = {
    ...role(() => ({ steps: [] })),
    steps: ({ facts }: RoleContext<unknown>) => ({
      steps: [set(`of ${facts.as.user}`, '1', { notify: ['h'] })],
      handlers: { h: set('told', '1') },
      proofs: [set('proof', '1')],
    }),
  };
  const play: HostPlay = {
    ...playOf(),
    become: ROOT,
    roles: [
      { role: own, params: {} },
      { role: own, params: {}, become: WWW },
      { role: own, params: {}, become: null },
    ],
  };

  test('see the base facts of their own user, and all of their steps have its rights', () => {
    const items = assemblePlay(play, host('h'), bases);
    expect(items.map(({ id, become }) => [id, become?.user ?? 'login'])).toEqual([
      ['r/set[of root]', 'root'],
      ['r/set[of www]', 'www'],
      ['r/set[of me]', 'login'],
      ['r/handler[h]', 'root'],
      ['r/handler[h]#2', 'www'],
      ['r/handler[h]#3', 'login'],
      ['r/set[proof]', 'root'],
      ['r/set[proof]#2', 'www'],
      ['r/set[proof]#3', 'login'],
    ]);
  });

  test('notify the handler that runs as they do', () => {
    const items = assemblePlay(play, host('h'), bases);
    expect(items.slice(0, 3).map(({ notifies }) => notifies)).toEqual(items.slice(3, 6).map(({ handler }) => [handler]));
    expect(items.slice(3, 6).map(({ handler }) => handler)).toEqual(['3/r/h', '3/r/h as www', '3/r/h as the login user']);
  });

  test('need the rights of each of them, and those of the play where there are no roles', () => {
    expect(becomesOf(play)).toEqual([ROOT, WWW, null]);
    expect(becomesOf({ ...play, roles: [] })).toEqual([ROOT]);
  });
});
