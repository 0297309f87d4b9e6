import type { Content } from '../../model/content.ts';
import { ANY, type FactKind, type FactRequest, type FactValues, type FactView, type FileFact } from '../../model/fact.ts';
import { goneFields } from '../absent.ts';
import { newOwner, ownershipChanges } from '../ownership.ts';
import { parentOf, parentProblem } from '../parent.ts';
import { fileReads, foundFile, inTheWay, planRegularFile } from '../regular-file.ts';
import { holdsOnly } from './empty-directory.ts';
import { type Brought, type Former, known, lost, NOTHING, type Original, partOf, type Restorer, type Restoring } from './part.ts';

type Of<T extends FileFact['type']> = { readonly path: string; readonly before: Extract<FileFact, { type: T }> };

/**
 * What was at a path. What a step made goes again, a directory only when it is empty. Contents come from the bytes that were read before they
 * were replaced.
 */
export const pathRestorer: Restorer<'file'> = {
  fields: ['type', 'target', 'content', 'mode', 'owner', 'group'],
  // Removals begin at the deepest path, before the users go that own them; all else at the highest, when its owners are there again.
  rank: ({ key, before }) => (before.type === 'absent' ? 100 - depthOf(key) / 1000 : 400 + depthOf(key) / 1000),
  reads({ key, before, isRemade }, original) {
    const asksContent = isRemade === true ? 'always' : contentOf(before);
    const mayBeFull = isRemade === true || mayHaveMade(before, original);
    return [...fileReads(key, asksContent), ...(mayBeFull ? [emptiness(key, original)] : [])];
  },
  plan(former, restoring) {
    const { key: path, before, isRemade } = former;
    const { type } = restoring.facts.get('file', path);
    // An earlier step of this undo decides what is there.
    if (typeof type !== 'string') return { ...NOTHING, changes: [{ field: 'type', before: type, after: before.type }] };
    if (isRemade !== true) return bring(former, restoring);
    const remade = { ...restoring, makesDirectories: true };
    const isAnother = type !== 'absent' && before.type !== 'absent' && type !== before.type;
    return isAnother ? inPlaceOf(former, remade) : bring(former, remade);
  },
};

function bring({ key: path, before }: Former<'file'>, restoring: Restoring): Brought {
  switch (before.type) {
    case 'absent':
      return removed(path, restoring);
    case 'file':
      return regularFile({ path, before }, restoring);
    case 'directory':
      return directory({ path, before }, restoring);
    case 'link':
      return link({ path, before }, restoring);
    case 'other':
      return restoring.facts.get('file', path).type === 'other' ? NOTHING : lost(`the ${before.what} at ${path} is not kept`);
    default:
      return lost(`what was at ${path} is not known: a command had decided it`);
  }
}

/** The thing was removed and another one made there, by the same run: that one goes, where nothing is in it, and the old one comes back. */
function inPlaceOf(former: Former<'file'>, restoring: Restoring): Brought {
  const { key: path } = former;
  const gone = removed(path, { ...restoring, irreversible: null });
  if ('refused' in gone || gone.actions.length === 0) return gone;
  const back = bring(former, { ...restoring, facts: without(path, restoring.facts), actions: [...restoring.actions, ...gone.actions] });
  if ('refused' in back || back.actions.length === 0) return back;
  const fields = new Set([...gone.changes, ...back.changes].map(({ field }) => field));
  return {
    ...back,
    changes: [...fields].map((field) => ({
      field,
      before: gone.changes.find((change) => change.field === field)?.before ?? null,
      after: back.changes.find((change) => change.field === field)?.after ?? null,
    })),
    actions: [...gone.actions, ...back.actions],
  };
}

/** The facts as they are when nothing is at a path any more. */
function without(path: string, facts: FactView): FactView {
  const absent: FileFact = { type: 'absent' };
  return {
    base: facts.base,
    // The kind and key are those of a file, so the kind fixes the type.
    get: <K extends FactKind>(kind: K, key: string): FactValues[K] =>
      kind === 'file' && key === path ? (absent as FactValues[K]) : facts.get(kind, key),
  };
}

function depthOf(path: string): number {
  return path.split('/').length;
}

/** What is needed to show a change in full, and to write only over what the plan saw. */
function contentOf(before: FileFact): FactRequest['content'] {
  if (before.type === 'absent' || before.type === 'link') return 'always';
  return before.type === 'file' && before.content !== null ? { unless: before.content.digest } : undefined;
}

function mayHaveMade(before: FileFact, { makesDirectories }: Original): boolean {
  return before.type === 'absent' && makesDirectories;
}

/** Things in the directory that go as well are no obstacle. */
function emptiness(path: string, { undo }: Pick<Original, 'undo'>): FactRequest<'guard'> {
  const own = undo.filter(({ kind, key, before }) => kind === 'file' && isAbsent(before) && key !== path && parentOf(key) === path);
  return {
    kind: 'guard',
    key: holdsOnly(
      path,
      own.map(({ key }) => key.slice(key.lastIndexOf('/') + 1)),
    ),
  };
}

function isAbsent(before: unknown): boolean {
  return typeof before === 'object' && before !== null && 'type' in before && before.type === 'absent';
}

