import type { Emit } from '../model/event.ts';
import type { Host } from '../model/host.ts';
import { type Decided, type HostStep, levelOf, type World } from '../model/planned.ts';
import type { HostPlay, Ports } from '../model/ports.ts';
import type { HostError, HostRecord, StepRecord } from '../model/run.ts';
import type { Connection, Reader } from '../model/transport.ts';
import { readFirst, readRest } from './read-facts.ts';
import { troubleOutcome } from './trouble.ts';

/** A host with the plays it takes part in. */
export interface HostTask {
  readonly host: Host;
  readonly plays: readonly HostPlay[];
}

/** A host that was read and planned. */
export interface Prepared {
  readonly host: Host;
  readonly connection: Connection;
  /** All steps of all plays, in order. */
  readonly items: readonly HostStep[];
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
  readonly ports: Ports;
  readonly emit: Emit;
  readonly stop: StopSignals;
}

/** `soft`: finish the running step, begin nothing more. `hard`: drop the connections now. */
export interface StopSignals {
  readonly soft: AbortSignal;
  readonly hard: AbortSignal;
}

/** Connects to a host, reads it and plans all its plays: at most two round trips a privilege level. Never rejects. */
export async function prepareHost(task: HostTask, context: RunContext): Promise<Prepared | HostRecord> {
  const { host } = task;
  const startedMs = context.ports.now();
  let connection: Connection | null = null;
  try {
    context.emit({ kind: 'host-phase', host: host.name, phase: 'connecting' });
    connection = await context.ports.transport.connect(host, context.stop.soft);
    context.emit({ kind: 'host-phase', host: host.name, phase: 'reading' });
    const prepared = await planHost(task, connection, context);
    context.emit({ kind: 'host-phase', host: host.name, phase: 'planned' });
    return { host, connection, startedMs, ...prepared };
  } catch (error) {
    await connection?.close();
    return {
      name: host.name,
      ...troubleOutcome(error),
      connection: connection?.stats() ?? null,
      durationMs: Math.round(context.ports.now() - startedMs),
      steps: [],
    };
  }
}

async function planHost(
  { host, plays }: HostTask,
  connection: Reader,
  { ports, stop }: RunContext,
): Promise<Pick<Prepared, 'items' | 'world' | 'planned' | 'refused'>> {
  const reading = { host, reader: readOnly(connection), ports, signal: stop.soft };
  const first = await readFirst(
    plays.map((play) => play.become),
    reading,
  );
  const { bases } = first;
  const items = plays.flatMap((play) => {
    const base = bases.get(levelOf(play.become));
    return base === undefined ? [] : ports.plan.assemblePlay(play, host, base);
  });
  const facts = await readRest(items, first, reading);
  const decided = ports.plan.foldAll(items, ports.plan.makeWorld(bases, facts));
  const refusal = decided.find((each) => each.decision.kind === 'refused');
  return {
    items,
    world: ports.plan.makeWorld(bases, facts),
    planned: decided.map((each) => heldBack(ports.plan.planRecord(each), refusal)),
    refused: refusal === undefined ? null : refusalError(refusal),
  };
}

/** A session without `write`: whatever planning does, it cannot send actions. */
function readOnly(connection: Reader): Reader {
  return { read: (script, options) => connection.read(script, options) };
}

/** Where the plan refuses a step nothing is carried out on the host: its other changes are held back and say so. */
function heldBack(record: StepRecord, refusal: Decided | undefined): StepRecord {
  if (refusal === undefined || record.outcome !== 'changed') return record;
  return { ...record, outcome: 'skipped', progress: 'not-started', reason: `not started: ${refusal.item.id} is refused` };
}

function refusalError({ item, decision }: Decided): HostError {
  const reason = decision.kind === 'refused' ? decision.reason : '';
  return { phase: 'plan', message: `${item.id}: ${reason}`, hint: null };
}
