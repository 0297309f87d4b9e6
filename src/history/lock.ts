import { randomBytes } from 'node:crypto';
import { closeSync, linkSync, openSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { type ProcessMark, stillRuns, thisProcess } from '../process-mark.ts';

/** Longest wait for another drover, which has the lock for fractions of a second unless it rebuilds a long history. */
const PATIENCE_MS = 5000;
const PAUSE_MS = 10;

/** A lock that nobody can be asked about (another machine, torn) counts as left behind after this time. */
const LEFT_BEHIND_MS = 10 * 60_000;

/**
 * Does the work while no other drover does any under the same lock file. null, and no work is done, where another has it for too long or no lock can
 * be made.
 */
export function withLock<T>(file: string, work: () => T, patienceMs: number = PATIENCE_MS): { readonly value: T } | null {
  if (!take(file, patienceMs)) return null;
  try {
    return { value: work() };
  } finally {
    rmSync(file, { force: true });
  }
}

function take(file: string, patienceMs: number): boolean {
  const deadline = performance.now() + patienceMs;
  for (;;) {
    const taken = tryTake(file);
    if (taken !== null) return taken;
    if (breakLeftBehind(file)) continue;
    if (performance.now() > deadline) return false;
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, PAUSE_MS);
  }
}

/** null: somebody else has it. */
function tryTake(file: string): boolean | null {
  try {
    const opened = openSync(file, 'wx', 0o600);
    try {
      writeFileSync(opened, JSON.stringify({ ...thisProcess(), token: randomBytes(8).toString('hex') }));
    } catch (error) {
      // A full disk takes the file and not what stands in it: nobody could tell whose it is.
      rmSync(file, { force: true });
      throw error;
    } finally {
      closeSync(opened);
    }
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EEXIST' ? null : false;
  }
}

/** Takes a dead drover's lock away: aside first, for another may have done the same and have the lock by now. True where it is worth trying at once. */
function breakLeftBehind(file: string): boolean {
  try {
    const text = readFileSync(file, 'utf8');
    if (!isLeftBehind(text, statSync(file).mtimeMs)) return false;
    const aside = `${file}.${randomBytes(8).toString('hex')}`;
    renameSync(file, aside);
    const isMine = readFileSync(aside, 'utf8') === text;
    if (!isMine) linkSync(aside, file);
    rmSync(aside);
    return isMine;
  } catch {
    // It was given back in the meantime.
    return false;
  }
}

function isLeftBehind(text: string, sinceMs: number): boolean {
  const runs = runsOf(text);
  return runs === false || (runs === null && Date.now() - sinceMs > LEFT_BEHIND_MS);
}

function runsOf(text: string): boolean | null {
  try {
    const mark: ProcessMark = JSON.parse(text);
    return stillRuns(mark);
  } catch {
    return null;
  }
}
