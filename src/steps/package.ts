import { ANY, type PackageFact } from '../model/fact.ts';
import type { Change, Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { makeStep, StepArgumentError } from './step.ts';

/** Desired state of packages. */
export interface PackageOptions extends StepOptions {
  /** One package's name; on apt `name:architecture` too. */
  readonly name?: string | undefined;
  /** Several packages: one transaction. Give either `name` or `names`. */
  readonly names?: readonly string[] | undefined;
  /**
   * `present` (default), `absent` (configuration files stay), or `latest`: the newest version in the lists that the host has; they
   * are not fetched anew for it.
   */
  readonly state?: 'present' | 'absent' | 'latest' | undefined;
  /** Exactly this version, as the package manager writes it (`1.22.1-9`); only with one name and `present`. */
  readonly version?: string | undefined;
}

/**
 * Packages of the host's package manager (apt, dnf, yum, apk), all in one transaction. Exported as `pkg` because `package` is a reserved
 * word; the step's kind is `package`. A name that another package only `Provides` counts as absent: name the real package.
 * Throws StepArgumentError for wrong names or states.
 */
export function pkg(options: PackageOptions): Step {
  const names = namesOf(options);
  const { state = 'present', version } = options;
  checkState(state, { names, version });
  return makeStep(
    {
      kind: 'package',
      subject: names.join(','),
      reads: names.map((key) => ({ kind: 'package', key, ...(state === 'latest' ? { candidate: true } : {}) })),
      wants: names.map((name) => ({ field: fieldOf(name, names), after: state === 'absent' ? null : (version ?? wanted(state)) })),
      plan: (facts) =>
        merge(names.map((name) => planOne({ name, field: fieldOf(name, names), state, version }, facts.get('package', name)))),
    },
    options,
  );
}

const NAME = /^[A-Za-z0-9][A-Za-z0-9+._-]*(:[a-z0-9-]+)?$/;
const VERSION = /^[A-Za-z0-9][A-Za-z0-9.+:~_^-]*$/;

function namesOf({ name, names }: PackageOptions): readonly string[] {
  if ((name === undefined) === (names === undefined)) throw new StepArgumentError('package: give either name or names');
  const all = names ?? [name ?? ''];
  if (all.length === 0) throw new StepArgumentError('package: names is empty');
  const wrong = all.find((each) => typeof each !== 'string' || !NAME.test(each));
  if (wrong !== undefined) throw new StepArgumentError(`package: ${JSON.stringify(wrong)} is not the name of a package`);
  return [...new Set(all)];
}

function checkState(state: string, { names, version }: { names: readonly string[]; version: string | undefined }): void {
  if (!['present', 'absent', 'latest'].includes(state)) {
    throw new StepArgumentError(`package: state ${JSON.stringify(state)} must be 'present', 'absent' or 'latest'`);
  }
  if (version === undefined) return;
  if (names.length > 1 || state !== 'present') throw new StepArgumentError(`package: version goes with one name and state 'present' only`);
  if (!VERSION.test(version)) throw new StepArgumentError(`package: ${JSON.stringify(version)} is not a version`);
}

function fieldOf(name: string, names: readonly string[]): string {
  return names.length === 1 ? 'version' : `version of ${name}`;
}

function wanted(state: 'present' | 'absent' | 'latest'): string {
  return state === 'latest' ? 'newest' : 'installed';
}

interface Wanted {
  readonly name: string;
  readonly field: string;
  readonly state: 'present' | 'absent' | 'latest';
  readonly version: string | undefined;
}

interface Part {
  readonly change: Change;
  readonly value: Extract<Prediction, { kind: 'package' }>['value'];
  readonly name: string;
  /** Which list of the action it goes to, and as what. */
  readonly list: 'install' | 'upgrade' | 'remove';
  readonly spec: string;
}

function planOne(wish: Wanted, now: PackageFact): Part | null {
  if (wish.state !== 'absent') return planPresent(wish, now);
  if (!now.installed) return null;
  const { name, field } = wish;
  const value: Part['value'] = { installed: false, version: null, candidate: ANY };
  return { name, change: { field, before: now.version, after: null }, value, list: 'remove', spec: name };
}

function planPresent({ name, field, state, version }: Wanted, now: PackageFact): Part | null {
  const target = version ?? (state === 'latest' ? now.candidate : null);
  if (now.installed && (target === null || target === now.version)) return null;
  return {
    name,
    change: { field, before: now.version, after: target ?? 'installed' },
    value: { installed: true, version: target ?? ANY, candidate: ANY },
    list: now.installed && state === 'latest' ? 'upgrade' : 'install',
    spec: target === null ? name : `${name}=${target}`,
  };
}

function merge(all: readonly (Part | null)[]): StepPlan {
  const parts = all.filter((part) => part !== null);
  if (parts.length === 0) return { result: 'ok' };
  const specs = (list: Part['list']): string[] => parts.filter((part) => part.list === list).map((part) => part.spec);
  const lost = parts.filter((part) => part.change.before !== null).map((part) => `${part.name} ${String(part.change.before)}`);
  return {
    result: 'change',
    changes: parts.map((part) => part.change),
    predicted: parts.map(({ name, value }) => ({ kind: 'package', key: name, value })),
    actions: [{ kind: 'packages', install: specs('install'), upgrade: specs('upgrade'), remove: specs('remove') }],
    // New packages bring things; the files and units of replaced and removed ones change or go as well.
    cloud: lost.length === 0 ? 'package' : 'everything',
    ...(lost.length === 0 ? {} : { irreversible: `the package sources may no longer have ${lost.join(', ')}` }),
  };
}
