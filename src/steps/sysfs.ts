import type { FactView } from '../model/fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { foldSpace } from '../shell/sysctl.ts';
import { refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError } from './step.ts';

/** Desired value of an attribute of the kernel's sysfs, now; that it has it after a reboot is the business of files. */
export interface SysfsOptions extends StepOptions {
  /** Its path below /sys, such as `/sys/class/misc/hw_random/rng_current`. */
  readonly path: string;
  /** One line; white space is folded. Of an attribute that prints its choices (`none [mq-deadline]`), one of them. */
  readonly value: string | number;
}

/** An attribute below /sys with this value, now. Refused where the kernel has no such attribute. Throws StepArgumentError for wrong arguments. */
export function sysfs(options: SysfsOptions): Step {
  const path = checkPath('sysfs', options.path);
  if (!path.startsWith('/sys/')) throw new StepArgumentError(`sysfs: path ${JSON.stringify(path)} must be below /sys`);
  if (/\n/.test(path)) throw new StepArgumentError(`sysfs: path ${JSON.stringify(path)} must be one line`);
  const value = checkValue(path, options.value);
  return makeStep(
    {
      kind: 'sysfs',
      subject: path,
      reads: [{ kind: 'sysfs', key: path }],
      wants: [{ field: 'value', after: value }],
      plan: (facts) => planSysfs(path, value, facts),
    },
    options,
  );
}

function checkValue(path: string, value: unknown): string {
  const text = typeof value === 'number' || typeof value === 'string' ? String(value) : '';
  if (foldSpace(text) === '' || /[\n\r\0]/.test(text)) {
    throw new StepArgumentError(`sysfs: value ${JSON.stringify(value)} of ${path} must be one line`);
  }
  return foldSpace(text);
}

function planSysfs(path: string, value: string, facts: FactView): StepPlan {
  const now = facts.get('sysfs', path);
  if (now.value === null) return refuse(`the kernel has no attribute ${path} (is its driver loaded, its device there?)`);
  if (now.value === value) return { result: 'ok' };
  const { choices } = now;
  if (Array.isArray(choices) && !choices.includes(value)) {
    return refuse(`${path} can be ${choices.join(', ')}, and not ${JSON.stringify(value)}`);
  }
  return {
    result: 'change',
    changes: [{ field: 'value', before: now.value, after: value }],
    predicted: [{ kind: 'sysfs', key: path, value: { value } }],
    actions: [{ kind: 'setSysfs', path, value }],
  };
}
