import { describe, expect, test } from 'vitest';
import role from '../../../roles/http-check/role.ts';
import { named, PLATFORMS, planWith, wants } from '../cases.ts';
import { stepsOf } from '../role-steps.ts';

describe('http-check', () => {
  test.each(['debian12', 'redhat9', 'centos6'] as const)('%s: one wait, and nothing that changes anything', (name) => {
    const { steps, handlers } = stepsOf(role, PLATFORMS[name], { url: 'http://192.0.2.51/health' });
    expect(named(steps)).toEqual(['waitFor http://192.0.2.51/health']);
    expect(wants(steps, 'waitFor http://192.0.2.51/health', 'condition')).toBe('holds 3 times in a row');
    expect(handlers).toBeUndefined();
  });

  test.each([
    ['url: »ftp://192.0.2.51/', /must begin with http/],
    ['url: »192.0.2.51', /must begin with http/],
    ['url: http://192.0.2.51/, times: 5, interval: 2, deadline: »8', /too short/],
    ['url: http://192.0.2.51/, status: »99', /status/],
    ['url: http://192.0.2.51/, body: »"a\\nb"', /must be one line/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: http-check\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });
});
