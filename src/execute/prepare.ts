import type { Emit } from '../model/event.ts';
import type { BaseFacts, FactState } from '../model/fact.ts';
import type { Host } from '../model/host.ts';
import type { Decided, HostStep, Inspect, PlannedHost, World } from '../model/planned.ts';
import { becomesOf, type HostPlay, type Ports } from '../model/ports.ts';
import type { HostError, HostRecord, StepRecord } from '../model/run.ts';
import type { Connection, Reader } from '../model/transport.ts';
import { awaitEndedRuns } from './ended-runs.ts';
import { withOwnGuards } from './own-guards.ts';
import { readFirst, readRest } from './read-facts.ts';
import { troubleOutcome } from './trouble.ts';

/** The phase of hosts that are not what a saved plan was made on. */
export const MOVED = 'moved';

/** Why nothing is begun on such a host. */
export const NOT_AS_PLANNED = 'the host is not what the plan was made on';

/** A host with the plays it takes part in. */
export interface HostTask {
  readonly host: Host;
  readonly plays: readonly HostPlay[];
  /** Steps that an earlier run, which this one goes on with, has finished: of these a reboot is not made again. */
  readonly finished?: ReadonlySet<string>;
}

/** A host that was read and planned. */
export interface Prepared {
  readonly host: Host;
  readonly connection: Connection;
  /** All steps of all plays, in order. */
  readonly items: readonly HostStep[];
  /** These, and those that do not count: what is done around a play that changes nothing. */
  readonly made: readonly HostStep[];
  /** The facts as they were read; the plan was folded over a copy. */
  readonly world: World;
  readonly planned: readonly StepRecord[];
  readonly startedMs: number;
  /** Why nothing may be carried out here; null when the plan stands. */
  readonly refused: HostError | null;
}

/** What preparing and carrying out share. */
export interface RunContext {
  /** The run's id. */
  readonly run: string;
  /** Who runs drover, and where: `name@machine`. */
  readonly owner: string;
  /** Runs that have ended and that this one goes on with: it takes over what they hold on hosts. Default: none. */
  readonly instead?: readonly string[];
  readonly ports: Ports;
  /** When the run began, by the clock of the ports. */
  readonly beganMs: number;
  readonly emit: Emit;
  readonly stop: StopSignals;
  /** Looks at every host that was planned, and may refuse it. Default: refuses none. */
  readonly inspect?: Inspect | undefined;
  /** Aborted when the rollout is halted: the running action is finished, nothing more of the host's roles is begun. */
  readonly halt?: AbortSignal;
}

/** `soft`: finish the running step, begin nothing more. `hard`: drop the connections now. */
export interface StopSignals {
  readonly soft: AbortSignal;
  readonly hard: AbortSignal;
}

/** Which of its plays and visits a host takes part in, once it is known what would change there. */
export interface Turns {
  /** The play that a visit belongs to; null for plays themselves. */
  playOf(visit: number): number | null;
  /** True where the host is to be put back into service whatever else there is to do. */
  isOwed(play: number, host: string): boolean;
}

const NO_TURNS: Turns = { playOf: () => null, isOwed: () => false };

/** Connects to a host, reads it and plans all its plays: at most two round trips a privilege level. Never rejects. */
export async function prepareHost(task: HostTask, context: RunContext, turns: Turns = NO_TURNS): Promise<Prepared | HostRecord> {
  const { host } = task;
  const startedMs = context.ports.now();
  let connection: Connection | null = null;
  try {
    context.emit({ kind: 'host-phase', host: host.name, phase: 'connecting' });
    connection = await context.ports.transport.connect(host, context.stop.soft);
    context.emit({ kind: 'host-phase', host: host.name, phase: 'reading' });
    const prepared = await planHost(await readHost(task, connection, context), { task, context, turns });
    context.emit({ kind: 'host-phase', host: host.name, phase: 'planned' });
    return { host, connection, startedMs, ...prepared };
  } catch (error) {
    await connection?.close();
    return {
      name: host.name,
      ...troubleOutcome(error),
      connection: connection?.stats() ?? null,
      startedMs: Math.round(startedMs - context.beganMs),
      durationMs: Math.round(context.ports.now() - startedMs),
      steps: [],
    };
  }
}

/** A host that is visited for others: what was planned for each visit, by its index. */
export interface PreparedVisits {
  readonly connection: Connection;
  readonly items: readonly HostStep[];
  readonly bases: ReadonlyMap<string, BaseFacts>;
  readonly planned: ReadonlyMap<number, readonly StepRecord[]>;
  /** Why nothing is to be done there; null where something may. */
  readonly refused: HostError | null;
}

/** Connects to a host and plans visits to it in their order, each on what those before it leave. Rejects where it cannot be reached or read. */
export async function prepareVisits(task: HostTask, context: RunContext): Promise<PreparedVisits> {
  const connection = await context.ports.transport.connect(task.host, context.stop.soft);
  try {
    const { items, bases, facts } = await readHost(task, connection, context);
    const { plan } = context.ports;
    const decided = plan.foldAll(items, plan.makeWorld(bases, facts));
    const planned = new Map<number, StepRecord[]>(task.plays.map(({ index }) => [index, []]));
    for (const each of decided) planned.get(each.item.play)?.push({ ...plan.planRecord(each), on: task.host.name });
    const refused = context.inspect?.({ host: task.host.name, isVisited: true, bases, facts, items, decided }) ?? null;
    return { connection, items, bases, planned, refused };
  } catch (error) {
    await connection.close();
    throw error;
  }
}

