import type { Work } from './fingerprint.ts';
import type { Journal, JournalEvent, Wish } from './journal.ts';
import type { PlayTask, RolloutTask } from './model/rollout-task.ts';
import type { HostOutcome } from './model/run.ts';

/** What is left of a run. */
export interface Left {
  /** By host: indexes of the plays that are to be carried out. */
  readonly plays: ReadonlyMap<string, ReadonlySet<number>>;
  /** By play: hosts that were taken out of service and not put back, or whose gate was not seen to open; of those with work left. */
  readonly owed: ReadonlyMap<number, ReadonlySet<string>>;
  /** By play: hosts that failed out of service or could not be reached, and that this run leaves alone. */
  readonly out: ReadonlyMap<number, ReadonlySet<string>>;
  /** By play: index into `serial` of the batch to go on with. */
  readonly firstBatch: ReadonlyMap<number, number>;
  /** Plays in which a host was begun: what is done once for the run is done. */
  readonly begun: ReadonlySet<number>;
  /** By host: ids of the steps of its roles that were finished, changed, in a turn that did not come to its end. */
  readonly finished: ReadonlyMap<string, ReadonlySet<string>>;
  /** Hosts of the run that are done, and those that failed. */
  readonly done: readonly string[];
  readonly failed: readonly string[];
}

/**
 * What a run and those that went on with it have left. `journals`: all of them, oldest first; the scope is that of the run named `of`: a retry of
 * failed hosts that is itself resumed stays with those hosts.
 */
export function whatIsLeft(
  { tasks, plays }: Work,
  journals: readonly Journal[],
  { of, wish }: { readonly of: string; readonly wish: Wish },
): Left {
  const history = new History(plays);
  for (const journal of journals) history.add(journal);
  const scope = new Set(journals.find(({ header }) => header.id === of)?.header.hosts);
  const left = new Map<string, ReadonlySet<number>>();
  const done: string[] = [];
  for (const { host, plays: own } of tasks.filter((task) => scope.has(task.host.name))) {
    const { name } = host;
    const open = own.flatMap(({ index, part }) => (part !== 'roles' || history.isDone(index, name) ? [] : [index]));
    if (open.length === 0) done.push(name);
    else if (history.hasFailed(name) === (wish === 'retry-failed')) left.set(name, new Set(open));
  }
  const outOf = (index: number, wanted: (host: string) => boolean): ReadonlySet<string> => new Set(history.out(index).filter(wanted));
  const lost = (index: number): readonly string[] =>
    tasks
      .filter(({ plays: own }) => own.some((play) => play.index === index))
      .flatMap(({ host: { name } }) => (history.isLost(name) ? [name] : []));
  return {
    plays: left,
    owed: new Map(plays.map(({ index }) => [index, outOf(index, (host) => left.get(host)?.has(index) === true)])),
    out: new Map(plays.map(({ index }) => [index, new Set([...history.out(index), ...lost(index)].filter((host) => !left.has(host)))])),
    firstBatch: history.sizes,
    begun: history.begun,
    finished: new Map([...left.keys()].flatMap((host) => history.finishedOn(host))),
    done,
    failed: tasks.map(({ host }) => host.name).filter((name) => scope.has(name) && history.hasFailed(name)),
  };
}

/** The part of the work that is left. The hosts of rollouts stay complete: shares are shares of all. */
export function workLeft<W extends Work>(work: W, left: Left): W {
  const owners = ownersOf(work.plays);
  const tasks = work.tasks.flatMap((task) => {
    const plays = task.plays.filter(({ index }) => left.plays.get(task.host.name)?.has(owners.get(index) ?? index) === true);
    const finished = left.finished.get(task.host.name);
    return plays.length === 0 ? [] : [{ ...task, plays, ...(finished === undefined ? {} : { finished }) }];
  });
  const plays = work.plays.map((play): PlayTask => {
    if (play.rollout === null) return play;
    const [owed, out] = [left.owed.get(play.index) ?? new Set<string>(), left.out.get(play.index) ?? new Set<string>()];
    const visits = left.begun.has(play.index) ? withoutRuns(play.rollout.visits) : play.rollout.visits;
    return { ...play, rollout: { ...play.rollout, visits, owed, out, firstBatch: left.firstBatch.get(play.index) ?? 0 } };
  });
  return { ...work, tasks, plays };
}

/** Without what is done once for the run. */
function withoutRuns(visits: RolloutTask['visits']): RolloutTask['visits'] {
  return new Map([...visits].map(([host, own]) => [host, { ...own, once: own.once.filter(({ per }) => per === 'batch') }]));
}

/** The plays that visits belong to. */
function ownersOf(plays: readonly PlayTask[]): ReadonlyMap<number, number> {
  const visits = plays.flatMap(({ index, rollout }) =>
    [...(rollout?.visits.values() ?? [])].flatMap(({ once, before, after, gate }) =>
      [...once, ...before, ...after, ...gate].map((visit) => [visit.play.index, index] as const),
    ),
  );
  return new Map(visits);
}

/** A host in one play. */
interface Turn {
  done: boolean;
  out: boolean;
}

