import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { decodeKept, encodeKept, type Json } from './kept-value.ts';
import { isContent } from './model/content.ts';
import type { ChangingStep, Emit, RunEvent } from './model/event.ts';
import { type Expected, type FactKind, type FactValues, factId } from './model/fact.ts';
import type { Become } from './model/host.ts';
import type { HostStep } from './model/planned.ts';
import type { UndoFact } from './model/run.ts';

/** Another number where readers of the old one would be wrong. */
const FORMAT = 'drover.undo/1';

/** A step that was about to be carried out, as an undo needs it. */
export interface UndoEntry extends Pick<HostStep, 'id' | 'play' | 'part' | 'playName' | 'role' | 'notifies'> {
  /** The host whose facts these are. */
  readonly host: string;
  /** The host that it was done for; the same where it was done for itself. */
  readonly for: string;
  readonly kind: string;
  readonly subject: string;
  /** Its contents are not shown. */
  readonly secret: boolean;
  readonly handler: string | null;
  readonly become: Become | null;
  readonly irreversible: string | null;
  readonly facts: readonly KeptFact[];
  /** What of its before-values is not kept, and why. */
  readonly lost: readonly string[];
}

/** A fact before a step, and what it was to be behind it. */
export interface KeptFact extends Omit<UndoFact, 'known' | 'isRemade'> {
  readonly after: Expected<FactValues[FactKind]> | null;
}

/** Where a run's before-values lie, below the folder in which drover was started. */
export function undoLogFile(cwd: string, run: string): string {
  return join(cwd, '.drover', 'runs', run, 'undo.jsonl');
}

/** What a log is kept with. */
export interface UndoLogOptions {
  /** Takes secrets out of texts: what it changes is not kept. */
  readonly redact: (text: string) => string;
  /** Called once, with a sentence, when the log cannot be written; the run goes on. */
  readonly warn: (sentence: string) => void;
}

/**
 * Keeps what steps replace, a line for each, before the script is sent that carries them out: so a run that is killed can be undone as well. Readable by
 * the user only; there is no file where nothing was changed. Never throws: a run does not fail for its log, but says that it cannot be undone.
 */
export class UndoLogWriter {
  readonly #path: string;
  readonly #options: UndoLogOptions;
  #file: number | null = null;
  #isBroken = false;

  constructor(path: string, options: UndoLogOptions) {
    this.#path = path;
    this.#options = options;
  }

  /** Hears everything before `emit` does. */
  follow(emit: Emit): Emit {
    return (event) => {
      if (event.kind === 'changing') this.#keep(event);
      emit(event);
    };
  }

  close(): void {
    const file = this.#file;
    this.#file = null;
    if (file !== null) closeSync(file);
  }

