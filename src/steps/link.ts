import { ANY, type FactView } from '../model/fact.ts';
import type { Change, Step, StepOptions, StepPlan } from '../model/step.ts';
import { newOwner } from './ownership.ts';
import { parentOf, parentProblem } from './parent.ts';
import { fileReads, inTheWay, refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError } from './step.ts';

/** Desired state of a symbolic link. */
export interface LinkOptions extends StepOptions {
  /** Absolute path of the link. */
  readonly path: string;
  /** What it points to, as it is written into the link: absolute, or relative to the link's directory. It need not exist. */
  readonly target: string;
  /** Replace a file that is in the way. Default: false, then the step is refused. A directory is never replaced. */
  readonly force?: boolean | undefined;
}

/** A symbolic link to this target. Throws StepArgumentError for wrong arguments. */
export function link(options: LinkOptions): Step {
  const path = checkPath('link', options.path);
  const { target, force = false } = options;
  if (typeof target !== 'string' || target === '' || target.includes('\0')) {
    throw new StepArgumentError(`link: target ${JSON.stringify(target)} of ${path} must be a path`);
  }
  return makeStep(
    {
      kind: 'link',
      subject: path,
      reads: fileReads(path, force ? 'always' : undefined),
      wants: [{ field: 'target', after: target }],
      plan: (facts) => planLink({ path, target, force }, facts),
    },
    options,
  );
}

interface Desired {
  readonly path: string;
  readonly target: string;
  readonly force: boolean;
}

function planLink(desired: Desired, facts: FactView): StepPlan {
  const { path, target, force } = desired;
  const now = facts.get('file', path);
  switch (now.type) {
    case 'link': {
      if (now.target === target) return { result: 'ok' };
      const changes = [{ field: 'target', before: now.target, after: target }];
      return replace(desired, facts, { changes, owned: { owner: now.owner, group: now.group } });
    }
    case 'absent': {
      const problem = parentProblem(path, facts.get('file', parentOf(path)));
      return problem === null
        ? replace(desired, facts, { changes: [typeChange(null), targetChange(target)], owned: null })
        : refuse(problem);
    }
    case 'file': {
      if (!force) return refuse(`a file is in the way at ${path}; force: true would replace it`);
      const changes = [typeChange('file'), targetChange(target), { field: 'content', before: now.content, after: null }];
      const plan = replace(desired, facts, { changes, owned: { owner: now.owner, group: now.group } });
      const lost = now.content?.bytes === null;
      return lost && plan.result === 'change' ? { ...plan, irreversible: 'the old file is longer than drover reads' } : plan;
    }
    default:
      return refuse(inTheWay(path, now));
  }
}

const typeChange = (before: string | null): Change => ({ field: 'type', before, after: 'link' });
const targetChange = (after: string): Change => ({ field: 'target', before: null, after });

interface Before {
  readonly changes: readonly Change[];
  /** Owner and group of what is replaced; null when the path is free. */
  readonly owned: { readonly owner: string; readonly group: string } | null;
}

/** A new link belongs to who makes it. */
function replace({ path, target }: Desired, facts: FactView, { changes, owned }: Before): StepPlan {
  const { owner, group } = newOwner({}, { parent: facts.get('file', parentOf(path)), base: facts.base });
  const moved = Object.entries({ owner, group }).flatMap(([field, after]): Change[] => {
    const before = owned === null ? null : field === 'owner' ? owned.owner : owned.group;
    return typeof after !== 'string' || before === after ? [] : [{ field, before, after }];
  });
  return {
    result: 'change',
    changes: [...changes, ...moved],
    // Whether the target is a directory may change until the end of the run.
    predicted: [{ kind: 'file', key: path, value: { type: 'link', target, owner, group, toDirectory: ANY } }],
    actions: [{ kind: 'makeLink', path, target, replace: owned !== null }],
  };
}
