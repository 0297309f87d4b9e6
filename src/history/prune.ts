import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { journalFile, readJournal } from '../journal.ts';
import type { RunLine, RunOutcome } from '../model/history.ts';
import { undoLogFile } from '../undo-log.ts';
import { hasNoEnd } from './scan.ts';

/** Which runs are to stay. */
export interface PruneWish {
  /** So many of the newest. */
  readonly keep?: number | undefined;
  /** Those that started at this time or later: ISO 8601 in UTC. */
  readonly since?: string | undefined;
  /** Also delete those that can still be resumed. Runs that are going on always stay. */
  readonly force: boolean;
}

/** What is to go, and what would go if it could not still be resumed; both oldest first. */
export interface Pruning {
  readonly gone: readonly RunLine[];
  readonly resumable: readonly RunLine[];
}

/** Decides which runs go; nothing is deleted yet. `runs`: newest first. */
export function planPruning(runs: readonly RunLine[], { keep, since, force }: PruneWish, cwd: string): Pruning {
  const old = runs.filter((run, index) => (keep === undefined || index >= keep) && (since === undefined || run.startedAt < since));
  const ended = old.filter(({ outcome }) => outcome !== 'running').reverse();
  if (force) return { gone: ended, resumable: [] };
  const families = familiesOf(
    runs.map(({ id }) => id),
    cwd,
  );
  return { gone: ended.filter(({ id }) => !families.has(id)), resumable: ended.filter(({ id }) => families.has(id)) };
}

/** Runs without an end, those that they go on with, and those that went on with any of them: what is left of one is told by all. `ids`: newest first. */
function familiesOf(ids: readonly string[], cwd: string): ReadonlySet<string> {
  const family = new Set(ids.filter((id) => hasNoEnd(journalFile(cwd, id))));
  if (family.size === 0) return family;
  const parents = new Map(ids.map((id) => [id, readJournal(journalFile(cwd, id))?.header.resumes?.run ?? null]));
  for (const id of ids) {
    const parent = parents.get(id) ?? null;
    if (parent !== null && family.has(id)) family.add(parent);
  }
  // A run sorts behind the one that it goes on with.
  for (const id of [...ids].reverse()) {
    const parent = parents.get(id) ?? null;
    if (parent !== null && family.has(parent)) family.add(id);
  }
  return family;
}

/** What goes with runs besides their reports. */
export interface PruningLoss {
  /** Runs that could be undone. */
  readonly undo: number;
  /** Runs that `--resume` or `--retry-failed` could go on with, for they did not end well. */
  readonly goOn: number;
}

/** What can no longer be done when these runs are deleted. */
export function lossOf(runs: readonly RunLine[], cwd: string): PruningLoss {
  const applies = runs.filter(({ mode }) => mode === 'apply');
  const isOpen = ({ outcome, undoes }: RunLine): boolean => undoes === null && NOT_WELL.has(outcome);
  return { undo: applies.filter(({ id }) => existsSync(undoLogFile(cwd, id))).length, goOn: applies.filter(isOpen).length };
}

const NOT_WELL: ReadonlySet<RunOutcome> = new Set<RunOutcome>(['failed', 'unreachable', 'interrupted', 'unfinished']);

/** Deletes what runs left, report and journal; the index forgets them when it is asked. */
export function deleteRuns(runs: readonly RunLine[], cwd: string): void {
  for (const { id } of runs) rmSync(join(cwd, '.drover', 'runs', id), { recursive: true, force: true });
}