function removed(path: string, restoring: Restoring): Brought {
  const { facts, irreversible } = restoring;
  const now = facts.get('file', path);
  if (now.type === 'absent') return NOTHING;
  // What a command has made is the command's business, and may be anything.
  if (irreversible !== null) return lost(irreversible);
  const changes = now.type === 'other' ? null : goneFields(now);
  if (changes === null) return { refused: inTheWay(path, now) };
  const full = now.type === 'directory' ? fullness(path, restoring) : null;
  if (full !== null) return lost(full);
  return {
    changes,
    predicted: [{ kind: 'file', key: path, value: { type: 'absent' } }],
    actions: [{ kind: 'remove', path, recursive: false }],
  };
}

/** Why a directory stays; null when nothing is in it that stays. */
function fullness(path: string, { facts, undo, makesDirectories }: Restoring): string | null {
  if (!makesDirectories) return `${path} is a directory now, which the step did not make`;
  const inside = undo.find(({ kind, key }) => kind === 'file' && parentOf(key) === path && key !== path && isThere(facts.get('file', key)));
  const { exitCode, output } = facts.get('guard', emptiness(path, { undo }).key);
  if (exitCode === 0 && inside === undefined) return null;
  return `the directory ${path} is not empty (${inside === undefined ? output.trim() : inside.key.slice(path.length + 1)})`;
}

function isThere({ type }: FileFact): boolean {
  return type !== 'absent';
}

function regularFile({ path, before }: Of<'file'>, { facts, irreversible }: Restoring): Brought {
  const found = foundFile(path, facts);
  const { now } = found;
  const { content } = before;
  const isSame = now.type === 'file' && (content === null || content.digest === now.content?.digest);
  if (!isSame && (content === null || content.bytes === null)) {
    return irreversible === null ? { refused: notKept(path, content) } : lost(irreversible);
  }
  const owned = { mode: known(before.mode), owner: known(before.owner), group: known(before.group) };
  const desired = { path, ...owned, content: isSame || content === null ? undefined : content };
  return partOf(planRegularFile({ ...desired, validate: undefined, link: 'replace' }, found));
}

/** Longest file whose bytes are read, in bytes. */
const LONGEST = 4 * 1024 * 1024;

function notKept(path: string, content: Content | null): string {
  if (content === null) return `the content that ${path} had was never read`;
  if (content.size > LONGEST) return `the content that ${path} had is longer than drover reads (4 MiB)`;
  return `of the content that ${path} had only the digest was read`;
}

function directory({ path, before }: Of<'directory'>, { facts }: Restoring): Brought {
  const { now, parent } = foundFile(path, facts);
  const owned = { mode: known(before.mode), owner: known(before.owner), group: known(before.group) };
  if (now.type === 'directory') {
    const { changes, after, set } = ownershipChanges(owned, now);
    if (changes.length === 0) return NOTHING;
    const value = { ...now, ...after };
    return { changes, predicted: [{ kind: 'file', key: path, value }], actions: [{ kind: 'setOwnership', path, ownership: set }] };
  }
  if (now.type !== 'absent') return { refused: blocked(path, now) };
  const problem = parentProblem(path, parent);
  if (problem !== null) return { refused: problem };
  const fields = Object.entries({ type: 'directory', ...owned });
  return {
    changes: fields.flatMap(([field, after]) => (after === undefined ? [] : [{ field, before: null, after }])),
    predicted: [
      {
        kind: 'file',
        key: path,
        value: { type: 'directory', mode: owned.mode ?? ANY, owner: owned.owner ?? ANY, group: owned.group ?? ANY },
      },
    ],
    actions: [{ kind: 'makeDirectory', path, parents: false, ownership: owned }],
  };
}

function blocked(path: string, now: FileFact): string {
  if (now.type === 'link') return `a symbolic link to ${now.target} is in the way at ${path}`;
  return now.type === 'file' ? `a file is in the way at ${path}` : inTheWay(path, now);
}

/** A link belongs to who makes it. */
function link({ path, before }: Of<'link'>, { facts }: Restoring): Brought {
  const { now, parent, base } = foundFile(path, facts);
  const { target } = before;
  if (now.type === 'link' && now.target === target) return NOTHING;
  if (now.type === 'directory' || now.type === 'other') return { refused: inTheWay(path, now) };
  const problem = now.type === 'absent' ? parentProblem(path, parent) : null;
  if (problem !== null) return { refused: problem };
  const { owner, group } = newOwner({}, { parent, base });
  const type = now.type === 'absent' ? null : now.type;
  return {
    changes: [
      ...(type === 'link' ? [] : [{ field: 'type', before: type, after: 'link' }]),
      { field: 'target', before: now.type === 'link' ? now.target : null, after: target },
      ...(now.type === 'file' ? [{ field: 'content', before: now.content, after: null }] : []),
    ],
    predicted: [{ kind: 'file', key: path, value: { type: 'link', target, owner, group, toDirectory: ANY } }],
    actions: [{ kind: 'makeLink', path, target, replace: type !== null }],
    ...(owner === before.owner ? {} : { lost: [`the link ${path} belonged to ${before.owner}, and to ${owner} now`] }),
  };
}