/** What journals tell, folded event by event. */
class History {
  readonly sizes = new Map<number, number>();
  readonly begun = new Set<number>();
  readonly #gated: ReadonlySet<number>;
  readonly #turns = new Map<number, Map<string, Turn>>();
  readonly #failed = new Set<string>();
  /** Hosts that could not be reached when they were last tried. */
  readonly #lost = new Set<string>();
  /** Hosts on which nothing was to do. */
  readonly #idle = new Set<string>();
  readonly #finished = new Map<string, Set<string>>();
  /** Of the run that is being read: hosts by play and batch, while its gate was not seen to open. */
  readonly #batches = new Map<string, readonly string[]>();
  /** True once that run was told to stop: what its gates say then is not worth much. */
  #isStopping = false;

  constructor(plays: readonly PlayTask[]) {
    const hasGate = ({ rollout }: PlayTask): boolean => [...(rollout?.visits.values() ?? [])].some(({ gate }) => gate.length > 0);
    this.#gated = new Set(plays.filter(hasGate).map(({ index }) => index));
  }

  add({ header, events }: Journal): void {
    // A run begins its hosts anew: what failed before counts no more.
    for (const host of header.hosts) {
      this.#failed.delete(host);
      this.#lost.delete(host);
    }
    this.#batches.clear();
    this.#isStopping = false;
    for (const event of events) this.#follow(event);
    for (const [key, hosts] of this.#batches) this.#leaveUngated(Number(key.split(' ')[0]), hosts);
  }

  hasFailed(host: string): boolean {
    return this.#failed.has(host);
  }

  isLost(host: string): boolean {
    return this.#lost.has(host);
  }

  isDone(play: number, host: string): boolean {
    return this.#turns.get(play)?.get(host)?.done ?? this.#idle.has(host);
  }

  out(play: number): readonly string[] {
    return [...(this.#turns.get(play) ?? [])].filter(([, turn]) => turn.out).map(([host]) => host);
  }

  finishedOn(host: string): readonly (readonly [string, ReadonlySet<string>])[] {
    const steps = this.#finished.get(host);
    return steps === undefined || steps.size === 0 ? [] : [[host, steps]];
  }

  #follow(event: JournalEvent): void {
    switch (event.kind) {
      case 'batch-started':
        this.sizes.set(event.play, event.size);
        this.#batches.set(`${event.play} ${event.batch}`, event.hosts);
        return;
      case 'turn-started':
        this.begun.add(event.play);
        this.#set(event.play, event.host, { done: false, out: true });
        return;
      case 'step-finished':
        if (event.part === 'roles' && event.on === null && event.outcome === 'changed') this.#finishedOf(event.host).add(event.step);
        return;
      case 'turn-finished':
        this.#endTurn(event);
        return;
      case 'gate-finished':
        this.#endGate(event);
        return;
      case 'host-finished':
        this.#endHost(event.host, event.outcome);
        return;
      case 'stopping':
        this.#isStopping = true;
        return;
      default:
        return;
    }
  }

  #endTurn({ play, host, outcome, done, out }: Extract<JournalEvent, { kind: 'turn-finished' }>): void {
    const failed = isFailure(outcome);
    if (failed) this.#failed.add(host);
    this.#set(play, host, { done: done && !out && !failed, out });
    if (done && !failed) this.#finished.delete(host);
  }

  /** Behind a gate that did not open no host counts as done, and all of them as failed until the run says otherwise at their end. */
  #endGate({ play, batch, closed }: Extract<JournalEvent, { kind: 'gate-finished' }>): void {
    const key = `${play} ${batch}`;
    for (const host of closed ? (this.#batches.get(key) ?? []) : []) {
      this.#failed.add(host);
      const turn = this.#turns.get(play)?.get(host);
      if (turn !== undefined) turn.done = false;
    }
    if (closed || !this.#isStopping) this.#batches.delete(key);
  }

  #endHost(host: string, outcome: HostOutcome): void {
    if (isFailure(outcome)) this.#failed.add(host);
    else this.#failed.delete(host);
    if (outcome === 'unreachable') this.#lost.add(host);
    if (outcome === 'ok') this.#idle.add(host);
  }

  /** Nobody knows whether hosts serve whose gate was not seen to open: their `after` and their gate come again. */
  #leaveUngated(play: number, hosts: readonly string[]): void {
    if (!this.#gated.has(play)) return;
    for (const host of hosts) {
      const turn = this.#turns.get(play)?.get(host);
      if (turn?.done === true) Object.assign(turn, { done: false, out: true });
    }
  }

  #set(play: number, host: string, turn: Turn): void {
    const turns = this.#turns.get(play) ?? new Map<string, Turn>();
    this.#turns.set(play, turns.set(host, turn));
  }

  #finishedOf(host: string): Set<string> {
    const steps = this.#finished.get(host) ?? new Set<string>();
    this.#finished.set(host, steps);
    return steps;
  }
}

function isFailure(outcome: HostOutcome): boolean {
  return outcome === 'failed' || outcome === 'unreachable';
}
