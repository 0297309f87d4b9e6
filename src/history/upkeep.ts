import { existsSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { DigestKey } from '../digest-key.ts';
import type { RunLine, RunSummary } from '../model/history.ts';
import { mergeMarks, withoutRuns } from './marks.ts';
import type { MemoryStore } from './memory-store.ts';
import { type FoundRun, findRuns, loadRun } from './scan.ts';
import { BrokenStore, Store } from './store.ts';

/** Reports that are read before what they say is written down. */
const CHUNK = 100;

/** More than so many reports to read are worth a word to whoever waits. */
const MANY = 300;

/** Runs that are gone are taken out where at most so many older ones are left, which are read again; else all is made anew. */
const FEW = 200;

/** The folder that drover was started in, and what an index of its runs is made with. */
export interface Place {
  readonly cwd: string;
  readonly key: DigestKey;
  /** Is told what takes long, and what cannot be read. */
  readonly warn: (sentence: string) => void;
}

/** An index, and the runs that it does not hold because they are still going on. */
export interface Kept<S> {
  readonly store: S;
  readonly running: readonly RunLine[];
}

/** Where the index lies. */
export function indexFolder(cwd: string): string {
  return join(cwd, '.drover', 'history');
}

/** What an index lacks, and what it has too much. */
interface Gap {
  readonly store: Store;
  readonly missing: readonly FoundRun[];
  readonly gone: ReadonlySet<string>;
  readonly found: readonly FoundRun[];
}

/** The index as it is; null where something is to be done about it. Throws BrokenStore. */
export function currentStore(place: Place): Store | null {
  const { store, missing, gone } = gapOf(place);
  return missing.length === 0 && gone.size === 0 ? store : null;
}

/** Throws BrokenStore where a run has another report than the one that the index was made from, or the index itself is broken. */
function gapOf({ cwd, key }: Place): Gap {
  const found = findRuns(cwd);
  const store = Store.open(indexFolder(cwd), key.id);
  const stamps = new Map(store.runs().map(({ id, stamp }) => [id, stamp]));
  const missing = found.filter(({ id }) => !stamps.has(id));
  if (found.some(({ id, stamp }) => stamp !== (stamps.get(id) ?? stamp))) throw new BrokenStore('a report is newer');
  for (const { id } of found) stamps.delete(id);
  return { store, missing, gone: new Set(stamps.keys()), found };
}

/** Adds what is missing and takes out what is gone; makes the index anew where it is broken. For whoever holds the lock. */
export function updateStore(place: Place): Kept<Store> {
  try {
    const { store, missing, gone, found } = gapOf(place);
    const newest = [...gone].sort().at(-1);
    const older = newest === undefined ? [] : found.filter(({ id }) => id < newest);
    if (older.length > FEW) return rebuildStore(place);
    const left = gone.size === 0 ? store : without(store, { gone, older, place });
    return { store: left, running: addRuns(left, missing, place) };
  } catch (error) {
    if (!(error instanceof BrokenStore)) throw error;
    return rebuildStore(place);
  }
}

/** Makes the index from the reports. For whoever holds the lock. */
export function rebuildStore(place: Place): Kept<Store> {
  const { cwd, key, warn } = place;
  const found = findRuns(cwd);
  if (found.length > MANY) warn(`the history is being made from the reports of ${found.length} runs`);
  return swapIn(cwd, (folder) => {
    const store = Store.create(folder, key.id);
    return { store, running: addRuns(store, found, place) };
  });
}

/** Adds runs to an index. Returns those that are still going on. */
export function addRuns(store: Store | MemoryStore, found: readonly FoundRun[], { cwd, key, warn }: Place): readonly RunLine[] {
  const running: RunLine[] = [];
  const broken: string[] = [];
  for (let start = 0; start < found.length; start += CHUNK) {
    const loaded = found.slice(start, start + CHUNK).map((run) => ({ id: run.id, run: loadRun(cwd, run, key) }));
    store.append(loaded.flatMap(({ run }) => (run?.kind === 'summary' ? [run.summary] : [])));
    for (const { id, run } of loaded) {
      if (run === null) broken.push(id);
      else if (run.kind === 'running') running.push(run.line);
    }
  }
  if (broken.length > 0) warn(`left out of the history, for nobody can read its report: ${broken.slice(0, 3).join(', ')}${more(broken)}`);
  return running;
}

function more({ length }: readonly string[]): string {
  return length > 3 ? ` and ${length - 3} more` : '';
}

/** What is left when runs are gone. Where they were the last to say something of a step, older ones may have said it before. */
function without(store: Store, { gone, older, place }: { gone: ReadonlySet<string>; older: readonly FoundRun[]; place: Place }): Store {
  const { cwd, key } = place;
  const before = older.flatMap((found): readonly RunSummary[] => {
    const run = loadRun(cwd, found, key);
    return run?.kind === 'summary' ? [run.summary] : [];
  });
  const kept = swapIn(cwd, (folder) => {
    const next = Store.create(folder, key.id);
    for (const name of store.hosts) {
      const lines = store.host(name).filter(({ run }) => !gone.has(run));
      const said = before.map(({ hosts }) => hosts.get(name)?.marks ?? {});
      if (lines.length > 0) next.keepHost(name, lines, mergeMarks(withoutRuns(store.marks(name), gone), said));
    }
    next.append(store.runs().flatMap((line) => (gone.has(line.id) ? [] : [{ line, hosts: new Map() }])));
    return { store: next, running: [] };
  });
  return kept.store;
}

/** Makes another index beside the one that is there, and puts it in its place. */
function swapIn(cwd: string, make: (folder: string) => Kept<Store>): Kept<Store> {
  const folder = indexFolder(cwd);
  const [young, old] = [`${folder}.new`, `${folder}.old`];
  for (const left of [young, old]) rmSync(left, { recursive: true, force: true });
  const { store, running } = make(young);
  if (existsSync(folder)) renameSync(folder, old);
  renameSync(young, folder);
  rmSync(old, { recursive: true, force: true });
  return { store: store.movedTo(folder), running };
}
