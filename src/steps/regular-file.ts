import type { Action, Ownership, WriteFile } from '../model/action.ts';
import type { Content } from '../model/content.ts';
import { ANY, type BaseFacts, type FactRequest, type FactView, type FileFact } from '../model/fact.ts';
import type { Change, StepPlan } from '../model/step.ts';
import { hasBits, newOwner, ownershipChanges } from './ownership.ts';
import { parentOf, parentProblem } from './parent.ts';

/** What a regular file shall be; undefined parts are left as they are. */
export interface RegularFile extends Ownership {
  readonly path: string;
  readonly content: Content | undefined;
  readonly validate: readonly string[] | undefined;
  readonly link: 'refuse' | 'replace';
}

/** What is there now. */
export interface FoundFile {
  readonly now: FileFact;
  readonly parent: FileFact;
  readonly base: BaseFacts;
}

/** The facts that `planRegularFile` needs. */
export function fileReads(path: string, content: FactRequest['content']): FactRequest[] {
  return [
    { kind: 'file', key: path, ...(content === undefined ? {} : { content }) },
    { kind: 'file', key: parentOf(path) },
  ];
}

/** Those facts from a step's view. */
export function foundFile(path: string, facts: FactView): FoundFile {
  return { now: facts.get('file', path), parent: facts.get('file', parentOf(path)), base: facts.base };
}

/** Brings a regular file about: creates it, rewrites it, or sets what differs of mode, owner and group. */
export function planRegularFile(desired: RegularFile, found: FoundFile): StepPlan {
  const { now } = found;
  switch (now.type) {
    case 'file':
      return update(desired, now);
    case 'absent':
      return create(desired, found);
    case 'link':
      if (desired.link === 'replace') return create(desired, found);
      return refuse(`${desired.path} is a symbolic link to ${now.target}; manage its target, or say link: 'replace'`);
    default:
      return refuse(inTheWay(desired.path, now));
  }
}

/** What keeps a path from being a file, in words. */
export function inTheWay(path: string, now: FileFact): string {
  if (now.type === 'directory') return `a directory is in the way at ${path}`;
  if (now.type === 'other') return `a ${now.what} is in the way at ${path}`;
  // Only a command with `affects: []` leaves a fact whose type nobody knows.
  return `an earlier command decides what is at ${path}; leave out its affects: []`;
}

/** A refusal. */
export function refuse(reason: string): StepPlan {
  return { result: 'refused', reason };
}

function create(desired: RegularFile, found: FoundFile): StepPlan {
  const { path, content, mode = '0644' } = desired;
  const { now } = found;
  if (content === undefined) return refuse(`${path} does not exist, and the step has no content to create it with`);
  const problem = parentProblem(path, found.parent);
  if (problem !== null) return refuse(problem);
  const { owner, group, set } = newOwner(desired, found);
  const changes: Change[] = [
    { field: 'type', before: now.type === 'link' ? `link to ${now.target}` : null, after: 'file' },
    { field: 'content', before: null, after: content },
    { field: 'mode', before: null, after: mode },
    { field: 'owner', before: null, after: owner },
    ...(group === ANY ? [] : [{ field: 'group', before: null, after: group }]),
  ];
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'file', key: path, value: { type: 'file', mode, owner, group, content } }],
    actions: [write(desired, content, { ownership: { mode, ...set }, expect: null, replaceLink: now.type === 'link' })],
  };
}

function update(desired: RegularFile, now: Extract<FileFact, { type: 'file' }>): StepPlan {
  const { path, content } = desired;
  const { changes: owned, after, set } = ownershipChanges(desired, now);
  const before = now.content;
  const rewrite = content !== undefined && before?.digest !== content.digest ? content : null;
  const changes: Change[] = [...(rewrite === null ? [] : [{ field: 'content', before, after: rewrite }]), ...owned];
  if (changes.length === 0) return { result: 'ok' };
  const lost = rewrite !== null && before?.bytes === null ? 'the old content is longer than drover reads' : undefined;
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'file', key: path, value: { ...now, ...after, content: rewrite ?? before } }],
    actions: [rewrite === null ? { kind: 'setOwnership', path, ownership: set } : overwrite(desired, rewrite, { now, set })],
    ...(lost === undefined ? {} : { irreversible: lost }),
  };
}

/** Writing may clear set-ID bits, and needs the owner's write bit: then the mode is set again. */
function overwrite(
  desired: RegularFile,
  content: Content,
  { now, set }: { now: Extract<FileFact, { type: 'file' }>; set: Ownership },
): Action {
  const disturbed = hasBits(now.mode, 0o6000) || !hasBits(now.mode, 0o200);
  const ownership = disturbed ? { mode: now.mode, ...set } : set;
  return write(desired, content, { ownership, expect: now.content?.digest ?? null, replaceLink: false });
}

function write(
  { path, validate }: RegularFile,
  content: Content,
  rest: Pick<WriteFile, 'ownership' | 'expect' | 'replaceLink'>,
): WriteFile {
  return { kind: 'writeFile', path, bytes: content.bytes ?? new Uint8Array(), validate, ...rest };
}
