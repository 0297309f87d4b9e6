import { z } from 'zod';
import type { HostTask } from './execute/prepare.ts';
import type { Journal } from './journal.ts';
import type { BaseFacts } from './model/fact.ts';
import { factId } from './model/fact.ts';
import type { Become, Host } from './model/host.ts';
import { type HostStep, levelOf } from './model/planned.ts';
import { becomesOf, type HostPlay, type Undoable } from './model/ports.ts';
import type { Role } from './model/role.ts';
import type { PlayTask, RolloutTask } from './model/rollout-task.ts';
import type { Run, UndoFact } from './model/run.ts';
import type { Step } from './model/step.ts';
import { assemblePlay } from './plan/assemble.ts';
import { eachFactOnce, undoSteps, whereItCan } from './plan/undo.ts';
import type { Project } from './project.ts';
import { ownPlays } from './project-rollout.ts';
import { CHANGED_SINCE } from './steps/restore/changed-since.ts';
import { restore } from './steps/restore.ts';
import type { UndoEntry } from './undo-log.ts';

/** What is to be undone: a run's log and journal, in the project as it is now. */
export interface UndoRequest {
  readonly entries: readonly UndoEntry[];
  readonly events: Journal['events'];
  /** null where the playbook cannot be loaded any more: nobody knows its handlers and rollouts. */
  readonly project: Pick<Project, 'tasks' | 'plays'> | null;
  /** All hosts that the inventory has, and those that are made up for visits. */
  readonly hosts: readonly Host[];
  /** Names of the hosts to undo; null: all of the run. */
  readonly only: readonly string[] | null;
  /** Puts back also what somebody has changed since. */
  readonly isOverwriting: boolean;
  /** Is told of handlers that are notified and that nobody knows any more, while hosts are planned. */
  readonly warn: (sentence: string) => void;
}

/** An undo as a run of its own: plays in reverse order, each with the rollout that it has. */
export interface UndoWork {
  readonly tasks: readonly HostTask[];
  readonly plays: readonly PlayTask[];
  /** The steps of a play of the undo on a host; null for other plays. */
  assemble(play: HostPlay, host: Host, bases: ReadonlyMap<string, BaseFacts>): HostStep[] | null;
  /** Hosts that the run changed and that the inventory does not have any more. */
  readonly missing: readonly string[];
  /** True where the project has not the rollout that a play of the run may have had. */
  readonly lacksPlays: readonly string[];
}

/** Indexes of what was done around hosts begin here, behind all plays and visits. */
const AROUND = 1_000_000_000;

/** Hosts that a log says were changed, each once, in the order in which they were. */
export function changedHosts(entries: readonly UndoEntry[]): readonly string[] {
  return [...new Set(entries.map(({ host }) => host))];
}

/** How many steps of an undo leave something alone because somebody has changed it since the run. */
export function countLeftAlone({ hosts }: Run): number {
  const isLeft = (text: unknown): boolean => typeof text === 'string' && text.includes(CHANGED_SINCE);
  const all = hosts.flatMap(({ steps }) => steps);
  return all.filter(({ reason, changes }) => isLeft(reason) || changes.some(({ after }) => isLeft(after))).length;
}

/** Makes the work that puts back what a run did. Contacts nothing. */
export function undoWork(request: UndoRequest): UndoWork {
  const { entries, hosts, only, project } = request;
  const named = new Map(hosts.map((host) => [host.name, host]));
  const wanted = changedHosts(entries).filter((name) => only === null || only.includes(name));
  const slots = new Map(
    wanted.map((name) => [
      name,
      slotsOf(
        entries.filter(({ host }) => host === name),
        request,
      ),
    ]),
  );
  const plays = playsOf([...slots.values()].flat(), project);
  const tasks = hosts.flatMap((host) => {
    const own = slots.get(host.name) ?? [];
    return own.length === 0 ? [] : [taskOf(host, own, plays)];
  });
  const told = new Set<string>();
  return {
    tasks,
    plays,
    missing: wanted.filter((name) => !named.has(name)),
    lacksPlays: [
      ...new Set([...slots.values()].flat().flatMap(({ isAround, source, name }) => (isAround || source !== null ? [] : [name]))),
    ],
    assemble: (play, host, bases) => {
      const slot = slots.get(host.name)?.find(({ index }) => index === play.index);
      return slot === undefined ? null : stepsOf(slot, { host, bases, tell: tellOnce(told, request.warn) });
    },
  };
}

