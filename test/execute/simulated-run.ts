import type { RunEvent } from '../../src/model/event.ts';
import type { Amount } from '../../src/model/rollout.ts';
import type { Run } from '../../src/model/run.ts';
import { rig } from './rig.ts';
import { machinesOf, marksOf, playbookOf, type Simulation, valuesOf } from './simulated-fleet.ts';
import { type Fault, type Seen, SimulatedMachine, type Witness } from './simulated-machine.ts';
import { Schedule } from './simulation-schedule.ts';

/** What is written down of a run, in order: what machines saw, and what drover told. */
export type Entry = Seen | RunEvent | { readonly kind: 'out' | 'back' | 'stop-soft' | 'stop-hard'; readonly host: string };

/** A simulated run with everything that was seen of it. */
export interface Simulated {
  readonly simulation: Simulation;
  readonly plan: Run;
  readonly applied: Run;
  readonly log: readonly Entry[];
  /** What machines saw that must not be, at the time when it was. */
  readonly wrong: readonly string[];
  readonly machines: ReadonlyMap<string, SimulatedMachine>;
  readonly connected: readonly string[];
}

/** Runs a playbook over machines that do not exist. */
export async function simulate(simulation: Simulation): Promise<Simulated> {
  const schedule = new Schedule(simulation.choices);
  const watch = new Watch(simulation);
  const names = machinesOf(simulation);
  const machines = new Map(
    names.map((name, index) => {
      const faults = simulation.faults.filter(({ machine }) => machine === index);
      return [
        name,
        new SimulatedMachine(name, valuesOf(simulation, name), { faults, refused: refusedOn(simulation, name), schedule, witness: watch }),
      ];
    }),
  );
  watch.machines = machines;
  const locked = simulation.locked === null ? undefined : machines.get(names[simulation.locked] ?? '');
  if (locked !== undefined) locked.lockedBy = 'other';
  const { plays, options } = playbookOf(simulation);
  let events = 0;
  const bench = rig(Object.fromEntries(machines), {
    connect: ({ name }) => machines.get(name)?.connect(),
    onScript: async (name, script) => machines.get(name)?.reach(script.text, script.kind === 'read'),
    onEvent: (event) => {
      watch.log.push(event);
      watch.follow(event);
      events += 1;
      const { soft = null, hard = null } = simulation.stop ?? {};
      if (soft !== null && events > soft) stop('soft');
      if (soft !== null && hard !== null && events > soft + hard) stop('hard');
    },
    clock: { pause: (ms, signal) => pauseFor(ms, signal), now: () => Date.now() },
  });
  const stop = (how: 'soft' | 'hard'): void => {
    if (bench[how].signal.aborted) return;
    watch.log.push({ kind: `stop-${how}`, host: '' });
    bench[how].abort('SIGINT');
  };
  const { plan, applied } = await schedule.drive(bench.run(plays, { ...options, forks: simulation.forks }));
  return { simulation, plan, applied, log: watch.log, wrong: watch.wrong, machines, connected: bench.transport.connected };
}

/** No gate opens for a sick host, and what was done to it cannot be put back where it is stuck. */
function refusedOn({ sick }: Simulation, machine: string): string[] {
  if (sick === null) return [];
  const name = `h${sick.host}`;
  return [`checked ${name}=yes`, ...(sick.isStuck && machine === name ? ['version=1'] : [])];
}

function pauseFor(ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, ms);
    const end = (): void => {
      clearTimeout(timer);
      resolve();
    };
    if (signal.aborted) end();
    else signal.addEventListener('abort', end, { once: true });
  });
}

/** Looks at the machines while a run goes on, and says where too many hosts are out of service. */
class Watch implements Witness {
  readonly log: Entry[] = [];
  readonly wrong: string[] = [];
  machines: ReadonlyMap<string, SimulatedMachine> = new Map();
  readonly #simulation: Simulation;
  /** By host: the marks by which it is out of service. */
  readonly #out = new Map<string, Set<string>>();
  readonly #met = new Set<string>();
  readonly #unreached = new Set<string>();
  /** Hosts that were out when the batch began. */
  #before: ReadonlySet<string> = new Set();
  #declared = 0;

  constructor(simulation: Simulation) {
    this.#simulation = simulation;
    for (const [index, { isOwed }] of simulation.hosts.entries()) {
      const marks = marksOf(simulation, `h${index}`).map(({ machine, key }) => `${machine} ${key}`);
      this.#out.set(`h${index}`, new Set(isOwed ? marks : []));
    }
  }

