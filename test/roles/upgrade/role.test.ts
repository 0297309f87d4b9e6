import { describe, expect, test } from 'vitest';
import role from '../../../roles/upgrade/role.ts';
import { named, PLATFORMS, planWith } from '../cases.ts';
import { made, stepsOf } from '../role-steps.ts';

const LISTS = 'command package lists are at most 60 min old';

describe('upgrade', () => {
  test.each(['debian12', 'redhat9', 'redhat7', 'centos6'] as const)('%s: lists, packages, reboot', (name) => {
    const { steps } = stepsOf(role, PLATFORMS[name], { packages: ['nginx', 'openssl'] });
    expect(named(steps)).toEqual([LISTS, 'package nginx,openssl', 'reboot host']);
  });

  test.each(['debian12', 'redhat9', 'redhat7', 'centos6'] as const)('%s: all packages', (name) => {
    const { steps } = stepsOf(role, PLATFORMS[name], { packages: 'all', refreshMinutes: 0, reboot: false });
    expect(named(steps)).toEqual(['command all packages are at their newest version']);
  });

  test('services are restarted when something was upgraded, and only those that are named', () => {
    const { steps, handlers } = stepsOf(role, PLATFORMS.debian12, { packages: ['nginx'], restart: ['nginx', 'php-fpm'] });
    expect(steps.map(({ notify }) => notify)).toEqual([[], ['restart services'], []]);
    expect(named([handlers?.['restart services'] ?? []].flat())).toEqual(['service nginx.service', 'service php-fpm.service']);
    expect(stepsOf(role, PLATFORMS.debian12, { packages: ['nginx'] }).steps.flatMap(({ notify }) => notify)).toEqual([]);
  });

  test('a host without a package manager that it knows is refused', () => {
    expect(made(role, { ...PLATFORMS.debian12, packageManager: 'none' }, { packages: 'all' })).toEqual({
      refused: 'the host has none of apt, dnf and yum',
    });
  });

  test.each([
    ['packages: »some', /must be all, or a list of packages/],
    ['packages: »[]', /a list of at least 1 item/],
    ['packages: [nginx], refreshMinutes: »-1', /refreshMinutes/],
    ['packages: [nginx], restart: [»"a b"]', /must be the name of a service/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: upgrade\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });
});
