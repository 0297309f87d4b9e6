import type { Content } from '../model/content.ts';
import { ANY, type FactRequest, type FactView, type FileFact, type ServiceFact } from '../model/fact.ts';
import type { Prediction, Step, StepOptions, StepPlan } from '../model/step.ts';
import { contentOf } from './content.ts';
import type { ServiceValue } from './enablement.ts';
import { checkOwner } from './ownership.ts';
import { parentProblem } from './parent.ts';
import { planRegularFile, type RegularFile, refuse } from './regular-file.ts';
import { checkUnitName } from './service.ts';
import { checkMode, makeStep, StepArgumentError, wanted } from './step.ts';
import { renderUnit, type UnitSections, type UnitTraits, unitTraits } from './unit-file.ts';

/** Desired state of a unit file, or of a drop-in to one. */
export interface SystemdUnitOptions extends StepOptions {
  /** Unit name; without a type it is a `.service`. A template (`name@.service`) is fine here. */
  readonly name: string;
  /** The whole file. Give either content or sections. */
  readonly content?: string | undefined;
  /** The file as settings by section: `{ Service: { ExecStart: '/usr/bin/true', RemainAfterExit: true } }`. */
  readonly sections?: UnitSections | undefined;
  /** Name of a drop-in, without `.conf`: the file is then `NAME.d/DROPIN.conf`, and changes an existing unit. */
  readonly dropIn?: string | undefined;
  /** Octal digits. Default: left alone; `0644` for a new file. */
  readonly mode?: string | undefined;
  /** Default: left alone. */
  readonly owner?: string | undefined;
  /** Default: left alone. */
  readonly group?: string | undefined;
}

const FOLDER = '/etc/systemd/system';

/**
 * A unit file in /etc/systemd/system, read by systemd whenever it has changed (`daemon-reload`). It neither enables nor starts the unit,
 * and a running one goes on as it was: that is for `service`. Throws StepArgumentError for wrong arguments.
 */
export function systemdUnit(options: SystemdUnitOptions): Step {
  const desired = desiredOf(options);
  const { content, mode, owner, group } = desired.file;
  return makeStep(
    {
      kind: 'systemdUnit',
      subject: desired.dropIn === undefined ? desired.name : `${desired.name}.d/${desired.dropIn}.conf`,
      reads: readsOf(desired),
      wants: wanted({ content, mode, owner, group }),
      plan: (facts) => planUnit(desired, facts),
    },
    options,
  );
}

interface Desired {
  readonly name: string;
  readonly dropIn: string | undefined;
  readonly file: RegularFile & { readonly content: Content };
  readonly traits: UnitTraits;
  /** The folder of a drop-in, made where it is missing. */
  readonly folder: string | null;
}

function desiredOf({ name, content, sections, dropIn, mode, owner, group }: SystemdUnitOptions): Desired {
  const unit = checkUnitName('systemdUnit', name);
  checkOwner('systemdUnit', { owner, group });
  if ((content === undefined) === (sections === undefined)) {
    throw new StepArgumentError(`systemdUnit: give either content or sections of ${unit}`);
  }
  if (dropIn !== undefined && !/^[A-Za-z0-9][A-Za-z0-9:_.@-]*$/.test(dropIn)) {
    throw new StepArgumentError(`systemdUnit: ${JSON.stringify(dropIn)} is not the name of a drop-in`);
  }
  const text = content ?? renderUnit(sections ?? {});
  const folder = dropIn === undefined ? null : `${FOLDER}/${unit}.d`;
  const path = folder === null ? `${FOLDER}/${unit}` : `${folder}/${dropIn}.conf`;
  const rest = { mode: checkMode('systemdUnit', mode), owner, group, validate: undefined, link: 'refuse' as const };
  return { name: unit, dropIn, file: { path, content: contentOf(text), ...rest }, traits: unitTraits(text), folder };
}

const isTemplate = (name: string): boolean => /@\.[a-z]+$/.test(name);

function readsOf({ name, file, folder }: Desired): FactRequest[] {
  return [
    { kind: 'file', key: file.path, content: { unless: file.content.digest } },
    { kind: 'file', key: FOLDER },
    ...(folder === null ? [] : [{ kind: 'file' as const, key: folder }]),
    // systemd has nothing to say about a template itself.
    ...(isTemplate(name) ? [] : [{ kind: 'service' as const, key: name }]),
  ];
}

