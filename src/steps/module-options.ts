import type { FactView } from '../model/fact.ts';
import type { Step, StepOptions, StepPlan } from '../model/step.ts';
import { type BootWish, bootReads, dropInPath, notEffective, type Part, planBootEntries } from './boot-entries.ts';
import { checkBootValue, checkModule } from './kernel-arguments.ts';
import { type ModprobeWish, modprobeReads, planModprobe } from './modprobe-file.ts';
import { refuse } from './regular-file.ts';
import { checkPath, makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired parameters of a kernel module. */
export interface ModuleOptionsOptions extends StepOptions {
  /** The module's name; `-` and `_` are the same. */
  readonly module: string;
  /** Its parameters (`modinfo -p`), values of letters, digits and `_.,:=/@%+-`; null: not set. Others are left alone. */
  readonly options: Readonly<Record<string, string | number | null>>;
  /**
   * Where they are kept: `modprobe` (modprobe.d(5)), `cmdline` (`MODULE.NAME=VALUE` on the kernel's command line, which a module
   * reads, too), or `auto` (default): `cmdline` where the module is built into the kernel, which never reads modprobe.d, else `modprobe`.
   */
  readonly placement?: 'auto' | 'modprobe' | 'cmdline' | undefined;
  /** The file of modprobe.d. Default `/etc/modprobe.d/drover-MODULE.conf`; on Red Hat 5 `/etc/modprobe.conf`. */
  readonly file?: string | undefined;
}

/**
 * Parameters that a kernel module gets when it is loaded, or built in at boot. Refused where the kernel does not have the module, and where
 * another file of modprobe.d or the command line sets one of them to something else: drover does not edit files that it was not told of.
 * A loaded module keeps its parameters until it is loaded again. Throws StepArgumentError for wrong arguments.
 */
export function moduleOptions(options: ModuleOptionsOptions): Step {
  const desired = desiredOf(options);
  const { module } = desired;
  return makeStep(
    {
      kind: 'moduleOptions',
      subject: module,
      reads: [
        { kind: 'module', key: module },
        ...(desired.placement === 'modprobe' ? [] : bootReads(desired.boot)),
        ...(desired.placement === 'cmdline' ? [] : modprobeReads(desired.modprobe)),
      ],
      wants: wanted(desired.modprobe.parameters),
      plan: (facts) => planOptions(desired, facts),
    },
    options,
  );
}

interface Desired {
  readonly module: string;
  readonly placement: 'auto' | 'modprobe' | 'cmdline';
  readonly boot: BootWish;
  readonly modprobe: ModprobeWish;
}

function desiredOf({ module: name, options, placement = 'auto', file }: ModuleOptionsOptions): Desired {
  const module = checkModule('moduleOptions', name);
  if (!['auto', 'modprobe', 'cmdline'].includes(placement)) {
    throw new StepArgumentError(`moduleOptions: placement ${JSON.stringify(placement)} must be 'auto', 'modprobe' or 'cmdline'`);
  }
  const parameters = checkParameters(module, options);
  const onBoot = Object.entries(parameters).map(([key, value]): [string, string | null] => [`${module}.${key}`, value]);
  return {
    module,
    placement,
    boot: { parameters: Object.fromEntries(onBoot), name: module },
    modprobe: { module, parameters, file: file === undefined ? undefined : checkFile(file) },
  };
}

function checkFile(file: string): string {
  const path = checkPath('moduleOptions', file);
  if (path === '/etc/modprobe.conf' || path.endsWith('.conf')) return path;
  throw new StepArgumentError(`moduleOptions: ${path} must end in .conf, or it is not read (modprobe.d(5))`);
}

function checkParameters(module: string, options: unknown): Record<string, string | null> {
  const entries = typeof options === 'object' && options !== null ? Object.entries(options) : [];
  if (entries.length === 0) throw new StepArgumentError(`moduleOptions: say at least one parameter of ${module} in options`);
  return Object.fromEntries(
    entries.map(([name, value]) => {
      if (!/^[A-Za-z0-9_]+$/.test(name)) throw new StepArgumentError(`moduleOptions: ${JSON.stringify(name)} is no name of a parameter`);
      return [name, value === null ? null : checkBootValue('moduleOptions', `${module}.${name}`, value)];
    }),
  );
}

function planOptions(desired: Desired, facts: FactView): StepPlan {
  const { module, placement } = desired;
  const { state } = facts.get('module', module);
  if (state === 'absent') return refuse(`the running kernel has no module ${module}`);
  if (placement === 'modprobe' && state === 'builtin') {
    return refuse(`${module} is built into the kernel, which never reads modprobe.d; say placement: 'auto' or 'cmdline'`);
  }
  const onBoot = placement === 'cmdline' || state === 'builtin';
  const part = onBoot ? planBootEntries(desired.boot, facts) : planInModprobe(desired, facts);
  if ('result' in part) return part;
  if (part.changes.length > 0) return { result: 'change', ...part };
  const note = onBoot ? notEffective(desired.boot.parameters, facts) : null;
  return note === null ? { result: 'ok' } : { result: 'ok', note };
}

function planInModprobe({ placement, boot, modprobe }: Desired, facts: FactView): Part | StepPlan {
  const winner = placement === 'auto' ? onCommandLine(boot, facts) : null;
  return winner === null ? planModprobe(modprobe, facts) : refuse(winner);
}

/** A parameter of the command line counts for modules, too (modprobe(8)), and comes after modprobe.d: why it is in the way; null: it is not. */
function onCommandLine({ parameters, name }: BootWish, facts: FactView): string | null {
  for (const [key, value] of Object.entries(parameters)) {
    const { configured, effective } = facts.get('kernelParameter', key);
    const other = [effective, ...configured].find((each) => each !== null && each !== value);
    if (other === undefined) continue;
    return `the kernel's command line sets ${key}=${other}, which counts more than modprobe.d; say placement: 'cmdline' (${dropInPath(name)} on Debian), or remove it there`;
  }
  return null;
}
