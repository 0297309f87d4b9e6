import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDigestKey, type DigestKey, openDigestKey } from '../digest-key.ts';
import { recordedRuns } from '../journal.ts';
import type { HostLine, Marks, RunLine } from '../model/history.ts';
import type { Report } from '../report/report.ts';
import { withLock } from './lock.ts';
import { type Lines, MemoryStore } from './memory-store.ts';
import { findRuns, stampOf } from './scan.ts';
import { BrokenStore, Store } from './store.ts';
import { summarise } from './summarise.ts';
import { addRuns, currentStore, indexFolder, type Kept, type Place, rebuildStore, updateStore } from './upkeep.ts';

/** The runs of a folder: an index of their reports, which stay what counts. */
export class History {
  /** Newest first; those that are still going on included. */
  readonly runs: readonly RunLine[];
  /** By this key digests of values are made and compared. */
  readonly key: DigestKey;
  readonly #place: Place;
  #lines: Lines;

  constructor(place: Place, { store, running }: Kept<Lines>) {
    this.#place = place;
    this.#lines = store;
    this.key = place.key;
    this.runs = [...store.runs(), ...running].sort((a, b) => (a.id < b.id ? 1 : -1));
  }

  /** Hosts of any run. */
  get hosts(): readonly string[] {
    return this.#lines.hosts;
  }

  /** What the runs did on a host, newest first; empty for a host of none. */
  host(name: string): readonly HostLine[] {
    return [...this.#ask((lines) => lines.host(name))].sort((a, b) => (a.run < b.run ? 1 : -1));
  }

  /** What is remembered of a host's steps. */
  marks(name: string): Marks {
    return this.#ask((lines) => lines.marks(name));
  }

  /** Another drover may have put another index in place, or a file of it is broken. */
  #ask<T>(question: (lines: Lines) => T): T {
    try {
      return question(this.#lines);
    } catch (error) {
      if (!(error instanceof BrokenStore)) throw error;
      this.#lines = repaired(this.#place, question);
      return question(this.#lines);
    }
  }
}

/**
 * The history of a folder, brought up to date first: what was run since the index was written is added, what is gone is taken out, and an index that
 * is missing, broken, or made from other reports is made anew. Where it cannot be written, it is made for this time only.
 */
export function openHistory(cwd: string, { warn }: Pick<Place, 'warn'>): History {
  // Where nothing was ever run asking leaves nothing behind.
  const isNew = recordedRuns(cwd).length === 0 && !existsSync(indexFolder(cwd));
  const kept = isNew ? null : openDigestKey(cwd);
  const place: Place = { cwd, key: kept ?? createDigestKey(randomBytes(32)), warn };
  if (kept === null) return new History(place, inMemory(place));
  const store = upToDate(place);
  return new History(place, store === null ? locked(place, () => updateStore(place)) : { store, running: [] });
}

/** Adds a run at its end. Never throws: what could not be added is added when somebody asks. */
export function recordRun(cwd: string, report: Report): void {
  try {
    const key = openDigestKey(cwd);
    const stamp = stampOf(cwd, report.run.id);
    if (key === null || stamp === null) return;
    const summary = summarise(report, { key, stamp });
    withLock(lockFile(cwd), () => {
      const store = existsSync(indexFolder(cwd)) ? Store.open(indexFolder(cwd), key.id) : firstStore(cwd, key);
      if (store?.hasRun(report.run.id) === false) store.append([summary]);
    });
  } catch {
    // A broken or read-only index is a matter for whoever asks it: the report is there.
  }
}

/** A store for the first run of a folder; null where there are others, which are read when somebody asks. */
function firstStore(cwd: string, key: DigestKey): Store | null {
  return findRuns(cwd).length === 1 ? Store.create(indexFolder(cwd), key.id) : null;
}

function lockFile(cwd: string): string {
  return `${indexFolder(cwd)}.lock`;
}

/** null: something is to be done about it. */
function upToDate(place: Place): Store | null {
  try {
    return currentStore(place);
  } catch (error) {
    if (error instanceof BrokenStore) return null;
    throw error;
  }
}

function repaired<T>(place: Place, question: (lines: Lines) => T): Lines {
  const { store } = locked(place, () => {
    const kept = updateStore(place);
    try {
      question(kept.store);
      return kept;
    } catch (error) {
      if (!(error instanceof BrokenStore)) throw error;
      return rebuildStore(place);
    }
  });
  return store;
}

/** What is done to the index under the lock; where it cannot be had or written, an index that is not kept. */
function locked(place: Place, work: () => Kept<Store>): Kept<Lines> {
  try {
    mkdirSync(join(place.cwd, '.drover'), { recursive: true, mode: 0o700 });
    return withLock(lockFile(place.cwd), work)?.value ?? inMemory(place);
  } catch (error) {
    const isOfTheSystem = error instanceof Error && 'syscall' in error;
    if (isOfTheSystem) return inMemory(place);
    throw error;
  }
}

function inMemory(place: Place): Kept<Lines> {
  const store = new MemoryStore();
  return { store, running: addRuns(store, findRuns(place.cwd), place) };
}
