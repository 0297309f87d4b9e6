import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { becomeOfRole } from '../../src/model/play.ts';
import { loadPlaybook } from '../../src/playbook/load.ts';
import { PLAY_KEYS } from '../../src/playbook/play-keys.ts';
import { resolveParams, resolvePlay } from '../../src/playbook/resolve-params.ts';
import { hostOf } from './build.ts';

const docs = await readFile(new URL('../../docs/playbooks.md', import.meta.url), 'utf8');
const blocks = (language: string) =>
  [...docs.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, text = '']) => text);
const folder = await mkdtemp(join(tmpdir(), 'drover-docs-'));
const droverUrl = new URL('../../src/index.ts', import.meta.url).href;

afterAll(() => rm(folder, { recursive: true, force: true }));

test('the examples of docs/playbooks.md work as they stand', async () => {
  const [role = '', typed = ''] = blocks('ts');
  const files = { 'roles/motd/role.ts': role, 'site.ts': typed, 'site.yaml': blocks('yaml')[0] ?? '' };
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  for (const name of ['site.yaml', 'site.ts']) {
    const { value, problems } = await loadPlaybook(join(folder, name), { roleDirectories: [], droverUrl });
    expect(renderDiagnostics(problems)).toBe('');
    const resolved = value.plays.map((play) => resolvePlay(play, [hostOf('web01')]));
    expect(resolved.flatMap((checked) => checked.problems)).toEqual([]);
    const last = name === 'site.yaml' ? 'welcome to web01' : 'hi';
    expect(resolved[0]?.value.get('web01')).toEqual([{ text: 'hello' }, { text: last }]);
  }
});

test('the roles of docs/playbooks.md become whom it says', async () => {
  await mkdir(join(folder, 'roles'), { recursive: true });
  const names = ['packages', 'database', 'dotfiles'];
  for (const name of names) await writeFile(join(folder, 'roles', `${name}.ts`), (blocks('ts')[0] ?? '').replaceAll("'motd'", `'${name}'`));
  await writeFile(join(folder, 'users.yaml'), blocks('yaml')[1] ?? '');
  const { value, problems } = await loadPlaybook(join(folder, 'users.yaml'), { roleDirectories: [], droverUrl });
  expect(renderDiagnostics(problems)).toBe('');
  const [play] = value.plays;
  if (play === undefined) throw new Error('the example has no play');
  expect(play.roles.map((use) => [use.role.name, becomeOfRole(hostOf('db01'), play, use)])).toEqual([
    ['packages', { method: 'doas', user: 'root' }],
    ['database', { method: 'doas', user: 'postgres' }],
    ['dotfiles', null],
  ]);
});

test("the rollout of docs/playbooks.md works as it stands, with a role of one's own beside those that ship with drover", async () => {
  const migrate = (blocks('ts')[0] ?? '').replaceAll("'motd'", "'migrate'");
  await mkdir(join(folder, 'roles'), { recursive: true });
  await writeFile(join(folder, 'roles/migrate.ts'), migrate);
  await writeFile(join(folder, 'rollout.yaml'), blocks('yaml')[2] ?? '');
  const { value, problems } = await loadPlaybook(join(folder, 'rollout.yaml'), { roleDirectories: ['roles'], droverUrl });
  expect(renderDiagnostics(problems)).toBe('');
  const rollout = value.plays[0]?.rollout;
  expect(rollout).toMatchObject({ serial: [{ count: 1 }, { percent: 10 }, { percent: 50 }], soakMs: 30_000, onGateFailure: 'undo' });
  const around = [...(rollout?.once ?? []), ...(rollout?.before ?? []), ...(rollout?.after ?? []), ...(rollout?.gate ?? [])];
  expect(around.map(({ use, on }) => `${use.role.name} on ${on ?? 'itself'}`)).toEqual([
    'migrate on db01',
    'nginx-upstream-server on lb',
    'http-check on itself',
    'nginx-upstream-server on lb',
    'http-check on lb',
  ]);
  const host = hostOf('web01', { address: '192.0.2.51' });
  expect(around.flatMap(({ use }) => resolveParams(use, host, {}).problems)).toEqual([]);
});

test('docs/playbooks.md has a row for each key of a play', () => {
  const rows = [...docs.matchAll(/^\| `([A-Za-z_]+)`/gm)].map(([, key]) => key);
  expect(rows.sort()).toEqual([...PLAY_KEYS].sort());
});
