import { describe, expect, test } from 'vitest';
import role from '../../../roles/nginx-site/role.ts';
import { platformProblem } from '../../../src/plan/assemble.ts';
import { named, PLATFORMS, planWith, wants } from '../cases.ts';
import { stepsOf } from '../role-steps.ts';

const CONFIG = 'listen 80;\n\nlocation / {\n    return 204;\n}\n';

describe('nginx-site', () => {
  test('is a file in conf.d that is tested before it replaces the old one', () => {
    const { steps, handlers } = stepsOf(role, PLATFORMS.redhat9, { name: 'shop', config: CONFIG, isDefault: true });
    expect(named(steps)).toEqual(['package nginx', 'file /etc/nginx/conf.d/shop.conf', 'service nginx.service']);
    expect(wants(steps, 'file /etc/nginx/conf.d/shop.conf')).toBe(
      '# Site shop (role nginx-site)\nserver {\n    listen 80;\n\n    location / {\n        return 204;\n    }\n}\n',
    );
    expect(handlers?.['nginx takes it over']).toMatchObject({ wants: [{ field: 'state', after: 'reloaded' }] });
  });

  test('takes the place of Debian’s default site, and restarts nginx, where that is wanted', () => {
    const { steps, handlers } = stepsOf(role, PLATFORMS.debian12, { name: 'shop', config: CONFIG, isDefault: true, onChange: 'restart' });
    expect(named(steps)).toContain('absent /etc/nginx/sites-enabled/default');
    expect(handlers?.['nginx takes it over']).toMatchObject({ wants: [{ field: 'state', after: 'restarted' }] });
  });

  test.each([
    ['name: »../shop, config: x', /must be letters/],
    ['name: shop, config: »""', /config/],
    ['name: shop, config: x, onChange: »stop', /onChange/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: nginx-site\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });

  test('CentOS 6 is refused by name', () => {
    expect(platformProblem(role, PLATFORMS.centos6)).toMatch(/nginx-site does not support/);
  });
});
