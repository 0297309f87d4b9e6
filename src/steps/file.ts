import { createHash } from 'node:crypto';
import type { Content } from '../model/content.ts';
import { ANY, type BaseFacts, type FileFact } from '../model/fact.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { ownershipChanges, predictedOwner } from './ownership.ts';
import { parentOf, parentProblem } from './parent.ts';
import { checkMode, checkPath, makeStep, StepArgumentError } from './step.ts';

/** Desired state of a regular file. */
export interface FileOptions extends StepOptions {
  /** Absolute path. */
  readonly path: string;
  /** Exact content: text (written as UTF-8) or bytes. Without it only mode, owner and group are managed, and the file must exist. */
  readonly content?: string | Uint8Array | undefined;
  /** Octal digits such as `0640`. Default: left alone; `0644` for a new file. */
  readonly mode?: string | undefined;
  /** User name. Default: left alone; for a new file the user that the step runs as. */
  readonly owner?: string | undefined;
  /** Group name. Default: left alone. */
  readonly group?: string | undefined;
  /** Command that must succeed on the new file before it replaces the old one; `%s` stands for its path: `['visudo', '-cf', '%s']`. */
  readonly validate?: readonly string[] | undefined;
  /** What to do with a symbolic link at the path: `refuse` (default), or `replace` it by the file. */
  readonly link?: 'refuse' | 'replace' | undefined;
}

/** A regular file with exactly this content, mode and owner. Throws StepArgumentError for a wrong path, mode or validate. */
export function file(options: FileOptions): Step {
  const path = checkPath('file', options.path);
  const desired = {
    ...options,
    path,
    mode: checkMode('file', options.mode),
    content: options.content === undefined ? undefined : contentOf(options.content),
  };
  if (options.validate !== undefined && !options.validate.some((word) => word.includes('%s'))) {
    throw new StepArgumentError(`file: validate of ${path} must contain %s, which stands for the new file`);
  }
  const { content, mode, owner, group } = desired;
  const wants = Object.entries({ content, mode, owner, group }).flatMap(([field, after]) =>
    after === undefined ? [] : [{ field, after }],
  );
  return makeStep(
    {
      kind: 'file',
      subject: path,
      reads: [
        { kind: 'file', key: path, ...(content === undefined ? {} : { content: { unless: content.digest } }) },
        { kind: 'file', key: parentOf(path) },
      ],
      wants,
      plan: (facts) => planFile(desired, { now: facts.get('file', path), parent: facts.get('file', parentOf(path)), base: facts.base }),
    },
    options,
  );
}

/** Content with its digest, from text or bytes. */
export function contentOf(value: string | Uint8Array): Content {
  const bytes = typeof value === 'string' ? Buffer.from(value, 'utf8') : value;
  return { kind: 'content', digest: createHash('sha256').update(bytes).digest('hex'), size: bytes.length, bytes };
}

interface Desired extends Omit<FileOptions, 'content'> {
  readonly content: Content | undefined;
}

interface Found {
  readonly now: FileFact;
  readonly parent: FileFact;
  readonly base: BaseFacts;
}

function planFile(desired: Desired, found: Found): StepPlan {
  const { now } = found;
  switch (now.type) {
    case 'directory':
      return { result: 'refused', reason: `a directory is in the way at ${desired.path}` };
    case 'other':
      return { result: 'refused', reason: `a ${now.what} is in the way at ${desired.path}` };
    case 'link':
      if (desired.link === 'replace') return create(desired, found);
      return {
        result: 'refused',
        reason: `${desired.path} is a symbolic link to ${now.target}; manage its target, or say link: 'replace'`,
      };
    case 'absent':
      return create(desired, found);
    case 'file':
      return update(desired, now);
  }
}

function create(desired: Desired, { now, parent, base }: Found): StepPlan {
  const { path, content, owner, group, mode = '0644' } = desired;
  if (content === undefined) return { result: 'refused', reason: `${path} does not exist, and the step has no content to create it with` };
  const problem = parentProblem(path, parent);
  if (problem !== null) return { result: 'refused', reason: problem };
  const who = predictedOwner({ owner, group }, { parent, base });
  const changes: Change[] = [
    { field: 'type', before: now.type === 'link' ? `link to ${now.target}` : null, after: 'file' },
    { field: 'content', before: null, after: content },
    { field: 'mode', before: null, after: mode },
    ...Object.entries(who).flatMap(([field, after]) => (after === ANY ? [] : [{ field, before: null, after }])),
  ];
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'file', key: path, value: { type: 'file', mode, ...who, content } }],
    actions: [
      {
        kind: 'writeFile',
        path,
        bytes: content.bytes ?? new Uint8Array(),
        ownership: { mode, owner, group },
        expect: null,
        replaceLink: now.type === 'link',
        validate: desired.validate,
      },
    ],
  };
}

function update(desired: Desired, now: Extract<FileFact, { type: 'file' }>): StepPlan {
  const { path, content, mode, owner, group } = desired;
  const ownership = ownershipChanges({ mode, owner, group }, now);
  const before = now.content;
  const rewrite = content !== undefined && before?.digest !== content.digest ? content : null;
  const changes: Change[] = [...(rewrite === null ? [] : [{ field: 'content', before, after: rewrite }]), ...ownership.changes];
  if (changes.length === 0) return { result: 'ok' };
  return {
    result: 'change',
    changes,
    predicted: [{ kind: 'file', key: path, value: { ...now, ...ownership.after, content: rewrite ?? before } }],
    actions: [
      rewrite === null
        ? { kind: 'setOwnership', path, ownership: ownership.after }
        : {
            kind: 'writeFile',
            path,
            bytes: rewrite.bytes ?? new Uint8Array(),
            ownership: ownership.after,
            expect: before?.digest ?? null,
            replaceLink: false,
            validate: desired.validate,
          },
    ],
  };
}
