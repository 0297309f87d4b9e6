import fc from 'fast-check';
import type { Amount, Order, RolloutSettings, Spread } from '../../src/model/rollout.ts';
import type { Step } from '../../src/model/step.ts';
import { set } from './rig.ts';
import { type Around, type PlainPlan, playbook, type RolloutPlan } from './rollout-rig.ts';
import type { Fault } from './simulated-machine.ts';

/** One host of a generated fleet. */
export interface SimulatedHost {
  readonly zone: 'x' | 'y' | 'z';
  readonly rack: 1 | 2 | 3 | 4;
  /** It is already as the play wants it. */
  readonly isDone: boolean;
  /** An earlier run has left it out of service. */
  readonly isOwed: boolean;
  readonly balancers: readonly ('lb0' | 'lb1')[];
}

/** A fleet, what is to be done with it, and what goes wrong. */
export interface Simulation {
  readonly hosts: readonly SimulatedHost[];
  readonly settings: RolloutSettings;
  readonly firstBatch: number;
  readonly forks: number;
  /** Which roles are around a host: on itself, and whether they wait. */
  readonly around: { readonly own: boolean; readonly waits: boolean };
  readonly gate: 'none' | 'own' | 'lb0';
  readonly once: { readonly on: 'none' | 'own' | 'db'; readonly per: 'run' | 'batch' };
  /** Steps of the roles that must wait for one another. */
  readonly barriers: boolean;
  /** A play before it. */
  readonly earlier: 'none' | 'plain' | 'rollout';
  readonly faults: readonly Fault[];
  /** A host for which no gate opens, and whether what was done to it cannot be undone. */
  readonly sick: { readonly host: number; readonly isStuck: boolean } | null;
  /** Index of a machine that another run has. */
  readonly locked: number | null;
  /** After how many events the operator stops the run, and after how many more at once. */
  readonly stop: { readonly soft: number; readonly hard: number | null } | null;
  readonly choices: number;
}

const DELEGATES = ['lb0', 'lb1', 'db'];

/** Names of all machines: the hosts, then those that are visited for them. */
export function machinesOf({ hosts }: Simulation): string[] {
  return [...hosts.map((_, index) => `h${index}`), ...DELEGATES];
}

/** Where a host is in service: values of machines that `before` sets to `out` and `after` to `in`. */
export function marksOf(simulation: Simulation, name: string): { readonly machine: string; readonly key: string }[] {
  const own = simulation.around.own ? [{ machine: name, key: `serving ${name}` }] : [];
  const balancers = simulation.hosts[Number(name.slice(1))]?.balancers ?? [];
  return [...own, ...balancers.map((machine) => ({ machine, key: `weight ${name}` }))];
}

/** What a machine holds before the run. */
export function valuesOf(simulation: Simulation, machine: string): Record<string, string> {
  const values: Record<string, string> = {};
  for (const [index, { isDone, isOwed }] of simulation.hosts.entries()) {
    const name = `h${index}`;
    if (name === machine) Object.assign(values, { version: isDone ? '2' : '1', config: isDone ? '2' : '1', earlier: isDone ? '2' : '1' });
    for (const mark of marksOf(simulation, name)) if (mark.machine === machine) values[mark.key] = isOwed ? 'out' : 'in';
  }
  return values;
}

/** A step that waits until something holds; nothing is changed by it. */
export function wait(what: string): Step {
  const action = { kind: 'waitFor', what, check: 'true', intervalMs: 1, deadlineMs: 1_000, times: 1 } as const;
  const changes = [{ field: 'wait', before: null, after: what }];
  const plan: Step['plan'] = () => ({ result: 'change', changes, predicted: [], actions: [action] });
  return { kind: 'wait', subject: what, notify: [], reads: [{ kind: 'guard', key: `${what}=yes` }], fresh: true, wants: [], plan };
}

/** A handler: it does something whenever it is asked. */
const RESTART: Step = {
  ...set('restarted', 'yes'),
  plan: () => ({
    result: 'change',
    changes: [{ field: 'restarted', before: null, after: 'yes' }],
    predicted: [],
    actions: [{ kind: 'setSysctl', key: 'restarted', value: 'yes' }],
  }),
};

/** The playbook of a simulation. */
export function playbookOf(simulation: Simulation): ReturnType<typeof playbook> {
  const { earlier } = simulation;
  if (earlier === 'none') return playbook([mainPlan(simulation)]);
  const first: PlainPlan | RolloutPlan =
    earlier === 'plain'
      ? { plain: () => [set('earlier', '2')] }
      : { ...mainPlan(simulation), steps: () => [set('earlier', '2')], handlers: {}, firstBatch: 0 };
  return playbook([first, { ...mainPlan(simulation), ...(earlier === 'rollout' ? { owed: [] } : {}) }]);
}

