import { describe, expect, test } from 'vitest';
import type { BaseFacts } from '../../src/model/fact.ts';
import { renderProblems } from '../../src/report/diagnostics.ts';
import { renderFacts, renderFactsJson } from '../../src/report/facts.ts';
import { renderRole, renderRoles } from '../../src/report/roles.ts';

const options = { colours: 0, width: 80 } as const;

describe('diagnostics', () => {
  const problems = [
    {
      code: 'key-unknown',
      message: 'there is no key "hots"',
      place: { file: 'site.yml', line: 3, column: 5, length: 4 },
      source: '  - hots: all',
      hint: 'did you mean "hosts"?',
    },
    { code: 'argument', message: 'no inventory is given', place: null, source: null, hint: null },
  ] as const;

  test('are shown all at once, each with its place, caret and hint, and counted', () => {
    expect(renderProblems(problems, 0)).toMatchInlineSnapshot(`
      "site.yml:3:5  error key-unknown  there is no key "hots"
        3 |   - hots: all
          |     ^^^^
        hint: did you mean "hosts"?

      error argument  no inventory is given

      2 problems; no host was contacted
      "
    `);
  });

  test('have the same words in colour', () => {
    const coloured = renderProblems(problems, 1);
    expect(coloured).toContain('\x1b[36msite.yml:3:5\x1b[39m  \x1b[31merror key-unknown\x1b[39m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(renderProblems(problems, 0));
  });

  test('show a source line with control characters harmlessly', () => {
    const evil = { ...problems[0], message: 'x\x1b[2J', source: '  - hots: \x1b[2J' };
    expect(renderProblems([evil], 0)).not.toMatch(/\x1b/);
  });
});

describe('roles', () => {
  const role = {
    name: 'lo0-vip',
    description: 'The service address on lo',
    platforms: [
      { family: 'debian', minVersion: 11 },
      { family: 'redhat', minVersion: 8, maxVersion: 9, init: 'systemd' },
    ],
  } as const;

  test('are listed with what they are for, wrapped', () => {
    const long = { name: 'x', description: 'word '.repeat(20).trim() };
    expect(renderRoles([role, long], options)).toMatchInlineSnapshot(`
      "lo0-vip  The service address on lo
      x        word word word word word word word word word word word word word word
               word word word word word word
      "
    `);
  });

  test('of which there are none are said to be none', () => {
    expect(renderRoles([], options)).toBe('no roles\n');
  });

  test('are described with platforms and parameters', () => {
    const parameters = [
      { name: 'address', type: 'text', default: null, required: true, meaning: 'Address with its netmask' },
      { name: 'label', type: 'text', default: '"lo:0"', required: false, meaning: '' },
      { name: 'scope', type: 'text', default: null, required: false, meaning: 'Scope of the address' },
    ];
    expect(renderRole({ role, file: 'roles/lo0-vip/role.ts', parameters }, options)).toMatchInlineSnapshot(`
      "lo0-vip: The service address on lo
      file       roles/lo0-vip/role.ts
      platforms  debian 11 and later; redhat 8 to 9 with systemd

      parameters:
        address  text, required
            Address with its netmask
        label  text, default "lo:0"
        scope  text, optional
            Scope of the address
      "
    `);
    expect(renderRole({ role: { ...role, platforms: 'any' }, file: 'x', parameters: [] }, options)).toContain(
      'platforms  any\n\nno parameters\n',
    );
  });
});

describe('facts', () => {
  const facts: BaseFacts = {
    hostname: 'web1',
    kernel: { name: 'Linux', release: '6.1.0', machine: 'x86_64' },
    os: { family: 'debian', id: 'debian', idLike: [], version: '12', codename: 'bookworm', name: 'Debian GNU/Linux 12 (bookworm)' },
    init: 'systemd',
    packageManager: 'apt',
    network: 'networkd',
    addresses: [{ interface: 'eth0', family: 'ipv4', address: '192.0.2.5', prefix: 24, scope: 'global', label: null }],
    bootId: 'abc',
    sshConnection: { client: '192.0.2.1', server: '192.0.2.5', serverPort: 22 },
    as: { user: 'deploy', group: 'deploy', uid: 1000, home: '/home/deploy' },
    busybox: false,
  };
  const hosts = [
    { host: 'web1', facts: facts, error: null },
    { host: 'db9', facts: null, error: { phase: 'connect', message: 'no answer', hint: 'is it up?' } },
  ];

  test('are shown by host, with the reason where there are none', () => {
    expect(renderFacts(hosts, 0)).toMatchInlineSnapshot(`
      "web1:
        hostname    web1
        os          Debian GNU/Linux 12 (bookworm)
        os family   debian
        kernel      Linux 6.1.0 x86_64
        init        systemd
        packages    apt
        network     networkd
        utilities   full
        user        deploy (uid 1000, group deploy, home /home/deploy)
        boot id     abc
        reached by  192.0.2.1 → 192.0.2.5 port 22
        address     eth0 192.0.2.5/24 global

      db9:
        connect: no answer
        hint: is it up?
      "
    `);
  });

  test('are a JSON object by host for programs', () => {
    expect(JSON.parse(renderFactsJson(hosts))).toEqual({ web1: { facts, error: null }, db9: { facts: null, error: hosts[1]?.error } });
  });
});
