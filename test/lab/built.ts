import { execFileSync } from 'node:child_process';
import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const here = (path: string): string => new URL(`../../${path}`, import.meta.url).pathname;

/** The command as it ships: it starts in a third of the time that its sources take. */
export const MAIN: string = here('dist/main.js');

/** Builds dist/ where something in src/ or roles/ is younger. */
export function buildIfStale(): void {
  const built = statSync(MAIN, { throwIfNoEntry: false })?.mtimeMs ?? 0;
  if (Math.max(newest(here('src')), newest(here('roles')), statSync(here('.build.mjs')).mtimeMs) < built) return;
  execFileSync(process.execPath, [here('.build.mjs')], { stdio: 'inherit' });
}

function newest(folder: string): number {
  const times = readdirSync(folder, { withFileTypes: true }).map((entry) => {
    const path = join(folder, entry.name);
    return entry.isDirectory() ? newest(path) : statSync(path).mtimeMs;
  });
  return Math.max(0, ...times);
}