function mainPlan(simulation: Simulation): RolloutPlan {
  const { hosts, settings, firstBatch, gate, once, barriers } = simulation;
  const cloud = barriers ? 'everything' : 'nothing';
  return {
    settings,
    firstBatch,
    hosts: Object.fromEntries(hosts.map(({ zone, rack }, index) => [`h${index}`, { zone, rack: String(rack) }])),
    owed: hosts.flatMap(({ isOwed }, index) => (isOwed ? [`h${index}`] : [])),
    steps: () => [set('version', '2', { notify: ['restart'], cloud }), set('config', '2')],
    handlers: { restart: RESTART },
    before: (name) => aroundOf(simulation, name, 'out'),
    after: (name) => aroundOf(simulation, name, 'in'),
    gate: (name) =>
      gate === 'none' ? [] : [{ ...(gate === 'own' ? {} : { on: gate }), steps: [wait(`gate ${name}`), set(`checked ${name}`, 'yes')] }],
    once: () =>
      once.on === 'none' ? [] : [{ ...(once.on === 'own' ? {} : { on: once.on }), per: once.per, steps: [set('migrated', 'yes')] }],
  };
}

function aroundOf(simulation: Simulation, name: string, value: 'in' | 'out'): Around[] {
  const { waits } = simulation.around;
  return marksOf(simulation, name).map(({ machine, key }) => {
    const change = set(key, value);
    const drained = waits ? [wait(`drained ${name}`)] : [];
    const steps = value === 'out' ? [change, ...drained] : [...drained, change];
    return machine === name ? { steps } : { on: machine, steps };
  });
}

const amounts: fc.Arbitrary<Amount> = fc.oneof(
  fc.integer({ min: 1, max: 4 }).map((count): Amount => ({ kind: 'count', count })),
  fc.integer({ min: 1, max: 100 }).map((percent): Amount => ({ kind: 'percent', percent })),
);
const limits: fc.Arbitrary<Amount | null> = fc.oneof(
  fc.constant(null),
  fc.nat(3).map((count): Amount => ({ kind: 'count', count })),
  fc.integer({ min: 1, max: 60 }).map((percent): Amount => ({ kind: 'percent', percent })),
);
const orders: fc.Arbitrary<Order> = fc.oneof(
  fc.constantFrom<Order>({ kind: 'inventory' }, { kind: 'reverse' }),
  fc.nat(99).map((seed): Order => ({ kind: 'shuffle', seed: String(seed) })),
);
const spreads: fc.Arbitrary<Spread[]> = fc.uniqueArray(
  fc.record({ by: fc.constantFrom('zone', 'rack'), max: fc.integer({ min: 1, max: 3 }) }),
  { selector: ({ by }) => by },
);
const settings: fc.Arbitrary<RolloutSettings> = fc.record({
  serial: fc.array(amounts, { maxLength: 3 }),
  order: orders,
  spread: spreads,
  maxFailures: fc.record({ batch: limits, total: limits }),
  onFailure: fc.constantFrom('putBack', 'leaveOut'),
  soakMs: fc.constantFrom(0, 1_000),
  onGateFailure: fc.constantFrom('halt', 'undo'),
});
const rarely = fc.integer({ min: 0, max: 9 }).map((number) => number === 9);
const host: fc.Arbitrary<SimulatedHost> = fc.record({
  zone: fc.constantFrom('x', 'y', 'z'),
  rack: fc.constantFrom(1, 2, 3, 4),
  isDone: rarely,
  isOwed: rarely,
  balancers: fc.constantFrom<SimulatedHost['balancers'][]>(['lb0'], ['lb0'], ['lb1'], ['lb0', 'lb1'], []),
});
const effects = fc.constantFrom<Fault['effect'][]>('fails', 'hangs', 'lost', 'lost-when-done', 'down');
const faultsOf = (machines: number): fc.Arbitrary<Fault> =>
  fc.oneof(
    {
      weight: 1,
      arbitrary: fc.record({ machine: fc.nat(machines - 1), at: fc.constant<Fault['at']>('connect'), nth: fc.nat(3), effect: effects }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ machine: fc.nat(machines - 1), at: fc.constant<Fault['at']>('read'), nth: fc.nat(12), effect: effects }),
    },
    {
      weight: 3,
      arbitrary: fc.record({ machine: fc.nat(machines - 1), at: fc.constant<Fault['at']>('action'), nth: fc.nat(8), effect: effects }),
    },
  );

/** Any fleet of 1 to 12 hosts with any trouble. */
export const simulations: fc.Arbitrary<Simulation> = fc.array(host, { minLength: 1, maxLength: 12, size: 'max' }).chain((hosts) => {
  const machines = hosts.length + DELEGATES.length;
  return fc.record({
    hosts: fc.constant(hosts),
    settings,
    firstBatch: fc.constantFrom(0, 0, 0, 1, 2),
    forks: fc.integer({ min: 1, max: 12 }),
    around: fc.record({ own: fc.boolean(), waits: fc.boolean() }),
    gate: fc.constantFrom('none', 'own', 'lb0'),
    once: fc.record({ on: fc.constantFrom('none', 'none', 'own', 'db'), per: fc.constantFrom('run', 'batch') }),
    barriers: fc.boolean(),
    earlier: fc.constantFrom('none', 'none', 'none', 'plain', 'rollout'),
    faults: fc.array(faultsOf(machines), { maxLength: 5 }),
    sick: fc.option(fc.record({ host: fc.nat(hosts.length - 1), isStuck: fc.boolean() }), { freq: 3 }),
    locked: fc.option(fc.nat(machines - 1), { freq: 8 }),
    stop: fc.option(fc.record({ soft: fc.nat(150), hard: fc.option(fc.nat(15)) }), { freq: 3 }),
    choices: fc.nat(0x7fff_ffff),
  });
});
