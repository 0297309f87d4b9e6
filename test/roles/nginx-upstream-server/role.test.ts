import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { othersAreUp } from '../../../roles/nginx-upstream-server/checks.ts';
import role from '../../../roles/nginx-upstream-server/role.ts';
import { withState } from '../../../roles/nginx-upstream-server/server-line.ts';
import { folder } from '../../cli/folder.ts';
import { edit, planEdit } from '../../steps/support/edits.ts';
import { named, PLATFORMS, planWith } from '../cases.ts';
import { stepsOf } from '../role-steps.ts';

const PATH = '/etc/nginx/upstreams/shop.conf';
const FILE = '# shop\nserver 192.0.2.51:80 weight=2; # old\n  server 192.0.2.5:80;\nserver 192.0.2.52;\nserver [2001:db8::53]:8080;\n';
const stateLine = (params: object) => {
  const step = stepsOf(role, PLATFORMS.debian12, { upstream: 'shop', ...params }).steps.find(({ kind }) => kind === 'line');
  if (step === undefined) throw new Error('there is no line');
  return step;
};

describe('nginx-upstream-server', () => {
  test.each([
    ['with parameters and a comment', { address: '192.0.2.51' }, 'weight=2; # old', 'weight=2 down; # old'],
    ['whose address begins another one', { address: '192.0.2.5' }, '2.5:80;', '2.5:80 down;'],
    ['whose port is not said', { address: '192.0.2.52' }, '2.52;', '2.52 down;'],
    ['with IPv6', { address: '2001:db8::53', port: 8080 }, ']:8080;', ']:8080 down;'],
  ])('takes out and puts back one server %s, and nothing else changes', (_, server, up, down) => {
    const out = FILE.replace(up, down);
    expect(edit(stateLine({ ...server, state: 'down' }), FILE, PATH)).toBe(out);
    expect(planEdit(stateLine({ ...server, state: 'down' }), out, PATH)).toEqual({ result: 'ok' });
    expect(edit(stateLine({ ...server, state: 'up' }), out, PATH)).toBe(FILE);
    expect(planEdit(stateLine({ ...server, state: 'up' }), FILE, PATH)).toEqual({ result: 'ok' });
  });

  test.each(['server a:1;', 'server a:1 weight=2;', 'server a:1 down;', 'server a:1 down weight=2;', 'server   a:1  down ; # down'])(
    'the state of %j is settled by one rewriting',
    (line) => {
      for (const state of ['up', 'down'] as const) {
        const once = withState(line, state);
        expect(withState(once, state)).toBe(once);
        expect(/ down(?= |;)/.test(once.split('#')[0] ?? '')).toBe(state === 'down');
      }
    },
  );

  test('a server that the upstream does not have is refused', () => {
    expect(planEdit(stateLine({ address: '192.0.2.59', state: 'up' }), FILE, PATH)).toMatchObject({ result: 'refused' });
  });

  test('the wait for the end of connections comes behind the reload, and the last server stays', () => {
    const { steps, handlers, proofs } = stepsOf(role, PLATFORMS.centos6, { upstream: ['a', 'b'], address: '192.0.2.51', state: 'down' });
    expect(named(steps).map((name) => name.replace(/ (\S+) .*/, ' $1'))).toEqual([
      'command another',
      'line /etc/nginx/upstreams/a.conf',
      'command another',
      'line /etc/nginx/upstreams/b.conf',
    ]);
    expect(steps.flatMap(({ notify }) => notify)).toEqual(['nginx takes it over', 'nginx takes it over']);
    expect(Object.keys(handlers ?? {})).toEqual(['nginx takes it over']);
    expect(named(proofs ?? [])).toEqual(['waitFor no connections to 192.0.2.51:80']);
    const up = stepsOf(role, PLATFORMS.debian12, { upstream: 'a', address: '192.0.2.51', state: 'up', file: '/etc/nginx/a.conf' });
    expect(named(up.steps)).toEqual([expect.stringMatching(/^line \/etc\/nginx\/a.conf /)]);
    expect(up.proofs).toEqual([]);
  });

  test.each([
    ['another is up', 'server a:1;\nserver b:1 down;\nserver c:1 weight=2;\n', true],
    ['no other is up', 'server a:1;\nserver b:1 down;\n  server c:1 weight=2 down; # server d:1;\n', false],
    ['it alone is there', 'server a:1;\n', false],
    ['only a spare is left', 'server a:1;\nserver b:1 backup;\n', false],
    ['it is out already, and all others are', 'server a:1 down;\nserver b:1 down;\n', true],
    ['a commented one does not count', 'server a:1;\n# server b:1;\n#server c:1;\n', false],
  ])('whether it may go: %s', async (_, text, may) => {
    const path = join(await folder({}), 'shop.conf');
    writeFileSync(path, text);
    const { status, stdout } = spawnSync('sh', ['-c', othersAreUp(path, ['a:1'])], { encoding: 'utf8' });
    expect([status === 0, stdout]).toEqual([may, may ? '' : expect.stringContaining('no other server is up')]);
  });

  test.each([
    ['upstream: shop, address: »web1, state: up', /address/],
    ['upstream: shop, address: 192.0.2.51, state: »off', /state/],
    ['upstream: shop, address: 192.0.2.51, state: down, drainSeconds: »0', /drainSeconds/],
    ['upstream: shop, address: 192.0.2.51, state: up, file: »shop.conf', /absolute path/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(
      `- hosts: all\n  roles:\n    - role: nginx-upstream-server\n      params: { ${params} }\n`,
    );
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });
});
