import { execFileSync } from 'node:child_process';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test, vi } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { journalFile, readJournal, recordedRuns } from '../../src/journal.ts';
import type { Report } from '../../src/report/report.ts';
import { reportSchema } from '../../src/report/report-schema.ts';
import { project } from './project.ts';
import { testIo } from './test-io.ts';

// Tests of other files have this machine in turn.
vi.setConfig({ testTimeout: 120_000 });

const PASSWORD = 'correct horse';

/** The header of the report that a command leaves. */
async function headerOf(cwd: string, argv: readonly string[]): Promise<Report['run']> {
  const io = testIo({ cwd });
  await main([...argv, '--json'], io);
  return reportSchema.parse(JSON.parse(io.out())).run;
}

function git(folder: string, ...args: readonly string[]): string {
  const identity = ['-c', 'user.name=a', '-c', 'user.email=a@example.com'];
  return execFileSync('git', [...identity, ...args], { cwd: folder, encoding: 'utf8' }).trim();
}

/** Rewrites the inventory with other vars of all hosts. */
async function withVars(root: string, vars: Record<string, unknown>): Promise<void> {
  const inventory = JSON.parse(await readFile(join(root, 'hosts.yml'), 'utf8'));
  Object.assign(inventory.all.vars, vars);
  await writeFile(join(root, 'hosts.yml'), JSON.stringify(inventory));
}

describe('what a reviewer asks of a run months later', () => {
  test('stands in the report: who, with which versions, of which revision, with which limit and tags', async () => {
    const { root, args } = await project(['one', 'two']);
    git(root, 'init', '--quiet');
    await writeFile(join(root, '.gitignore'), '');
    git(root, 'add', '.');
    git(root, 'commit', '--quiet', '-m', 'one');
    const commit = git(root, 'rev-parse', 'HEAD');
    const argv = ['plan', ...args, '--limit', 'one'];
    const header = await headerOf(root, argv);
    expect(header).toMatchObject({
      user: `operator@${hostname()}`,
      node: process.versions.node,
      revision: { commit, dirty: false },
      limit: 'one',
      tags: [],
      skipTags: [],
      argv: [...argv, '--json'],
    });
    expect((await headerOf(root, argv)).revision, 'what a run leaves is no change').toEqual({ commit, dirty: false });
    await writeFile(join(root, 'note.txt'), '');
    expect((await headerOf(root, argv)).revision).toEqual({ commit, dirty: true });
  });

  test('the revision is that of the playbook, whatever folder drover is started in', async () => {
    const { root, args } = await project(['one']);
    expect((await headerOf(root, ['plan', ...args])).revision).toBeNull();
    const other = join(root, 'elsewhere');
    await mkdir(other);
    git(other, 'init', '--quiet');
    git(other, 'commit', '--quiet', '--allow-empty', '-m', 'one');
    expect((await headerOf(other, ['plan', ...args])).revision).toBeNull();
  });

  test('stands in the journal of an apply, without the passwords of hosts', async () => {
    const { root, args } = await project(['one']);
    await withVars(root, { ansible_become_password: PASSWORD });
    const header = await headerOf(root, ['apply', ...args, '--yes']);
    const [id = ''] = recordedRuns(root);
    const { user, node, revision, varsDigest } = header;
    expect(readJournal(journalFile(root, id))?.header).toMatchObject({ user, node, revision, varsDigest });
    expect(await readFile(journalFile(root, id), 'utf8')).not.toContain(PASSWORD);
    expect(JSON.stringify(header)).not.toContain(PASSWORD);
  });
});

describe('the digest of vars', () => {
  test('is the same for the same vars and parameters, in whatever order, and another one for others', async () => {
    const { root, args } = await project(['one', 'two']);
    const digest = async (...more: string[]): Promise<string> => (await headerOf(root, ['plan', ...args, ...more])).varsDigest ?? '';
    await withVars(root, { a: 1, b: { c: [1, 2], d: null } });
    const first = await digest();
    expect(first).toMatch(/^[\w-]{6}-[\w-]{22}$/);
    await withVars(root, { b: { d: null, c: [1, 2] } });
    expect(await digest()).toBe(first);
    expect(await digest('--limit', 'one'), 'other hosts').not.toBe(first);
    await withVars(root, { b: { d: null, c: [2, 1] } });
    const changed = await digest();
    expect(changed, 'a var that no parameter names').not.toBe(first);
    const site = await readFile(join(root, 'site.yml'), 'utf8');
    await writeFile(join(root, 'site.yml'), site.replace('"path"', '"text":"more","path"'));
    expect(await digest(), 'a parameter').not.toBe(changed);
  });

  test('counts secrets, and does not let them be guessed: another folder makes another one of them', async () => {
    const here = await project(['one']);
    const digest = async (cwd: string): Promise<string> => (await headerOf(cwd, ['plan', ...here.args])).varsDigest ?? '';
    await withVars(here.root, { db_password: PASSWORD });
    const first = await digest(here.root);
    await withVars(here.root, { db_password: 'battery staple' });
    expect(await digest(here.root)).not.toBe(first);
    await withVars(here.root, { db_password: PASSWORD });
    expect(await digest(here.root)).toBe(first);
    await mkdir(join(here.root, 'other'));
    expect(await digest(join(here.root, 'other'))).not.toBe(first);
  });

  test('is null where no key can be kept, and the run goes on', async () => {
    const { root, args } = await project(['one'], { '.drover': 'a file in the way' });
    const io = testIo({ cwd: root });
    expect(await main(['plan', ...args, '--json'], io)).toBe(0);
    expect(reportSchema.parse(JSON.parse(io.out())).run.varsDigest).toBeNull();
  });
});
