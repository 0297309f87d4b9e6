import type { Action } from '../../model/action.ts';
import { ANY } from '../../model/fact.ts';
import type { KernelParameterFact } from '../../model/kernel-fact.ts';
import type { Prediction } from '../../model/step.ts';
import { dropInPath } from '../boot-entries.ts';
import { grubbyAction } from '../kernel-arguments.ts';
import { kernelModule } from '../kernel-module.ts';
import { parentOf } from '../parent.ts';
import { type Brought, type Former, known, lost, NOTHING, type Part, planBy, type Restorer, type Restoring } from './part.ts';

/** A kernel parameter's live value; the file that sets it at boot is a path of its own. */
export const sysctlRestorer: Restorer<'sysctl'> = {
  fields: ['value'],
  rank: () => 600,
  reads: ({ key }) => [{ kind: 'sysctl', key }],
  plan({ key, before }, { facts }) {
    const now = facts.get('sysctl', key);
    const value = known(before.value);
    if (value === undefined || value === now.value) return NOTHING;
    if (now.value === null) return { refused: `the kernel has no parameter ${key} any more` };
    return {
      changes: [{ field: 'value', before: now.value, after: value }],
      predicted: [{ kind: 'sysctl', key, value: { value } }],
      actions: [{ kind: 'setSysctl', key, value }],
    };
  },
};

/** An attribute below /sys. */
export const sysfsRestorer: Restorer<'sysfs'> = {
  fields: ['value'],
  rank: () => 600,
  reads: ({ key }) => [{ kind: 'sysfs', key }],
  plan({ key: path, before }, { facts }) {
    const now = facts.get('sysfs', path);
    const value = known(before.value);
    if (value === undefined || value === now.value) return NOTHING;
    if (now.value === null) return { refused: `the kernel has no attribute ${path} any more` };
    return {
      changes: [{ field: 'value', before: now.value, after: value }],
      predicted: [{ kind: 'sysfs', key: path, value: { value } }],
      actions: [{ kind: 'setSysfs', path, value }],
    };
  },
};

/** A module loaded or not; modules that came along with it stay. */
export const moduleRestorer: Restorer<'module'> = {
  fields: ['state'],
  rank: () => 50,
  reads: ({ key }) => [{ kind: 'module', key }],
  plan({ key: name, before }, { facts }) {
    if (known(before.state) === undefined) return NOTHING;
    const loaded = before.state === 'loaded' || before.state === 'builtin';
    const { state, uses, holders } = facts.get('module', name);
    const inUse = state === 'loaded' && !loaded && typeof uses === 'number' && uses > 0 && holders.length === 0;
    if (inUse) return { refused: `${name} cannot be unloaded: it is in use` };
    return planBy(() => kernelModule({ name, loaded, atBoot: null }), facts);
  },
};

/** A partition table: one that was written is not taken away again. */
export const diskRestorer: Restorer<'disk'> = {
  fields: ['label'],
  rank: () => 600,
  reads: ({ key }) => [{ kind: 'disk', key }],
  plan: ({ key, before }, { facts, irreversible }) =>
    facts.get('disk', key).label === before.label ? NOTHING : lost(irreversible ?? `the partition table of ${key} stays`),
};

/** A parameter of the kernel's command line, as the boot loader has it. Its files, if it has any, are paths of their own and come before. */
export const kernelParameterRestorer: Restorer<'kernelParameter'> = {
  fields: ['configured'],
  rank: () => 700,
  reads: ({ key }) => [{ kind: 'kernelParameter', key }],
  plan(former, restoring) {
    const now = restoring.facts.get('kernelParameter', former.key);
    switch (now.loader) {
      case 'grub.d':
        return madeFromFiles(former, { now, restoring, folder: parentOf(dropInPath('x')) });
      case 'grub.conf':
        return madeFromFiles(former, { now, restoring, folder: '/boot/grub' });
      case 'grubby':
        return byGrubby(former, now);
      case 'none':
        return { refused: 'no boot loader that drover knows keeps the kernel’s command line of this host' };
    }
  },
};

interface Found {
  readonly now: KernelParameterFact;
  readonly restoring: Restoring;
  /** Where the files are that say what the boot entries have. */
  readonly folder: string;
}

/** The entries follow the files: GRUB 2's are made anew, those of GRUB 0.97 are the file. */
function madeFromFiles(former: Former<'kernelParameter'>, { now, restoring: { actions }, folder }: Found): Brought {
  const isTouched = actions.some((action) => 'path' in action && action.path.startsWith(`${folder}/`));
  const part = entries(former, now);
  if (!isTouched) return part.changes.length === 0 ? NOTHING : lost(`no file of the boot loader that drover changed sets ${former.key}`);
  const isDone = now.loader === 'grub.conf' || actions.some(({ kind }) => kind === 'updateGrub');
  return { ...part, actions: isDone ? [] : [{ kind: 'updateGrub' }] };
}

function byGrubby(former: Former<'kernelParameter'>, now: KernelParameterFact): Brought {
  const { key, before } = former;
  const part = entries(former, now);
  if (part.changes.length === 0) return NOTHING;
  const [value = null, ...more] = before.configured;
  if (more.length > 0) return lost(`the boot entries differed in ${key}, and drover changes all of them alike`);
  const action: Action = grubbyAction({ [key]: value }, now.configured.some((each) => each !== null) ? [key] : []);
  return { ...part, actions: [action] };
}

type KernelParameterValue = Extract<Prediction, { kind: 'kernelParameter' }>['value'];

function entries({ key, before: { configured } }: Former<'kernelParameter'>, now: KernelParameterFact): Part {
  const value: KernelParameterValue = {
    loader: now.loader,
    configured: configured.length === 1 ? configured : ANY,
    effective: now.effective,
  };
  const isSame = JSON.stringify(configured) === JSON.stringify(now.configured);
  const shown = (values: KernelParameterFact['configured']): string | null =>
    values.length === 1 ? (values[0] ?? null) : values.map((each) => each ?? 'not in all').join(', ');
  return {
    changes: isSame ? [] : [{ field: 'configured', before: shown(now.configured), after: shown(configured) }],
    predicted: [{ kind: 'kernelParameter', key, value }],
    actions: [],
  };
}
