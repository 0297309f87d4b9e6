import { ANY, type BaseFacts, type FactView, type FileFact } from '../model/fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkOwner, hasBits, newOwner, ownershipChanges } from './ownership.ts';
import { parentOf, parentProblem } from './parent.ts';
import { refuse } from './regular-file.ts';
import { checkMode, checkPath, makeStep, wanted } from './step.ts';

/** Desired state of a directory. */
export interface DirectoryOptions extends StepOptions {
  /** Absolute path. */
  readonly path: string;
  /** Octal digits such as `0750`. Default: left alone; `0755` for a new directory (set-group-ID as well where the one above has it). */
  readonly mode?: string | undefined;
  /** User name. Default: left alone; for a new directory the user that the step runs as. */
  readonly owner?: string | undefined;
  /** Group name. Default: left alone. */
  readonly group?: string | undefined;
  /** Make missing directories above it too, with mode 0755 and the owner of the user that the step runs as. Default: false. */
  readonly parents?: boolean | undefined;
}

/** A directory with this mode and owner. Anything else at the path is refused. Throws StepArgumentError for wrong arguments. */
export function directory(options: DirectoryOptions): Step {
  const path = checkPath('directory', options.path);
  checkOwner('directory', options);
  const { owner, group, parents = false } = options;
  const desired: Desired = { path, mode: checkMode('directory', options.mode), owner, group, parents };
  const above = parents ? ancestorsOf(path) : [parentOf(path)];
  return makeStep(
    {
      kind: 'directory',
      subject: path,
      reads: [path, ...above].map((key) => ({ kind: 'file', key })),
      wants: wanted({ type: 'directory', mode: desired.mode, owner, group }),
      plan: (facts) => planDirectory(desired, facts),
    },
    options,
  );
}

interface Desired {
  readonly path: string;
  readonly mode: string | undefined;
  readonly owner: string | undefined;
  readonly group: string | undefined;
  readonly parents: boolean;
}

/** Directories above a path, the nearest first. */
function ancestorsOf(path: string): string[] {
  const above = parentOf(path);
  return above === '/' ? ['/'] : [above, ...ancestorsOf(above)];
}

function planDirectory(desired: Desired, facts: FactView): StepPlan {
  const { path } = desired;
  const now = facts.get('file', path);
  switch (now.type) {
    case 'directory': {
      const { changes, after, set } = ownershipChanges(desired, now);
      if (changes.length === 0) return { result: 'ok' };
      return {
        result: 'change',
        changes,
        predicted: [{ kind: 'file', key: path, value: { ...now, ...after } }],
        actions: [{ kind: 'setOwnership', path, ownership: set }],
      };
    }
    case 'absent':
      return create(desired, facts);
    case 'link':
      return refuse(`${path} is a symbolic link to ${now.target}; name its target instead`);
    default:
      return refuse(`${path} is not a directory but a ${now.type === 'other' ? now.what : 'file'}`);
  }
}

function create(desired: Desired, facts: FactView): StepPlan {
  const { path, parents } = desired;
  const missing = parents ? missingAbove(path, facts) : [];
  const lowest = missing.at(-1) ?? path;
  const problem = parentProblem(lowest, facts.get('file', parentOf(lowest)));
  if (problem !== null) return refuse(problem);
  const made = makeAll([...missing].reverse(), desired, facts);
  return {
    result: 'change',
    changes: made.flatMap(({ key, value }) => changesOf(value, key === path ? '' : `${key} `)),
    predicted: made.map(({ key, value }): Prediction => ({ kind: 'file', key, value })),
    actions: [{ kind: 'makeDirectory', path, parents: missing.length > 0, ownership: ownershipOf(desired, facts, made.at(-2)?.value) }],
  };
}

/** Missing directories above a path, the nearest first. */
function missingAbove(path: string, facts: FactView): string[] {
  const missing: string[] = [];
  for (let above = parentOf(path); above !== '/' && facts.get('file', above).type === 'absent'; above = parentOf(above))
    missing.push(above);
  return missing;
}

interface Made {
  readonly key: string;
  readonly value: Extract<Prediction, { kind: 'file' }>['value'] & { readonly type: 'directory' };
}

type NewDirectory = Made['value'];

/** Predicted directories, the highest first: each hands its set-group-ID bit and group to the next. */
function makeAll(missing: readonly string[], desired: Desired, facts: FactView): Made[] {
  const made: Made[] = [];
  for (const key of [...missing, desired.path]) {
    const parent = made.at(-1)?.value ?? facts.get('file', parentOf(key));
    made.push({ key, value: newDirectory(key === desired.path ? desired : {}, { parent: parent as FileFact, base: facts.base }) });
  }
  return made;
}

function newDirectory(
  { mode, owner, group }: { mode?: string | undefined; owner?: string | undefined; group?: string | undefined },
  above: { parent: FileFact; base: BaseFacts },
): NewDirectory {
  const who = newOwner({ owner, group }, above);
  const inherited = above.parent.type === 'directory' && hasBits(above.parent.mode, 0o2000) ? '2755' : '0755';
  return { type: 'directory', mode: mode ?? (above.parent.type === 'directory' ? inherited : ANY), owner: who.owner, group: who.group };
}

function ownershipOf(
  { path, mode, owner, group }: Desired,
  facts: FactView,
  parent: NewDirectory | undefined,
): { mode?: string | undefined } {
  const above = (parent ?? facts.get('file', parentOf(path))) as FileFact;
  return { mode, ...newOwner({ owner, group }, { parent: above, base: facts.base }).set };
}

function changesOf(value: NewDirectory, prefix: string): Change[] {
  const fields = Object.entries({ type: value.type, mode: value.mode, owner: value.owner, group: value.group });
  return fields.flatMap(([field, after]) => (typeof after === 'string' ? [{ field: `${prefix}${field}`, before: null, after }] : []));
}
