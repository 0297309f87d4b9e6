import type { Host } from '../../model/host.ts';
import type { HostPlay } from '../../model/ports.ts';
import type { Visit } from '../../model/rollout-task.ts';
import type { StepRecord, VisitedHost } from '../../model/run.ts';
import { HostSession } from '../host-session.ts';
import { carryOut, INTERRUPTED, type Trouble } from '../pass.ts';
import { type PreparedVisits, prepareVisits, type RunContext } from '../prepare.ts';
import { troubleOutcome } from '../trouble.ts';
import type { Unit } from '../units.ts';
import { Mutex } from './mutex.ts';

/** What became of a visit. */
export interface VisitResult {
  readonly records: readonly StepRecord[];
  readonly trouble: Trouble | null;
}

/** The hosts on which something is done for others, each with one connection for all its visits. */
export class Visitors {
  readonly #context: RunContext;
  readonly #visitors = new Map<string, Visitor | Trouble>();

  constructor(context: RunContext) {
    this.#context = context;
  }

  /** Connects to a host and plans what is to be done there, in order. Never rejects: trouble becomes that of the visits. */
  async prepare(host: Host, plays: readonly HostPlay[]): Promise<void> {
    try {
      const prepared = await prepareVisits({ host, plays }, this.#context);
      this.#visitors.set(host.name, prepared.refused === null ? new Visitor(host, prepared, this.#context) : await refuse(prepared));
    } catch (error) {
      const { outcome, error: found } = troubleOutcome(error);
      this.#visitors.set(host.name, { outcome: outcome === 'unreachable' || outcome === 'skipped' ? outcome : 'failed', error: found });
    }
  }

  /** What was planned for a visit, or why it cannot be made. */
  planned({ host, play }: Visit): VisitResult {
    const visitor = this.#visitors.get(host.name);
    if (visitor === undefined) return { records: [], trouble: null };
    if (!(visitor instanceof Visitor)) return { records: [], trouble: visitor };
    const records = visitor.prepared.planned.get(play.index) ?? [];
    const failed = records.find(({ outcome }) => outcome === 'failed');
    const message = `${failed?.id}: ${failed?.reason}`;
    return { records, trouble: failed === undefined ? null : { outcome: 'failed', error: { phase: 'plan', message, hint: null } } };
  }

  /** Makes a visit for a host. Never rejects. */
  async visit({ host, play }: Visit, forHost: string, context: RunContext): Promise<VisitResult> {
    const visitor = this.#visitors.get(host.name);
    if (visitor === undefined) throw new Error(`visits to ${host.name} were not prepared`);
    return visitor instanceof Visitor ? visitor.visit(play.index, forHost, context) : { records: [], trouble: visitor };
  }

  /** Figures of the connections, by host. */
  visited(): readonly VisitedHost[] {
    return [...this.#visitors].flatMap(([name, visitor]) =>
      visitor instanceof Visitor ? [{ name, connection: visitor.session.stats() }] : [],
    );
  }

  /** Gives all hosts back and ends the connections. */
  async end(): Promise<void> {
    await Promise.all(
      [...this.#visitors.values()].map(async (each) => (each instanceof Visitor ? each.session.end(this.#context) : undefined)),
    );
  }
}

async function refuse({ connection, refused }: PreparedVisits): Promise<Trouble> {
  await connection.close();
  return { outcome: 'failed', error: refused ?? { phase: 'plan', message: 'refused', hint: null } };
}

/** Actions during which others may change the same host. */
const WAITS: ReadonlySet<string> = new Set(['waitFor', 'pause']);

class Visitor {
  readonly prepared: PreparedVisits;
  readonly session: HostSession;
  readonly #mutex = new Mutex();
  #visits = 0;

  constructor(host: Host, prepared: PreparedVisits, context: RunContext) {
    this.prepared = prepared;
    this.session = new HostSession(host, prepared.connection);
    this.session.inherit(prepared.items, prepared.bases, context);
  }

  /** One visit at a time reads and writes; while one only waits, others may. */
  async visit(index: number, forHost: string, context: RunContext): Promise<VisitResult> {
    const items = this.prepared.items.filter((item) => item.play === index);
    const world = context.ports.plan.makeWorld(this.prepared.bases, new Map());
    this.#visits += 1;
    let leave: (() => void) | null = await this.#mutex.enter();
    const beforeWrite = async (units: readonly Unit[]): Promise<boolean> => {
      if (units.every(({ action }) => WAITS.has(action.kind))) {
        leave?.();
        leave = null;
        return false;
      }
      if (leave !== null) return false;
      leave = await this.#mutex.enter();
      await this.session.reread(items, world, context);
      return true;
    };
    try {
      await this.session.reread(items, world, context);
      const { records, trouble, isComplete } = await carryOut({
        session: this.session,
        world,
        items,
        planned: this.prepared.planned.get(index) ?? [],
        known: items,
        context,
        about: { host: forHost, on: this.session.host.name },
        isLast: false,
        beforeWrite,
      });
      return { records, trouble: trouble ?? (isComplete ? null : INTERRUPTED) };
    } catch (error) {
      const { outcome, error: found } = troubleOutcome(error);
      return { records: [], trouble: { outcome: outcome === 'unreachable' || outcome === 'skipped' ? outcome : 'failed', error: found } };
    } finally {
      // While it is given back nobody may take it anew.
      leave ??= await this.#mutex.enter();
      this.#visits -= 1;
      if (this.#visits === 0) await this.session.release(context);
      leave();
    }
  }
}
