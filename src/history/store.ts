import { randomBytes } from 'node:crypto';
import {
  closeSync,
  fstatSync,
  ftruncateSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import type { HostLine, Marks, RunLine, RunSummary } from '../model/history.ts';
import { safeFileName } from './file-name.ts';
import { mergeMarks } from './marks.ts';
import type { Lines } from './memory-store.ts';

/** Another number where readers of the old one would be wrong: then all is made anew from the reports. */
const FORMAT = 'drover.history/3';

/** What the files hold: written last, so that a write that was cut short never happened. */
interface Manifest {
  readonly format: typeof FORMAT;
  /** Stands in every file: files of different makings are never read together. */
  readonly generation: string;
  /** Id of the key that digests are made with. */
  readonly key: string;
  /** Bytes of `runs.jsonl`. */
  readonly runs: number;
  /** Bytes of each host's lines, by host. */
  readonly hosts: Readonly<Record<string, number>>;
}

/** The files are not what they should be, or there are none. */
export class BrokenStore extends Error {
  override readonly name = 'BrokenStore';
  readonly code = 'DROVER_BROKEN_STORE';
}

/** The files of a history in one folder. Whoever writes holds the lock. */
export class Store implements Lines {
  readonly #folder: string;
  #manifest: Manifest;

  private constructor(folder: string, manifest: Manifest) {
    this.#folder = folder;
    this.#manifest = manifest;
  }

  /** Begins an empty store. */
  static create(folder: string, key: string): Store {
    mkdirSync(join(folder, 'hosts'), { recursive: true, mode: 0o700 });
    const store = new Store(folder, { format: FORMAT, generation: randomBytes(9).toString('base64url'), key, runs: 0, hosts: {} });
    store.#commit({ ...store.#manifest, runs: store.#append(join(folder, 'runs.jsonl'), 0, []) });
    return store;
  }

  /** Throws BrokenStore where there is none for this key. */
  static open(folder: string, key: string): Store {
    const manifest = reading((): Manifest => JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8')));
    if (manifest.format !== FORMAT || manifest.key !== key) throw new BrokenStore('another format or key');
    return new Store(folder, manifest);
  }

  /** The same files, which were moved to another folder. */
  movedTo(folder: string): Store {
    return new Store(folder, this.#manifest);
  }

  /** True where a run was added. Throws BrokenStore. */
  hasRun(id: string): boolean {
    return this.runs().some((line) => line.id === id);
  }

  /** Hosts that have lines. */
  get hosts(): readonly string[] {
    return Object.keys(this.#manifest.hosts);
  }

  /** All runs, in the order in which they were added. Throws BrokenStore. */
  runs(): readonly RunLine[] {
    return this.#read<RunLine>('runs.jsonl', this.#manifest.runs);
  }

  /** A host's lines, in the order in which they were added. Throws BrokenStore. */
  host(name: string): readonly HostLine[] {
    const bytes = this.#bytesOf(name);
    return bytes === 0 ? [] : this.#read<HostLine>(linesFile(name), bytes);
  }

  /** What is remembered of a host's steps. Throws BrokenStore. */
  marks(name: string): Marks {
    if (this.#bytesOf(name) === 0) return {};
    const { generation, marks } = reading((): { generation: string; marks: Marks } =>
      JSON.parse(readFileSync(join(this.#folder, marksFile(name)), 'utf8')),
    );
    if (generation !== this.#manifest.generation) throw new BrokenStore('marks of another making');
    return marks;
  }

  /** Adds runs; either all are in it afterwards or none. Throws BrokenStore. */
  append(summaries: readonly RunSummary[]): void {
    const hosts = new Map<string, { lines: HostLine[]; marks: Marks[] }>();
    for (const summary of summaries) {
      for (const [name, { line, marks }] of summary.hosts) {
        const own = hosts.get(name) ?? { lines: [], marks: [] };
        hosts.set(name, own);
        own.lines.push(line);
        own.marks.push(marks);
      }
    }
    const sizes = [...hosts].map(([name, { lines, marks }]): readonly [string, number] => {
      if (marks.some((each) => Object.keys(each).length > 0) || this.#bytesOf(name) === 0)
        this.#keepMarks(name, mergeMarks(this.marks(name), marks));
      return [name, this.#append(join(this.#folder, linesFile(name)), this.#bytesOf(name), lines)];
    });
    const lines = summaries.map(({ line }) => line);
    const runs = this.#append(join(this.#folder, 'runs.jsonl'), this.#manifest.runs, lines);
    this.#commit({ ...this.#manifest, runs, hosts: { ...this.#manifest.hosts, ...Object.fromEntries(sizes) } });
  }

  /** Puts another host's lines and marks into a store that has none of it: what is left when runs are taken out. */
  keepHost(name: string, lines: readonly HostLine[], marks: Marks): void {
    this.#keepMarks(name, marks);
    const bytes = this.#append(join(this.#folder, linesFile(name)), 0, lines);
    this.#manifest = { ...this.#manifest, hosts: { ...this.#manifest.hosts, [name]: bytes } };
  }

  #bytesOf(name: string): number {
    return Object.hasOwn(this.#manifest.hosts, name) ? (this.#manifest.hosts[name] ?? 0) : 0;
  }

  #keepMarks(name: string, marks: Marks): void {
    const { generation } = this.#manifest;
    replace(join(this.#folder, marksFile(name)), JSON.stringify({ generation, host: name, marks }));
  }

  #commit(manifest: Manifest): void {
    replace(join(this.#folder, 'manifest.json'), JSON.stringify(manifest));
    this.#manifest = manifest;
  }

  /** Adds lines behind the bytes that count; what a write that was cut short left behind them goes. Returns the bytes that count now. */
  #append(file: string, bytes: number, lines: readonly object[]): number {
    const head = bytes === 0 ? [{ format: FORMAT, generation: this.#manifest.generation }] : [];
    const text = Buffer.from([...head, ...lines].map((line) => `${JSON.stringify(line)}\n`).join(''), 'utf8');
    const opened = reading(() => openSync(file, bytes === 0 ? 'w' : 'r+', 0o600));
    try {
      const size = fstatSync(opened).size;
      if (size < bytes) throw new BrokenStore(`${file} is too short`);
      if (size > bytes) ftruncateSync(opened, bytes);
      for (let done = 0; done < text.length; ) done += writeSync(opened, text, done, text.length - done, bytes + done);
    } finally {
      closeSync(opened);
    }
    return bytes + text.length;
  }

  #read<T extends object>(file: string, bytes: number): readonly T[] {
    return reading(() => {
      const text = readStart(join(this.#folder, file), bytes);
      if (!text.endsWith('\n')) throw new BrokenStore(`${file} is cut off`);
      const [head, ...lines]: readonly [{ generation?: string }, ...T[]] = JSON.parse(`[${text.slice(0, -1).replaceAll('\n', ',')}]`);
      if (head.generation !== this.#manifest.generation) throw new BrokenStore(`${file} is of another making`);
      return lines;
    });
  }
}

function linesFile(host: string): string {
  return join('hosts', `${safeFileName(host)}.jsonl`);
}

function marksFile(host: string): string {
  return join('hosts', `${safeFileName(host)}.json`);
}

/** Whole or not at all. */
function replace(file: string, text: string): void {
  const temporary = `${file}.new`;
  writeFileSync(temporary, text, { mode: 0o600 });
  renameSync(temporary, file);
}

/** The first bytes of a file: others may be adding to it. */
function readStart(file: string, bytes: number): string {
  const opened = openSync(file, 'r');
  try {
    const buffer = Buffer.allocUnsafe(bytes);
    let done = 0;
    while (done < bytes) {
      const read = readSync(opened, buffer, done, bytes - done, done);
      if (read === 0) throw new BrokenStore(`${file} is too short`);
      done += read;
    }
    return buffer.toString('utf8');
  } finally {
    closeSync(opened);
  }
}

/** Files that are missing or hold something else mean that the store is broken. */
function reading<T>(work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (error instanceof BrokenStore) throw error;
    throw new BrokenStore(error instanceof Error ? error.message : String(error));
  }
}
