import type { FieldValue } from '../model/content.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { contentOf } from './content.ts';
import { checkOwner } from './ownership.ts';
import { type FoundFile, fileReads, foundFile, inTheWay, planRegularFile, type RegularFile, refuse } from './regular-file.ts';
import { checkMode, checkPath, checkValidate, makeStep, wanted } from './step.ts';
import { bytesOf, type Lines, linesOf } from './text.ts';

/** What the steps that edit a text file have in common. */
export interface EditOptions extends StepOptions {
  /** Absolute path. */
  readonly path: string;
  /** Make the file when there is none. Default: false, then the step is refused. */
  readonly create?: boolean | undefined;
  /** `present` (default) or `absent`. */
  readonly state?: 'present' | 'absent' | undefined;
  /** Octal digits such as `0640`. Default: left alone; `0644` for a new file. */
  readonly mode?: string | undefined;
  /** User name. Default: left alone. */
  readonly owner?: string | undefined;
  /** Group name. Default: left alone. */
  readonly group?: string | undefined;
  /** Command that must succeed on the new file before it replaces the old one; `%s` stands for its path. */
  readonly validate?: readonly string[] | undefined;
}

/** Lines after an edit, with changes of fields besides the content's; or why it cannot be made. */
export type Edited = { readonly lines: Lines; readonly changes?: readonly Change[] } | { readonly refused: string };

/** A kind of edit: a pure function from lines to lines that leaves its own result alone. */
export interface Edit {
  readonly kind: string;
  readonly subject: string;
  readonly wants: Readonly<Record<string, FieldValue | undefined>>;
  /** What it writes is a secret. Default: false. */
  readonly secret?: boolean;
  edit(lines: Lines): Edited;
}

/** A step that edits a file's lines. Throws StepArgumentError for wrong common options. */
export function editStep(edit: Edit, options: EditOptions): Step {
  const { kind } = edit;
  const path = checkPath(kind, options.path);
  checkOwner(kind, options);
  const { owner, group } = options;
  const mode = checkMode(kind, options.mode);
  const validate = checkValidate(kind, options.validate);
  const target: RegularFile = { path, content: undefined, mode, owner, group, validate, link: 'refuse' };
  return makeStep(
    {
      kind,
      subject: edit.subject,
      reads: fileReads(path, 'always'),
      wants: wanted({ ...edit.wants, mode, owner, group }),
      ...(edit.secret === true ? { secret: true } : {}),
      plan: (facts) => planEdit(edit, { target, options }, foundFile(path, facts)),
    },
    options,
  );
}

interface Target {
  readonly target: RegularFile;
  readonly options: Pick<EditOptions, 'create' | 'state'>;
}

function planEdit(edit: Edit, { target, options }: Target, found: FoundFile): StepPlan {
  const { now } = found;
  const { path } = target;
  if (now.type === 'absent') {
    if (options.state === 'absent') return { result: 'ok' };
    return options.create === true
      ? finish(edit, { lines: [], target, found })
      : refuse(`${path} does not exist; create: true would make it`);
  }
  if (now.type === 'link') return refuse(`${path} is a symbolic link to ${now.target}; name its target instead`);
  if (now.type !== 'file') return refuse(inTheWay(path, now));
  if (now.content === null || now.content.bytes === null) return refuse(`${path} is longer than drover reads (4 MiB)`);
  return finish(edit, { lines: linesOf(now.content.bytes), target, found });
}

function finish(edit: Edit, { lines, target, found }: { lines: Lines; target: RegularFile; found: FoundFile }): StepPlan {
  const edited = edit.edit(lines);
  if ('refused' in edited) return refuse(`${target.path}: ${edited.refused}`);
  const plan = planRegularFile({ ...target, content: contentOf(bytesOf(edited.lines)) }, found);
  return plan.result === 'change' ? { ...plan, changes: [...(edited.changes ?? []), ...plan.changes] } : plan;
}
