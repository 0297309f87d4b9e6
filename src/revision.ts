import { execFile } from 'node:child_process';
import type { Revision } from './model/run.ts';

/** Longest wait for git: a run does not wait for a repository that takes longer to look through. */
const DEADLINE_MS = 2000;

/** What it prints is read up to here: the revision comes first. */
const MAX_BYTES = 1024 * 1024;

/** Says which repository git is to look at, whatever folder it is started in (git-rev-parse(1), --local-env-vars). */
const ELSEWHERE = /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|COMMON_DIR|OBJECT_DIRECTORY|ALTERNATE_OBJECT_DIRECTORIES|NAMESPACE|PREFIX|CONFIG.*)$/;

/** What a run leaves in its own folder is no change to the playbook. */
const PATHS = [':(top)', ':(top,exclude,glob)**/.drover', ':(top,exclude,glob)**/.drover/**'];

/** Of the environment only what git needs, and how long it may take. */
export interface RevisionOptions {
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly deadlineMs?: number;
}

/**
 * The state of the repository that a folder is in, asked of `git` once. null where it is in none, has no commit yet, or git is missing, refuses
 * (safe.directory, a broken submodule or worktree) or does not answer in time. Never rejects.
 */
export function readRevision(
  directory: string,
  { env = process.env, deadlineMs = DEADLINE_MS }: RevisionOptions = {},
): Promise<Revision | null> {
  const own = Object.fromEntries(Object.entries(env).filter(([name]) => !ELSEWHERE.test(name)));
  const args = ['--no-optional-locks', '-c', 'core.fsmonitor=false', 'status', '--porcelain=v2', '--branch', '--untracked-files=normal'];
  return new Promise((resolve) => {
    const options = { cwd: directory, env: { ...own, LC_ALL: 'C' }, maxBuffer: MAX_BYTES, killSignal: 'SIGKILL' } as const;
    const child = execFile('git', [...args, '--', ...PATHS], options, (error, stdout) => {
      clearTimeout(timer);
      const isCut = error?.code === 'ERR_CHILD_PROCESS_STDIO_MAXBUFFER';
      resolve(error === null || isCut ? parseStatus(stdout) : null);
    });
    // Not the option `timeout`: that waits on for whatever else has git's output open.
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      child.stdout?.destroy();
      child.stderr?.destroy();
      resolve(null);
    }, deadlineMs);
  });
}

/** From the lines of git-status(1), porcelain format 2: `# branch.oid ID`, other headers, and a line for everything that is not as committed. */
export function parseStatus(text: string): Revision | null {
  const commit = /^# branch\.oid ([0-9a-f]{40,64})$/m.exec(text)?.[1];
  return commit === undefined ? null : { commit, dirty: /^[^#\n]/m.test(text) };
}
