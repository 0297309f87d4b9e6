import { appendFileSync, closeSync, mkdirSync, openSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Fingerprint } from './fingerprint.ts';
import type { Emit, RunEvent } from './model/event.ts';
import type { HostOutcome, RunHeader } from './model/run.ts';
import type { ProcessMark } from './process-mark.ts';

/** Another number where readers of the old one would be wrong. */
const FORMAT = 'drover.journal/1';

/** What a resumed run is for: `resume` goes on with hosts that are not done, `retry-failed` with those that failed. */
export type Wish = 'resume' | 'retry-failed';

/** The first line of a journal. */
export interface JournalHeader extends RunHeader {
  readonly skipTags: readonly string[];
  /** The process that carries the run out. */
  readonly by: ProcessMark;
  /** Hosts that the run works on. */
  readonly hosts: readonly string[];
  /** The run that this one goes on with; null for a run of its own. */
  readonly resumes: { readonly run: string; readonly wish: Wish } | null;
  readonly fingerprint: Fingerprint;
}

type Kept<K extends RunEvent['kind'], F extends string> = { [E in RunEvent as E['kind']]: Pick<E, Extract<keyof E, 'kind' | F>> }[K];

/** What happened, in names and numbers alone: contents, outputs and reasons may hold what nobody is to read. */
export type JournalEvent =
  | Kept<'batch-started', 'play' | 'batch' | 'size' | 'hosts'>
  | Kept<'turn-started', 'play' | 'host'>
  | Kept<'step-started', 'host' | 'step' | 'part' | 'on'>
  | Kept<'step-finished', 'host' | 'step' | 'part' | 'on' | 'outcome'>
  | Kept<'turn-finished', 'play' | 'host' | 'outcome' | 'done' | 'out'>
  | Kept<'gate-started', 'play' | 'batch'>
  | { readonly kind: 'gate-finished'; readonly play: number; readonly batch: number; readonly closed: boolean }
  | Kept<'rollout-halted', 'play'>
  | { readonly kind: 'host-finished'; readonly host: string; readonly outcome: HostOutcome }
  | Kept<'stopping', 'signal'>
  | { readonly kind: 'end'; readonly exitCode: number };

/** A journal that was read. */
export interface Journal {
  readonly header: JournalHeader;
  /** In the order in which they happened. */
  readonly events: readonly JournalEvent[];
}

/** Where a run's journal lies, below the folder in which drover was started. */
export function journalFile(cwd: string, run: string): string {
  return join(runsFolder(cwd), run, 'journal.jsonl');
}

function runsFolder(cwd: string): string {
  return join(cwd, '.drover', 'runs');
}

/** Why the folder of runs cannot be read, though there is one; else null. */
export function unreadableRuns(cwd: string): string | null {
  try {
    readdirSync(runsFolder(cwd));
    return null;
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return isMissing ? null : `${join('.drover', 'runs')} cannot be read: ${error instanceof Error ? error.message : String(error)}`;
  }
}

/** Ids of the runs that left anything, in the order in which they were started. */
export function recordedRuns(cwd: string): readonly string[] {
  try {
    // A stray file, such as a file manager leaves, is no run.
    const entries = readdirSync(runsFolder(cwd), { withFileTypes: true }).filter((entry) => !entry.isFile());
    return entries.map(({ name }) => name).sort();
  } catch {
    return [];
  }
}

/** What a journal is kept with. */
export interface JournalOptions {
  /** Takes passwords out of what came from outside: step ids and arguments. */
  readonly redact: (text: string) => string;
  /** Called once, with a sentence, when the journal cannot be written; the run goes on. */
  readonly warn: (sentence: string) => void;
}

/**
 * Writes a journal line by line, each as its event happens: what was told before a SIGKILL is on file. Readable by the user only. Never throws:
 * a run does not fail for its journal, but says that it cannot be resumed.
 */
export class JournalWriter {
  readonly #options: JournalOptions;
  #file: number | null = null;

  constructor(path: string, header: JournalHeader, options: JournalOptions) {
    this.#options = options;
    this.#try(() => {
      mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
      this.#file = openSync(path, 'ax', 0o600);
    });
    this.#append({ format: FORMAT, ...header, argv: header.argv.map(options.redact) });
  }

  /** Hears everything before `emit` does. */
  follow(emit: Emit): Emit {
    return (event) => {
      const kept = keptOf(event, this.#options.redact);
      if (kept !== null) this.write(kept);
      emit(event);
    };
  }

  /** Adds an event; behind the end nothing is added. */
  write(event: JournalEvent): void {
    this.#append({ at: new Date().toISOString(), ...event });
    if (event.kind === 'end') this.#close();
  }

  #append(line: object): void {
    const file = this.#file;
    if (file !== null) this.#try(() => appendFileSync(file, `${JSON.stringify(line)}\n`));
  }

  #try(work: () => void): void {
    try {
      work();
    } catch (error) {
      this.#close();
      this.#options.warn(
        `the journal cannot be written, so this run cannot be resumed: ${error instanceof Error ? error.message : String(error)}`,
      );
    }
  }

  #close(): void {
    const file = this.#file;
    this.#file = null;
    if (file !== null) closeSync(file);
  }
}

/** Field by field: what events get later does not stand in the journal by itself. */
function keptOf(event: RunEvent, redact: (text: string) => string): JournalEvent | null {
  const { kind } = event;
  switch (kind) {
    case 'batch-started':
      return { kind, play: event.play, batch: event.batch, size: event.size, hosts: event.hosts };
    case 'turn-started':
      return { kind, play: event.play, host: event.host };
    case 'step-started':
      return { kind, host: event.host, step: redact(event.step), part: event.part, on: event.on };
    case 'step-finished':
      return { kind, host: event.host, step: redact(event.step), part: event.part, on: event.on, outcome: event.outcome };
    case 'turn-finished':
      return { kind, play: event.play, host: event.host, outcome: event.outcome, done: event.done, out: event.out };
    case 'gate-started':
      return { kind, play: event.play, batch: event.batch };
    case 'gate-finished':
      return { kind, play: event.play, batch: event.batch, closed: event.closed !== null };
    case 'rollout-halted':
      return { kind, play: event.play };
    case 'host-finished':
      return { kind, host: event.host.name, outcome: event.host.outcome };
    case 'stopping':
      return { kind, signal: event.signal };
    case 'hosts-selected':
    case 'changing':
    case 'host-phase':
    case 'action-output':
    case 'rollouts-planned':
      return null;
  }
}

/** Reads a journal. A torn last line is what a killed run leaves, and is left out. null: there is none, or none that this drover can read. */
export function readJournal(path: string): Journal | null {
  try {
    const lines = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const [first = '', ...more] = lines;
    const header: JournalHeader & { readonly format: string } = JSON.parse(first);
    const events = more.map((line): JournalEvent => JSON.parse(line));
    return header.format === FORMAT ? { header, events } : null;
  } catch {
    return null;
  }
}
