import { closeSync, openSync, readSync } from 'node:fs';

/** Another number where readers of the old one would be wrong. */
export const FORMAT = 'drover.plan/2';

/** The text that every file begins with, in whatever format. */
export const MAGIC = '{"format":"drover.plan/';

/** True for a file that begins as a saved plan does, whatever its name; false also where there is none. */
export function isSavedPlan(path: string): boolean {
  let file: number | null = null;
  try {
    file = openSync(path, 'r');
    const start = Buffer.alloc(MAGIC.length);
    return readSync(file, start, 0, start.length, 0) === start.length && start.toString('latin1') === MAGIC;
  } catch {
    return false;
  } finally {
    if (file !== null) closeSync(file);
  }
}