/** What was read of a host for its steps. */
interface Read {
  readonly items: readonly HostStep[];
  readonly bases: ReadonlyMap<string, BaseFacts>;
  readonly facts: ReadonlyMap<string, FactState>;
}

async function readHost({ host, plays, finished }: HostTask, connection: Reader, context: RunContext): Promise<Read> {
  const { run, owner, instead = [], ports, stop } = context;
  const reading = { host, reader: readOnly(connection), ports, signal: stop.soft };
  const levels = plays.flatMap(becomesOf);
  await awaitEndedRuns(levels, reading, { run, owner, instead });
  const first = await readFirst(levels, reading);
  const { bases } = first;
  const assembled = plays.flatMap((play) => ports.plan.assemblePlay(play, host, bases));
  const items = withOwnGuards(assembled.map((item) => (isOver(item, finished) ? withoutReboot(item) : item)));
  return { items, bases, facts: await readRest(items, first, reading) };
}

/** A reboot of the interrupted run that this one goes on with. */
function isOver({ id, step }: HostStep, finished: ReadonlySet<string> | undefined): boolean {
  return step.kind === 'reboot' && finished?.has(id) === true;
}

function withoutReboot(item: HostStep): HostStep {
  const note = 'the host was rebooted before the run was interrupted';
  return { ...item, step: { ...item.step, reads: [], plan: () => ({ result: 'ok', note }) } };
}

interface Planning {
  readonly task: HostTask;
  readonly context: RunContext;
  readonly turns: Turns;
}

function planHost(read: Read, { task, context, turns }: Planning): Pick<Prepared, 'items' | 'made' | 'world' | 'planned' | 'refused'> {
  const { plan } = context.ports;
  const { bases, facts } = read;
  const items = itemsOfTurns(read, { task, context, turns });
  const decided = plan.foldAll(items, plan.makeWorld(bases, facts));
  const { why, refused } = refusalOf(decided, { ...read, host: task.host.name, isVisited: false, decided }, context);
  return {
    items,
    made: read.items,
    world: plan.makeWorld(bases, facts),
    planned: decided.map((each) => heldBack(plan.planRecord(each), why)),
    refused,
  };
}

interface Refusal {
  /** What the other steps of the host wait for in vain; null where they may be begun. */
  readonly why: string | null;
  readonly refused: HostError | null;
}

function refusalOf(decided: readonly Decided[], planned: PlannedHost, { inspect }: RunContext): Refusal {
  const error = inspect?.(planned) ?? null;
  if (error !== null) return { why: NOT_AS_PLANNED, refused: error };
  const refusal = decided.find((each) => each.decision.kind === 'refused');
  return refusal === undefined ? { why: null, refused: null } : { why: `${refusal.item.id} is refused`, refused: refusalError(refusal) };
}

/** The steps of the plays, and what is done around those that would change something. */
function itemsOfTurns({ items, bases, facts }: Read, { task, context, turns }: Planning): readonly HostStep[] {
  if (items.every(({ part }) => part === 'roles')) return items;
  const { plan } = context.ports;
  const own = items.filter(({ part }) => part === 'roles');
  const changing = plan.foldAll(own, plan.makeWorld(bases, facts)).filter((each) => plan.planRecord(each).outcome === 'changed');
  const plays = new Set(changing.map(({ item }) => item.play));
  return items.filter(({ play, part }) => {
    const owner = turns.playOf(play);
    if (owner === null) return true;
    // What is done once is decided when its batch is known: like a visit to another host.
    if (part === 'once') return false;
    return plays.has(owner) || (part !== 'before' && turns.isOwed(owner, task.host.name));
  });
}

/** A session without `write`: whatever planning does, it cannot send actions. */
function readOnly(connection: Reader): Reader {
  return { read: (script, options) => connection.read(script, options) };
}

/** Where the plan refuses a step nothing is carried out on the host: its other changes are held back and say so. */
function heldBack(record: StepRecord, why: string | null): StepRecord {
  if (why === null || record.outcome !== 'changed') return record;
  return { ...record, outcome: 'skipped', progress: 'not-started', reason: `not started: ${why}` };
}

function refusalError({ item, decision }: Decided): HostError {
  const reason = decision.kind === 'refused' ? decision.reason : '';
  return { phase: 'plan', message: `${item.id}: ${reason}`, hint: null };
}

/** True for a host that was read and planned; other hosts are over. */
export function isPrepared(host: Prepared | HostRecord): host is Prepared {
  return 'items' in host;
}

/** True where something is to be carried out on the host. */
export function wouldChange(host: Prepared): boolean {
  return host.refused === null && host.planned.some((step) => step.outcome === 'changed');
}
