import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CONNECTION_DEFAULTS } from '../../../src/inventory/connection-defaults.ts';
import type { ConnectionSettings } from '../../../src/model/host.ts';
import { Secret } from '../../../src/model/secret.ts';
import { SshRoutes } from '../../../src/transport/ssh/routes.ts';
import type { SshStop } from '../../../src/transport/ssh/stop.ts';
import { folder } from '../world.ts';

/** A home with these files, and the routes of whoever lives there. */
function home(files: Readonly<Record<string, string>> = {}): { readonly path: string; readonly routes: SshRoutes } {
  const path = folder();
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), text);
  }
  return { path, routes: new SshRoutes({ username: 'op', home: path, cwd: path, agentSocket: '/agent' }) };
}

const settings = (more: Partial<ConnectionSettings> = {}): ConnectionSettings => ({
  ...CONNECTION_DEFAULTS,
  address: 'web1',
  sshConfigFile: 'config',
  ...more,
});

function routeOf(config: string, more: Partial<ConnectionSettings> = {}): readonly SshStop[] {
  const { value, problems } = home({ config }).routes.routeOf(settings(more));
  expect(problems).toEqual([]);
  return value;
}
const last = (config: string, more: Partial<ConnectionSettings> = {}): SshStop | undefined => routeOf(config, more).at(-1);

describe('the way to a host', () => {
  it('is by drover’s defaults where nobody says otherwise', () => {
    const { path, routes } = home();
    expect(routes.routeOf(settings({ sshConfigFile: 'none' })).value).toEqual([
      {
        name: 'web1',
        address: 'web1',
        port: 22,
        user: 'op',
        keys: {
          files: ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `${path}/.ssh/${name}`),
          areNamed: false,
          only: false,
          agentSocket: '/agent',
        },
        password: null,
        algorithms: {},
        hostKey: {
          name: 'web1',
          files: [`${path}/.ssh/known_hosts`, '/etc/ssh/ssh_known_hosts'],
          policy: 'ask',
          algorithms: null,
          hashed: false,
        },
        proxyCommand: null,
        keepalive: { intervalMs: 10_000, countMax: 2 },
        connectMs: 10_000,
        authenticateMs: 15_000,
        addressFamily: 0,
        bindAddress: null,
      },
    ]);
  });

  it.each<[string, string, Partial<ConnectionSettings>, object]>([
    ['a var goes before ssh_config', 'Host web1\nPort 1\nUser c\n', { given: { port: 2 } }, { port: 2, user: 'c' }],
    [
      'HostName and HostKeyAlias',
      'HostName Web1.example.com\nHostKeyAlias al\n',
      {},
      { address: 'web1.example.com', hostKey: { name: 'al' } },
    ],
    ['a port other than 22 is part of the name in known_hosts', 'Port 2222\n', {}, { hostKey: { name: '[web1]:2222' } }],
    ['key files of both', 'IdentityFile ~/c\n', { given: { identityFiles: ['/v'] } }, { keys: { areNamed: true } }],
    ['only named keys', 'IdentitiesOnly yes\nIdentityAgent none\n', {}, { keys: { only: true, agentSocket: null } }],
    ['hashed names', 'HashKnownHosts yes\n', {}, { hostKey: { hashed: true } }],
    ['StrictHostKeyChecking yes', 'StrictHostKeyChecking yes\n', {}, { hostKey: { policy: 'strict' } }],
    ['StrictHostKeyChecking no still refuses changed keys', 'StrictHostKeyChecking no\n', {}, { hostKey: { policy: 'accept-new' } }],
    ['the operator goes before all', 'StrictHostKeyChecking yes\n', { hostKeyPolicy: 'accept-new' }, { hostKey: { policy: 'accept-new' } }],
    ['ConnectTimeout', 'ConnectTimeout 3\n', {}, { connectMs: 3000 }],
    ['a deadline of the vars before ConnectTimeout', 'ConnectTimeout 3\n', { given: { connectTimeoutSec: 0.5 } }, { connectMs: 500 }],
    ['signs of life', 'ServerAliveInterval 5\n', {}, { keepalive: { intervalMs: 5000, countMax: 3 } }],
    ['no signs of life', 'ServerAliveInterval 0\n', {}, { keepalive: { intervalMs: 0 } }],
    ['ProxyCommand', 'ProxyCommand nc %h %p\n', {}, { proxyCommand: 'nc web1 22' }],
    [
      '-J switches ProxyCommand off',
      'Host web1\nProxyCommand nc %h %p\n',
      { given: { proxyJump: [{ host: 'j' }] } },
      { proxyCommand: null },
    ],
  ])('%s', (_, config, more, expected) => {
    expect(last(config, more)).toMatchObject(expected);
  });

  it('has the jump hosts of ssh_config in front, each with lines of its own, and the password at its end only', () => {
    const config = 'Host far\nProxyJump near\nPort 2201\nHost near\nUser n\nHost web1\nProxyJump far\nUser w\n';
    const route = routeOf(config, { password: new Secret('hunter2') });
    expect(route.map(({ name, port, user, password }) => [name, port, user, password !== null])).toEqual([
      ['near', 22, 'n', false],
      ['far', 2201, 'op', false],
      ['web1', 22, 'w', true],
    ]);
  });

  it('does not give a host’s own settings to the machines before it', () => {
    const [jump, host] = routeOf('', { given: { user: 'w', port: 7, identityFiles: ['/k'], proxyJump: [{ host: 'j' }] } });
    expect([jump?.user, jump?.port, jump?.keys.areNamed]).toEqual(['op', 22, false]);
    expect([host?.user, host?.port, host?.keys.files]).toEqual(['w', 7, ['/k']]);
  });

  it('is read from ~/.ssh/config by itself, and from no file for "none"', () => {
    const { routes } = home({ '.ssh/config': 'Host web1\nUser mine\n' });
    expect(routes.routeOf(settings({ sshConfigFile: null })).value.at(-1)?.user).toBe('mine');
    expect(routes.routeOf(settings({ sshConfigFile: 'none' })).value.at(-1)?.user).toBe('op');
  });

  it('is refused with the place of what is wrong on it', () => {
    const problems = (config: string) =>
      home({ config })
        .routes.routeOf(settings())
        .problems.map(({ place, message }) => [place?.line, message]);
    expect(problems('Host web1\nPort 0\n')).toEqual([[2, expect.stringMatching(/^Port must be/)]]);
    expect(problems('Match exec true\nUser x\n')).toEqual([[1, expect.stringContaining('exec')]]);
    expect(problems('ProxyJump j\n')).toEqual([[undefined, 'ProxyJump leads back to where it came from: web1 over j over j']]);
    expect(home().routes.routeOf(settings({ sshConfigFile: 'gone' })).problems[0]?.message).toMatch(
      /^there is no ssh_config file ".*\/gone"$/,
    );
  });
});