/** What one play did on a host, or one visit to it. */
interface Slot {
  readonly index: number;
  readonly name: string;
  readonly isAround: boolean;
  /** The play or visit as the project has it: it knows the handlers. null: the project has it no more. */
  readonly source: HostPlay | null;
  readonly done: readonly Undoable[];
}

/** The plays and visits of a host, last first. */
function slotsOf(entries: readonly UndoEntry[], { events, project, isOverwriting }: UndoRequest): readonly Slot[] {
  const begun = new Set(events.flatMap((event) => (event.kind === 'step-started' || event.kind === 'step-finished' ? [keyOf(event)] : [])));
  const known = isOverwriting ? null : knownValues(entries);
  const done = entries
    .filter(({ handler }) => handler === null)
    .map((entry) => undoableOf(entry, known, begun.has(keyOf({ ...entry, host: entry.for, on: onOf(entry), step: entry.id }))));
  const found = new Map<number, Slot>();
  for (const each of eachFactOnce(done)) {
    const { playName, role } = each.item;
    const { play, isAround } = originOf(each.item);
    const index = isAround ? AROUND + play : play;
    const sought = { host: entries[0]?.host ?? '', play, playName, role, isAround };
    const slot = found.get(index) ?? { index, name: playName, isAround, source: sourceOf(sought, project), done: [] };
    found.set(index, { ...slot, done: [...slot.done, each] });
  }
  return [...found.values()].reverse();
}

/** The play or visit that a step comes from, also where it was an undo itself. */
function originOf({ play, part }: Pick<HostStep, 'play' | 'part'>): { readonly play: number; readonly isAround: boolean } {
  if (play >= AROUND) return { play: play - AROUND, isAround: true };
  return { play, isAround: part !== 'roles' && part !== 'undo' };
}

function onOf({ host, for: of }: UndoEntry): string | null {
  return host === of ? null : host;
}

interface StepName {
  readonly host: string;
  readonly on: string | null;
  readonly part: string;
  readonly step: string;
}

function keyOf({ host, on, part, step }: StepName): string {
  return JSON.stringify([host, on, part, step]);
}

/** All values that a run found or made of each fact: what it has now is one of these, or somebody else's. */
function knownValues(entries: readonly UndoEntry[]): ReadonlyMap<string, NonNullable<UndoFact['known']>> {
  const known = new Map<string, NonNullable<UndoFact['known']>[number][]>();
  for (const { facts } of entries) {
    for (const fact of facts) {
      const values = known.get(factId(fact)) ?? [];
      known.set(factId(fact), [...values, fact.before, ...(fact.after === null ? [] : [fact.after])]);
    }
  }
  return known;
}

function undoableOf(entry: UndoEntry, known: ReturnType<typeof knownValues> | null, isBegun: boolean): Undoable {
  const { id, play, part, playName, role, handler, notifies, become, irreversible, lost } = entry;
  const reasons = [...(isBegun && irreversible !== null ? [irreversible] : []), ...lost];
  return {
    item: { id, play, part, playName, role, step: placeholder(entry), handler, notifies, become },
    undo: entry.facts.map(({ after: _after, ...fact }) => {
      const values = known?.get(factId(fact));
      return values === undefined ? fact : { ...fact, known: values };
    }),
    irreversible: reasons.length === 0 ? null : reasons.join('; '),
  };
}

/** The step that was carried out is only named. */
function placeholder({ kind, subject, secret }: UndoEntry): Step {
  return { kind, subject, notify: [], reads: [], wants: [], ...(secret ? { secret } : {}), plan: () => ({ result: 'ok' }) };
}

interface Sought {
  readonly host: string;
  readonly play: number;
  readonly playName: string;
  readonly role: string;
  readonly isAround: boolean;
}

function sourceOf({ host, play, playName, role, isAround }: Sought, project: UndoRequest['project']): HostPlay | null {
  if (project === null) return null;
  const own = project.tasks.filter((task) => task.host.name === host).flatMap(({ plays }) => plays.filter(({ part }) => part === 'roles'));
  const all = isAround ? visitsOf(project.plays) : own;
  return (
    all.find((each) => each.index === play && each.name === playName && (!isAround || each.roles.some((use) => use.role.name === role))) ??
    null
  );
}

