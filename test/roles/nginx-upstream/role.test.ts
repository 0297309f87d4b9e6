import { describe, expect, test } from 'vitest';
import role from '../../../roles/nginx-upstream/role.ts';
import { platformProblem } from '../../../src/plan/assemble.ts';
import { edit, planEdit } from '../../steps/support/edits.ts';
import { named, PLATFORMS, planWith, wants } from '../cases.ts';
import { stepsOf } from '../role-steps.ts';

const PATH = '/etc/nginx/upstreams/shop.conf';
const SERVERS = [{ address: '192.0.2.51', options: 'weight=2' }, { address: '192.0.2.52', port: 8080 }, { address: '2001:db8::53' }];
const lines = (servers: readonly object[] = SERVERS) =>
  stepsOf(role, PLATFORMS.debian12, { upstream: 'shop', servers }).steps.filter(({ kind }) => kind === 'line');
/** The file of servers after all steps. */
const afterwards = (before: string | null, servers?: readonly object[]): string | null =>
  lines(servers).reduce<string | null>((text, step) => edit(step, text, PATH), before);

const COMMENT = '# Servers of upstream shop (role nginx-upstream); down: out of rotation (role nginx-upstream-server)\n';
const ALL = `${COMMENT}server 192.0.2.51:80 weight=2;\nserver 192.0.2.52:8080;\nserver [2001:db8::53]:80;\n`;

describe('nginx-upstream', () => {
  test('has a line for every server in a file of its own', () => {
    expect(afterwards(null)).toBe(ALL);
    for (const step of lines()) expect(planEdit(step, ALL, PATH)).toEqual({ result: 'ok' });
  });

  test('leaves a server that is out of rotation out, also when its parameters change', () => {
    const out = ALL.replace('weight=2;', 'weight=2 down;').replace('8080;', '8080 down;');
    expect(afterwards(out)).toBe(out);
    expect(afterwards(out, [{ ...SERVERS[0], options: 'weight=3' }, ...SERVERS.slice(1)])).toBe(out.replace('weight=2', 'weight=3'));
  });

  test('adds servers that are missing, and takes others away', () => {
    expect(afterwards(`${COMMENT}server 192.0.2.5:80;\nserver 192.0.2.52:80;\nserver 192.0.2.52:8080 down;\n# kept\n`)).toBe(
      `${COMMENT}server 192.0.2.52:8080 down;\n# kept\nserver 192.0.2.51:80 weight=2;\nserver [2001:db8::53]:80;\n`,
    );
  });

  test('puts the upstream into conf.d, without states; and with listen a site', () => {
    const path = 'file /etc/nginx/conf.d/upstream-shop.conf';
    const plain = stepsOf(role, PLATFORMS.redhat9, { upstream: 'shop', servers: SERVERS, method: 'least_conn' });
    expect(wants(plain.steps, path)).toBe(
      '# Upstream shop (role nginx-upstream)\nupstream shop {\n    least_conn;\n    include /etc/nginx/upstreams/shop.conf;\n    keepalive 16;\n}\n',
    );
    const site = stepsOf(role, PLATFORMS.debian12, { upstream: 'shop', servers: SERVERS, keepalive: 0, listen: 80, retry: false });
    expect(named(site.steps)).toContain('absent /etc/nginx/sites-enabled/default');
    const text = wants(site.steps, path);
    expect(text).toMatch(/listen 80 default_server;[\s\S]*proxy_pass http:\/\/shop;[\s\S]*proxy_next_upstream off;/);
    expect(text).not.toMatch(/keepalive|proxy_http_version/);
  });

  test.each([
    ['upstream: shop, servers: [{ address: 192.0.2.51, options: »weight=2 down }]', /down is a state/],
    ['upstream: shop, servers: [{ address: 192.0.2.51, options: »"weight=2; deny all" }]', /must be parameters of a server/],
    ['upstream: shop, servers: »[{ address: 192.0.2.51 }, { address: 192.0.2.51, port: 80 }]', /twice/],
    ['upstream: shop, servers: [{ address: »web1.example.com }]', /address/],
    ['upstream: »"a b", servers: [{ address: 192.0.2.51 }]', /must be letters/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: nginx-upstream\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });

  test('CentOS 6 is refused by name', () => {
    expect(platformProblem(role, PLATFORMS.centos6)).toMatch(/nginx-upstream does not support/);
  });
});
