import type { Action } from '../model/action.ts';
import { ANY, type FactView } from '../model/fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import type { Part } from './boot-entries.ts';
import { checkModule } from './kernel-arguments.ts';
import { type BootFiles, bootFiles, loadedAtBoot, planAtBoot } from './module-at-boot.ts';
import { refuse } from './regular-file.ts';
import { makeStep, StepArgumentError, wanted } from './step.ts';

/** Desired state of a kernel module. */
export interface KernelModuleOptions extends StepOptions {
  /** Its name, not an alias; `-` and `_` are the same. */
  readonly name: string;
  /** Whether it is loaded now; built in counts as loaded. Default: true; null: left alone. */
  readonly loaded?: boolean | null | undefined;
  /**
   * Whether it is loaded at boot: by `/etc/modules-load.d/NAME.conf` (systemd, OpenRC), or `/etc/sysconfig/modules/NAME.modules` (Red Hat 5, 6).
   * Default: as `loaded`; null: left alone. False takes it out of that file only: the module may still be loaded for its device.
   */
  readonly atBoot?: boolean | null | undefined;
}

/**
 * A kernel module, loaded now and at boot, or not. Refused where the running kernel does not have it, where other modules hold one that shall
 * go, and where a blacklist would keep it from being loaded at boot. Its parameters: `moduleOptions`, before this step. Throws
 * StepArgumentError for wrong arguments.
 */
export function kernelModule(options: KernelModuleOptions): Step {
  const name = checkModule('kernelModule', options.name);
  const { loaded = true, atBoot = loaded } = options;
  const isWish = (value: unknown): boolean => value === null || typeof value === 'boolean';
  if (!isWish(loaded) || !isWish(atBoot) || (loaded === null && atBoot === null)) {
    throw new StepArgumentError(`kernelModule: loaded and atBoot of ${name} must be true or false, and at most one of them null`);
  }
  const desired: Desired = { name, loaded, atBoot, files: bootFiles(name) };
  return makeStep(
    {
      kind: 'kernelModule',
      subject: name,
      reads: [
        { kind: 'module', key: name },
        ...(atBoot === null ? [] : [{ kind: 'moduleConfig' as const, key: name }, ...desired.files.reads]),
      ],
      wants: wanted({ loaded: loaded ?? undefined, atBoot: atBoot ?? undefined }),
      plan: (facts) => planModule(desired, facts),
    },
    options,
  );
}

interface Desired {
  readonly name: string;
  readonly loaded: boolean | null;
  readonly atBoot: boolean | null;
  readonly files: BootFiles;
}

function planModule(desired: Desired, facts: FactView): StepPlan {
  const now = facts.get('module', desired.name);
  if (now.state === 'absent' && (desired.loaded === true || desired.atBoot === true))
    return refuse(`the running kernel has no module ${desired.name}`);
  const live = planLive(desired, facts);
  if ('result' in live) return live;
  const boot = planBoot(desired, facts);
  if ('result' in boot) return boot;
  const changes = [...live.changes, ...boot.changes];
  if (changes.length === 0) return { result: 'ok' };
  const predicted = [...live.predicted, ...boot.predicted];
  // A module that is loaded brings devices and parameters that were not there.
  const cloud = live.actions.some(({ kind }) => kind === 'loadModule') ? 'package' : 'nothing';
  return { result: 'change', changes, predicted, actions: [...boot.actions, ...live.actions], cloud };
}

const NOTHING: Part = { changes: [], predicted: [], actions: [] };

function planLive({ name, loaded }: Desired, facts: FactView): Part | StepPlan {
  const { state, holders } = facts.get('module', name);
  const isLoaded = state === 'loaded' || state === 'builtin';
  if (loaded === null || isLoaded === loaded) return NOTHING;
  if (state === 'builtin') return refuse(`${name} is built into the kernel and cannot be unloaded`);
  if (Array.isArray(holders) && holders.length > 0) return refuse(`${name} cannot be unloaded: it is used by ${holders.join(', ')}`);
  const changes: Change[] = [{ field: 'loaded', before: isLoaded, after: loaded }];
  const action: Action = { kind: loaded ? 'loadModule' : 'unloadModule', name };
  const predicted: Prediction[] = loaded
    ? [{ kind: 'module', key: name, value: { state: 'loaded', holders: ANY, uses: ANY } }]
    : [{ kind: 'module', key: name, value: { state: 'available', holders: [], uses: null } }];
  return { changes, predicted, actions: [action] };
}

function planBoot({ name, atBoot, files }: Desired, facts: FactView): Part | StepPlan {
  if (atBoot === null) return NOTHING;
  // What is built in is there at boot; a line for it does no harm.
  if (atBoot && facts.get('module', name).state === 'builtin') return NOTHING;
  const { blacklistedBy } = facts.get('moduleConfig', name);
  if (atBoot && blacklistedBy !== null && loadedAtBoot(facts.base) === 'modules-load') {
    return refuse(`${blacklistedBy} blacklists ${name}, so it would not be loaded at boot; remove the line there`);
  }
  return planAtBoot(files, atBoot, facts);
}
