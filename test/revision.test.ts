import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseStatus, readRevision } from '../src/revision.ts';

let root: string;
let env: Record<string, string>;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'drover-revision-'));
  env = {
    PATH: process.env.PATH ?? '',
    HOME: root,
    GIT_CONFIG_NOSYSTEM: '1',
    GIT_CEILING_DIRECTORIES: tmpdir(),
    ...{ GIT_AUTHOR_NAME: 'a', GIT_AUTHOR_EMAIL: 'a@example.com', GIT_COMMITTER_NAME: 'a', GIT_COMMITTER_EMAIL: 'a@example.com' },
  };
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function git(folder: string, ...args: readonly string[]): string {
  return execFileSync('git', ['-c', 'protocol.file.allow=always', ...args], { cwd: folder, env, encoding: 'utf8', stdio: 'pipe' }).trim();
}

/** A repository with one commit: its folder and that commit. */
function repository(name = 'repository'): { readonly folder: string; readonly commit: string } {
  const folder = join(root, name);
  mkdirSync(join(folder, 'playbooks'), { recursive: true });
  writeFileSync(join(folder, 'playbooks', 'site.yml'), '[]\n');
  git(folder, 'init', '--quiet');
  git(folder, 'add', '.');
  git(folder, 'commit', '--quiet', '-m', 'one');
  return { folder, commit: git(folder, 'rev-parse', 'HEAD') };
}

/** A program named git that is found first. */
function fakeGit(script: string): Record<string, string> {
  const bin = join(root, 'bin');
  mkdirSync(bin);
  writeFileSync(join(bin, 'git'), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, 'git'), 0o755);
  return { ...env, PATH: `${bin}:${env.PATH}` };
}

describe('the revision of a playbook', () => {
  test('is the commit that is checked out, from any folder of the repository', async () => {
    const { folder, commit } = repository();
    expect(await readRevision(folder, { env })).toEqual({ commit, dirty: false });
    expect(await readRevision(join(folder, 'playbooks'), { env })).toEqual({ commit, dirty: false });
  });

  test.each<[string, (folder: string) => void]>([
    ['a changed file', (folder) => writeFileSync(join(folder, 'playbooks', 'site.yml'), '# more\n')],
    ['a deleted file', (folder) => rmSync(join(folder, 'playbooks', 'site.yml'))],
    ['an unknown file', (folder) => writeFileSync(join(folder, 'new.yml'), '')],
    [
      'a staged file',
      (folder) => {
        writeFileSync(join(folder, 'new.yml'), '');
        git(folder, 'add', 'new.yml');
      },
    ],
  ])('is dirty with %s, seen from a folder below as well', async (_, change) => {
    const { folder, commit } = repository();
    change(folder);
    expect(await readRevision(join(folder, 'playbooks'), { env })).toEqual({ commit, dirty: true });
  });

  test("is not dirty for what drover leaves itself, nor for what git ignores, but for a tracked file's change beside it", async () => {
    const { folder, commit } = repository();
    for (const path of ['.drover', 'playbooks/.drover']) {
      mkdirSync(join(folder, path, 'runs'), { recursive: true });
      writeFileSync(join(folder, path, 'runs', 'report.json'), '{}');
    }
    writeFileSync(join(folder, '.git', 'info', 'exclude'), 'ignored\n');
    writeFileSync(join(folder, 'ignored'), '');
    expect(await readRevision(folder, { env })).toEqual({ commit, dirty: false });
    writeFileSync(join(folder, 'playbooks', 'site.yml'), '# more\n');
    expect(await readRevision(folder, { env })).toEqual({ commit, dirty: true });
  });

  test('in a worktree and in a submodule is their own', async () => {
    const inner = repository('inner');
    const { folder, commit } = repository();
    git(folder, 'worktree', 'add', '--quiet', join(root, 'tree'), '-b', 'other');
    git(folder, 'submodule', '--quiet', 'add', inner.folder, 'roles');
    expect(await readRevision(join(root, 'tree'), { env })).toEqual({ commit, dirty: false });
    expect(await readRevision(join(folder, 'roles'), { env })).toEqual({ commit: inner.commit, dirty: false });
  });

  test.each<[string, () => string]>([
    ['no repository', () => root],
    ['no such folder', () => join(root, 'none')],
    [
      'a repository without a commit',
      () => {
        git(root, 'init', '--quiet', join(root, 'empty'));
        return join(root, 'empty');
      },
    ],
    [
      'a submodule whose repository is gone',
      () => {
        mkdirSync(join(root, 'broken'));
        writeFileSync(join(root, 'broken', '.git'), 'gitdir: ../nowhere\n');
        return join(root, 'broken');
      },
    ],
  ])('is null: %s', async (_, folder) => {
    expect(await readRevision(folder(), { env })).toBeNull();
  });

  test('is null without git, and where git refuses as it does for repositories of other users', async () => {
    const { folder } = repository();
    expect(await readRevision(folder, { env: { ...env, PATH: root } })).toBeNull();
    const refusing = fakeGit('echo "fatal: detected dubious ownership in repository" >&2; exit 128');
    expect(await readRevision(folder, { env: refusing })).toBeNull();
  });

  test.runIf(process.getuid?.() === 0)('is null in a repository of another user', async () => {
    const { folder } = repository();
    execFileSync('chown', ['-R', '12345', folder]);
    expect(await readRevision(folder, { env })).toBeNull();
  });

  test('is null where git does not end in time, also where something else holds its output open', async () => {
    const { folder } = repository();
    const hung = fakeGit('sleep 600 & echo $! > "$HOME/pid"; wait');
    expect(await readRevision(folder, { env: hung, deadlineMs: 500 })).toBeNull();
    process.kill(Number(readFileSync(join(root, 'pid'), 'utf8')));
  });

  test('does not follow what a git hook says of another repository', async () => {
    const other = repository('other');
    const { folder, commit } = repository();
    git(other.folder, 'commit', '--quiet', '--allow-empty', '-m', 'two');
    const inHook = { ...env, GIT_DIR: join(other.folder, '.git'), GIT_INDEX_FILE: join(other.folder, '.git', 'index') };
    expect(await readRevision(folder, { env: inHook })).toEqual({ commit, dirty: false });
  });

  test('is read where more has changed than is worth reading', async () => {
    const { folder, commit } = repository();
    const long = fakeGit(`echo "# branch.oid ${commit}"; yes "? a file with a long name" | head -n 100000`);
    expect(await readRevision(folder, { env: long })).toEqual({ commit, dirty: true });
  });
});

test.each([
  ['# branch.oid (initial)\n# branch.head main\n', null],
  ['', null],
  [`# branch.oid ${'a'.repeat(40)}\n# branch.head main\n# branch.ab +1 -0\n`, { commit: 'a'.repeat(40), dirty: false }],
  [
    `# branch.oid ${'b'.repeat(64)}\n# branch.head (detached)\n1 .M N... 100644 100644 100644 x y site.yml\n`,
    { commit: 'b'.repeat(64), dirty: true },
  ],
])('what git prints is read: %j', (text, revision) => {
  expect(parseStatus(text)).toEqual(revision);
});