  #keep(event: Extract<RunEvent, { kind: 'changing' }>): void {
    if (this.#isBroken) return;
    try {
      const { redact } = this.#options;
      const secret = secretFacts(event.steps, redact);
      const lines = event.steps.map((step) => JSON.stringify(encodeKept(entryOf(step, event, { redact, secret }))));
      // In one write: a line is there whole, or the last one is torn and its script was not sent.
      appendFileSync(this.#open(), `${lines.join('\n')}\n`);
    } catch (error) {
      this.#isBroken = true;
      this.close();
      const why = error instanceof Error ? error.message : String(error);
      this.#options.warn(`what this run changes cannot be kept, so it cannot be undone: ${why}`);
    }
  }

  #open(): number {
    if (this.#file !== null) return this.#file;
    mkdirSync(dirname(this.#path), { recursive: true, mode: 0o700 });
    this.#file = openSync(this.#path, 'ax', 0o600);
    appendFileSync(this.#file, `${JSON.stringify({ format: FORMAT })}\n`);
    return this.#file;
  }
}

interface Secrecy {
  readonly redact: (text: string) => string;
  /** Facts (`factId`) in which a secret is to stand, or stands: what is there before may be the secret before it. */
  readonly secret: ReadonlySet<string>;
}

function secretFacts(steps: readonly ChangingStep[], redact: Secrecy['redact']): ReadonlySet<string> {
  const all = steps.flatMap(({ item, undo, after }) => [...undo, ...after].map((fact) => ({ fact, isMarked: item.step.secret === true })));
  return new Set(all.filter(({ fact, isMarked }) => isMarked || holdsSecret(fact, redact)).map(({ fact }) => factId(fact)));
}

function entryOf(
  { item, undo, after, irreversible }: ChangingStep,
  { host, on }: { host: string; on: string | null },
  secrecy: Secrecy,
): UndoEntry {
  const { id, play, part, playName, role, step, handler, notifies, become } = item;
  const { redact } = secrecy;
  const parts = undo.filter(({ kind }) => kind !== 'guard').map((fact) => keptOf(fact, after, secrecy));
  return {
    host: on ?? host,
    for: host,
    id: redact(id),
    ...{
      play,
      part,
      playName,
      role,
      kind: step.kind,
      subject: redact(step.subject),
      secret: step.secret === true,
      handler,
      notifies,
      become,
      irreversible,
    },
    facts: parts.flatMap(({ fact }) => fact ?? []),
    lost: parts.flatMap(({ lost }) => lost ?? []),
  };
}

interface Kept {
  readonly fact?: KeptFact;
  readonly lost?: string;
}

/** A secret is not kept, nor what stands in place of one. */
function keptOf({ kind, key, before, isGone }: UndoFact, after: ChangingStep['after'], { redact, secret }: Secrecy): Kept {
  const value = withoutBytes(after.find((each) => factId(each) === factId({ kind, key }))?.value ?? null);
  const gone = isGone === undefined ? {} : { isGone };
  if (!secret.has(factId({ kind, key }))) return { fact: { kind, key, before, ...gone, after: value } };
  const [old, young] = [withoutContent(before), withoutContent(value)];
  if (kind !== 'file' || holdsSecret([key, old, young], redact))
    return { lost: `${kind} ${redact(key)}: it holds a secret, which is not kept` };
  // Of a file owner and mode are put back all the same, and one that was new goes.
  const fact = { kind, key, before: old, ...gone, after: young };
  return old === before ? { fact } : { fact, lost: `the content of ${key}: it holds a secret, which is not kept` };
}

/** A value of a file, of whose content nothing is said; others as they are. */
function withoutContent<V extends Expected<FactValues[FactKind]> | null>(value: V): V {
  return value !== null && 'content' in value && value.content !== null ? { ...value, content: null } : value;
}

function holdsSecret(value: unknown, redact: UndoLogOptions['redact']): boolean {
  if (typeof value === 'string') return redact(value) !== value;
  if (typeof value !== 'object' || value === null) return false;
  if (value instanceof Uint8Array) return holdsSecret(Buffer.from(value).toString('utf8'), redact);
  return Object.entries(value).some(([name, each]) => holdsSecret(name, redact) || holdsSecret(each, redact));
}

/** What a fact was to be is only compared: the digest of a content is enough. */
function withoutBytes<V extends Expected<FactValues[FactKind]> | null>(value: V): V {
  if (value === null || !('content' in value) || !isContent(value.content)) return value;
  return { ...value, content: { ...value.content, bytes: null } };
}

/** Reads a log, in the order in which things happened. A torn last line is what a killed run leaves, and is left out. null: there is none, or none that this drover can read. */
export function readUndoLog(path: string): readonly UndoEntry[] | null {
  try {
    const [first = '', ...more] = readFileSync(path, 'utf8').split('\n').slice(0, -1);
    const header: { readonly format: string } = JSON.parse(first);
    if (header.format !== FORMAT) return null;
    return more.map((line) => {
      const kept: Json = JSON.parse(line);
      return decodeKept(kept) as UndoEntry; // what entryOf made, line by line
    });
  } catch {
    return null;
  }
}