function visitsOf(plays: readonly PlayTask[]): readonly HostPlay[] {
  return plays.flatMap(({ rollout }) =>
    [...(rollout?.visits.values() ?? [])].flatMap(({ once, before, after, gate }) =>
      [...once, ...before, ...after, ...gate].map(({ play }) => play),
    ),
  );
}

/** The plays of the run, last first; then what was done around hosts: where turns put it back themselves, nothing is left to do. */
function playsOf(slots: readonly Slot[], project: UndoRequest['project']): readonly PlayTask[] {
  const found = new Map(slots.map((slot) => [slot.index, slot]));
  const order = (a: Slot, b: Slot): number => Number(a.isAround) - Number(b.isAround) || b.index - a.index;
  return [...found.values()].sort(order).map(({ index, name, isAround, source }): PlayTask => {
    const play = isAround || source === null ? undefined : project?.plays.find((each) => each.index === index);
    return { index, name, rollout: play === undefined || play.rollout === null ? null : backwards(play.rollout) };
  });
}

/** Hosts are taken out and put back as for the run itself; what is done once is not done again. */
function backwards(rollout: RolloutTask): RolloutTask {
  return {
    ...rollout,
    settings: { ...rollout.settings, onGateFailure: 'halt' },
    visits: new Map([...rollout.visits].map(([host, visits]) => [host, { ...visits, once: [] }])),
    firstBatch: 0,
  };
}

function taskOf(host: Host, slots: readonly Slot[], plays: readonly PlayTask[]): HostTask {
  const own = plays.flatMap((play) => {
    const slot = slots.find(({ index }) => index === play.index);
    return slot === undefined ? [] : ownPlays(hostPlay(slot), host, play.rollout);
  });
  return { host, plays: own };
}

/** The rights of all that was done are needed, and those of the handlers. */
function hostPlay({ index, name, source, done }: Slot): HostPlay {
  const allow = source?.allow ?? { reboot: false, disconnect: false };
  const play: HostPlay = { index, part: 'roles', name, become: done[0]?.item.become ?? null, allow, roles: source?.roles ?? [] };
  const levels = new Set(becomesOf(play).map(levelOf));
  const others = new Map(done.map(({ item }): [string, Become | null] => [levelOf(item.become), item.become]));
  const missing = [...others].filter(([level]) => !levels.has(level)).map(([, become]) => ({ role: NOTHING, params: {}, become }));
  return {
    ...play,
    roles: [...play.roles.map((use) => ({ ...use, become: use.become === undefined ? (source?.become ?? null) : use.become })), ...missing],
  };
}

/** A role of no steps: it stands for the rights that steps need. */
const NOTHING: Role = {
  drover: 'role',
  name: 'undo',
  description: 'Needs rights and does nothing',
  platforms: 'any',
  params: z.unknown(),
  steps: () => ({ steps: [] }),
};

interface Assembling {
  readonly host: Host;
  readonly bases: ReadonlyMap<string, BaseFacts>;
  readonly tell: (handler: string) => void;
}

function stepsOf({ index, source, done }: Slot, { host, bases, tell }: Assembling): HostStep[] {
  const items = source === null ? [] : assemblePlay(source, host, bases);
  const known = new Set(items.map(({ handler }) => handler));
  for (const { item } of done) for (const handler of item.notifies) if (!known.has(handler)) tell(handler);
  return undoSteps(restore, done, { items, index }).map((item) => ({
    ...(item.handler === null ? sayingSo(whereItCan(item)) : item),
    part: 'roles',
  }));
}

/** What is refused cannot be undone, and the rest can. */
function sayingSo(item: HostStep): HostStep {
  const { step } = item;
  const prefix = 'cannot be undone: ';
  return {
    ...item,
    step: {
      ...step,
      plan: (facts) => {
        const plan = step.plan(facts);
        return plan.result === 'skipped' && !plan.reason.startsWith(prefix) ? { ...plan, reason: `${prefix}${plan.reason}` } : plan;
      },
    },
  };
}

function tellOnce(told: Set<string>, warn: UndoRequest['warn']): (handler: string) => void {
  return (handler) => {
    const name = handler.slice(handler.indexOf('/') + 1);
    if (told.has(name)) return;
    told.add(name);
    warn(`handler ${name}, which the run notified, is not known any more: see to it yourself`);
  };
}
