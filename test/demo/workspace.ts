import { existsSync, mkdtempSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url));

/** The built command line tool. */
export const DROVER: string = join(REPOSITORY, 'dist', 'main.js');

/** Why the demo cannot start with this playbook, or null. */
export function missing(playbook: string): string | null {
  if (!existsSync(DROVER)) return 'drover is not built: run `npm ci` (or `npm run build`) first';
  if (!existsSync(join(REPOSITORY, playbook))) return `${playbook} is missing`;
  return null;
}

/** Makes a project folder of its own, with the repository's playbooks and roles linked in, so that `.drover` does not end up in the repository. */
export function makeWorkspace(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'drover-demo-')));
  for (const name of ['playbooks', 'roles']) symlinkSync(join(REPOSITORY, name), join(directory, name));
  process.once('exit', () => rmSync(directory, { recursive: true, force: true }));
  return directory;
}
