import type { FactView } from '../model/fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { checkPresence } from './account.ts';
import { type BootWish, bootReads, notEffective, planBootEntries } from './boot-entries.ts';
import { checkBootValue } from './kernel-arguments.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** Desired state of a parameter of the kernel's command line. */
export interface KernelParameterOptions extends StepOptions {
  /** Its name: `quiet`, `iommu`, or `ipmi_si.ports` for a parameter of a module. */
  readonly name: string;
  /** Its value: letters, digits and `_.,:=/@%+-`. Default: none (`quiet`). */
  readonly value?: string | number | undefined;
  /** Default `present`. */
  readonly state?: 'present' | 'absent' | undefined;
}

/**
 * A parameter of the kernel's command line in every boot entry: by a drop-in of /etc/default/grub.d and update-grub on Debian, by grubby on Red
 * Hat from 7, in /boot/grub/grub.conf on Red Hat 5 and 6. The running kernel has it after a reboot: the step notes it, a `reboot`
 * step does it. Refused where no boot loader is known, and where another file of GRUB sets it to something else. A parameter that is
 * meant to be there several times (`console`) is not for this step. Throws StepArgumentError for wrong arguments.
 */
export function kernelParameter(options: KernelParameterOptions): Step {
  const { name, state = 'present' } = options;
  if (typeof name !== 'string' || !/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name)) {
    throw new StepArgumentError(
      `kernelParameter: ${JSON.stringify(name)} is no name of a kernel parameter, such as quiet or ipmi_si.ports`,
    );
  }
  checkPresence('kernelParameter', state);
  if (state === 'absent' && options.value !== undefined) {
    throw new StepArgumentError(`kernelParameter: ${name} shall be absent, so it takes no value`);
  }
  const value = checkBootValue('kernelParameter', name, options.value ?? '');
  const wish: BootWish = { parameters: { [name]: state === 'present' ? value : null }, name };
  return makeStep(
    {
      kind: 'kernelParameter',
      subject: name,
      reads: bootReads(wish),
      wants: [{ field: 'configured', after: state === 'present' ? value : null }],
      plan: (facts) => planParameter(wish, facts),
    },
    options,
  );
}

function planParameter(wish: BootWish, facts: FactView): StepPlan {
  const part = planBootEntries(wish, facts);
  if ('result' in part) return part;
  const changes = part.changes.map((change) => (change.field === wish.name ? { ...change, field: 'configured' } : change));
  if (changes.length > 0) return { result: 'change', ...part, changes };
  const note = notEffective(wish.parameters, facts);
  return note === null ? { result: 'ok' } : { result: 'ok', note };
}