function planUnit(desired: Desired, facts: FactView): StepPlan {
  if (facts.base.init !== 'systemd') return refuse(`unit files need systemd, and this host has ${facts.base.init}`);
  const folder = planFolder(desired, facts);
  if (typeof folder === 'string') return refuse(folder);
  const file = planRegularFile(desired.file, { now: facts.get('file', desired.file.path), parent: folder.parent, base: facts.base });
  const now = isTemplate(desired.name) ? null : facts.get('service', desired.name);
  if (file.result === 'change') return withReload({ ...file, ...joined(folder, file) }, desired, now);
  if (file.result === 'refused' || now?.needsReload !== true) return file;
  return withReload({ result: 'change', changes: [], predicted: [], actions: [] }, desired, now);
}

type ChangePlan = Extract<StepPlan, { result: 'change' }>;

function joined(folder: Folder, file: ChangePlan): Pick<ChangePlan, 'predicted' | 'actions'> {
  return { predicted: [...folder.predicted, ...file.predicted], actions: [...folder.actions, ...file.actions] };
}

/** Adds what systemd has to read again, and what it will then say of the unit; `now` is null for a template. */
function withReload(plan: ChangePlan, desired: Desired, now: ServiceFact | null): ChangePlan {
  const stale = now?.needsReload === true;
  const rewritten = plan.changes.some((change) => change.field === 'content');
  if (!stale && !rewritten) return plan;
  const service: Prediction[] = now === null ? [] : [{ kind: 'service', key: desired.name, value: serviceAfter(desired, now, rewritten) }];
  return {
    ...plan,
    changes: [...plan.changes, ...(stale ? [{ field: 'needs reload', before: true, after: false }] : [])],
    predicted: [...plan.predicted, ...service],
    actions: [...plan.actions, { kind: 'daemonReload' }],
    // The instances of a new template are units that did not exist.
    ...(now === null ? { cloud: 'package' } : {}),
  };
}

interface Folder extends Pick<ChangePlan, 'predicted' | 'actions'> {
  /** What the file will be in. */
  readonly parent: FileFact;
}

/** The folder of the file, with a drop-in's made where it is missing; a text is the reason why it cannot be. */
function planFolder({ folder }: Desired, facts: FactView): Folder | string {
  const now = facts.get('file', folder ?? FOLDER);
  if (folder === null || now.type !== 'absent') return { parent: now, predicted: [], actions: [] };
  const problem = parentProblem(folder, facts.get('file', FOLDER));
  if (problem !== null) return problem;
  const { user: owner, group } = facts.base.as;
  const parent: FileFact = { type: 'directory', mode: '0755', owner, group };
  return {
    parent,
    predicted: [{ kind: 'file', key: folder, value: parent }],
    actions: [{ kind: 'makeDirectory', path: folder, parents: false, ownership: { mode: '0755', owner, group } }],
  };
}

/** The unit's fact after systemd has read the new file. Links that enable a unit stay when its file changes. */
function serviceAfter({ name, dropIn, traits }: Desired, now: ServiceFact, rewritten: boolean): ServiceValue {
  // systemd forgets the last invocation of what does not run.
  const same: ServiceValue = { ...now, invocation: now.active === 'active' ? now.invocation : ANY, needsReload: false };
  if (!rewritten) return same;
  if (dropIn !== undefined) return { ...same, ends: endsWith(traits, now) };
  const isLinked = /^(enabled|linked)/.test(now.enabled);
  const ends = name.endsWith('.service') && traits.type === 'oneshot' && traits.remainAfterExit !== true;
  return { ...same, load: 'loaded', enabled: isLinked ? now.enabled : traits.unlinked, ends };
}

/** A drop-in may say half of it. */
function endsWith({ type, remainAfterExit }: UnitTraits, now: ServiceFact): ServiceValue['ends'] {
  if (type === undefined && remainAfterExit === undefined) return now.ends;
  if (remainAfterExit === true || (type !== undefined && type !== 'oneshot')) return false;
  return ANY;
}