  see(seen: Seen): void {
    this.log.push(seen);
    if (seen.kind !== 'set') return;
    const [what = '', host = ''] = seen.key.split(' ');
    const marks = this.#out.get(host);
    if (marks === undefined || (what !== 'weight' && what !== 'serving')) return;
    const wasOut = marks.size > 0;
    if (seen.value === 'out') marks.add(`${seen.machine} ${seen.key}`);
    else marks.delete(`${seen.machine} ${seen.key}`);
    if (marks.size > 0 === wasOut) return;
    this.log.push({ kind: wasOut ? 'back' : 'out', host });
    if (!wasOut) this.#judge(host);
  }

  reached(machine: string, isUp: boolean): void {
    if (isUp) this.#met.add(machine);
    if (isUp) this.#unreached.delete(machine);
    // A host that was read and planned may be worked on, though a second connection for what is done once on it was refused.
    else if (this.#declared > 0 || !this.#met.has(machine)) this.#unreached.add(machine);
  }

  collided(machine: string): void {
    this.wrong.push(`two scripts write on ${machine} at once`);
  }

  follow(event: RunEvent): void {
    if (event.kind === 'gate-started') this.#lookForVisitors();
    if (event.kind !== 'batch-started') return;
    this.#before = new Set(this.#outNow());
    const { serial } = this.#simulation.settings;
    const amount = serial[Math.min(event.size, serial.length - 1)];
    this.#declared = amount === undefined ? this.#simulation.hosts.length : hostsOf(amount, this.#simulation.hosts.length);
    if (event.hosts.length > this.#declared) this.wrong.push(`batch ${event.hosts.join(' ')} has more than ${this.#declared} hosts`);
  }

  /** Between a batch and its gate nobody is at a balancer. */
  #lookForVisitors(): void {
    const troubled = new Set(this.log.flatMap((entry) => (entry.kind === 'trouble' ? [entry.machine] : [])));
    for (const name of ['lb0', 'lb1'])
      if (!troubled.has(name) && this.machines.get(name)?.lockedBy === 'r') this.wrong.push(`${name} is kept while a batch soaks`);
  }

  #outNow(): string[] {
    return [...this.#out].filter(([, marks]) => marks.size > 0).map(([host]) => host);
  }

  /** A host has just gone out of service. */
  #judge(host: string): void {
    const out = this.#outNow();
    const inBatch = out.filter((name) => !this.#before.has(name));
    if (inBatch.length > this.#declared) this.wrong.push(`${inBatch.join(' ')} are out at once, ${this.#declared} may be`);
    const { spread } = this.#simulation.settings;
    for (const { by, max } of spread) {
      const domain = this.#valueOf(host, by);
      const gone = new Set([...out, ...this.#unreached].filter((name) => this.#valueOf(name, by) === domain));
      if (gone.size > max) this.wrong.push(`${[...gone].join(' ')} of ${by} ${domain} are out at once, ${max} may be`);
    }
  }

  #valueOf(host: string, by: string): unknown {
    const found = host.startsWith('h') ? this.#simulation.hosts[Number(host.slice(1))] : undefined;
    return by === 'zone' ? found?.zone : found?.rack;
  }
}

function hostsOf(amount: Amount, total: number): number {
  return amount.kind === 'count' ? amount.count : Math.max(1, Math.trunc((total * amount.percent) / 100));
}

/** A simulation in words, for the report of a failure. */
export function describeSimulation(simulation: Simulation): string {
  const machines = machinesOf(simulation);
  const fault = ({ machine, at, nth, effect }: Fault): string => `${machines[machine]}: ${at} ${nth} ${effect}`;
  const hosts = simulation.hosts.map(({ zone, rack, isDone, isOwed, balancers }, index) =>
    [`h${index}`, `zone ${zone}`, `rack ${rack}`, balancers.join('+'), isDone ? 'done' : '', isOwed ? 'owed' : '']
      .filter(Boolean)
      .join(' '),
  );
  const { hosts: _hosts, faults, locked, ...rest } = simulation;
  return [...hosts, ...faults.map(fault), `locked: ${locked === null ? 'none' : machines[locked]}`, JSON.stringify(rest)].join('\n');
}

/** An entry of the log in one line. */
export function line(entry: Entry): string {
  if (entry.kind === 'host-finished') return `host-finished ${entry.host.name} ${entry.host.outcome} ${entry.host.error?.message ?? ''}`;
  if (entry.kind === 'rollouts-planned')
    return `rollouts-planned ${entry.rollouts.map(({ batches }) => batches.map(({ hosts }) => hosts.join(' ')).join(' | ')).join(' / ')}`;
  const { kind, ...rest } = entry;
  return `${kind} ${JSON.stringify(rest)}`;
}
