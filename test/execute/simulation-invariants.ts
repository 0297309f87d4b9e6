import type { RunEvent } from '../../src/model/event.ts';
import type { Amount } from '../../src/model/rollout.ts';
import type { HostRecord } from '../../src/model/run.ts';
import { machinesOf, marksOf } from './simulated-fleet.ts';
import type { Entry, Simulated } from './simulated-run.ts';

/** Something that holds in every run, and where it does not. */
export interface Invariant {
  readonly name: string;
  readonly broken: (simulated: Simulated) => readonly string[];
}

type Told<K extends RunEvent['kind']> = Extract<RunEvent, { kind: K }>;

const told = <K extends RunEvent['kind']>(log: readonly Entry[], kind: K): Told<K>[] =>
  log.filter((entry): entry is Told<K> => entry.kind === kind);

const isFailed = ({ outcome }: Pick<HostRecord, 'outcome'>): boolean => outcome === 'failed' || outcome === 'unreachable';

/** Marks by which a host is out of service at the end, as the machines have them. */
export function marksOut({ simulation, machines }: Simulated, name: string): { machine: string; key: string }[] {
  return marksOf(simulation, name).filter(({ machine, key }) => machines.get(machine)?.values.get(key) === 'out');
}

/** Names of the hosts. */
export function hostsOf({ simulation }: Simulated): string[] {
  return simulation.hosts.map((_, index) => `h${index}`);
}

function borne(amount: Amount | null, total: number): number {
  if (amount === null) return Number.POSITIVE_INFINITY;
  return amount.kind === 'count' ? amount.count : Math.floor((total * amount.percent) / 100);
}

/** What holds in every run, whatever goes wrong. */
export const INVARIANTS: readonly Invariant[] = [
  { name: 'never too many are out of service, and nobody writes where another does', broken: ({ wrong }) => wrong },
  { name: 'every host is in the record once, and finished once', broken: accounted },
  { name: 'nothing is begun after the end of the rollout', broken: begunTooLate },
  { name: 'what was taken out is put back', broken: notPutBack },
  { name: 'what failed is named', broken: notNamed },
  { name: 'every host of a batch had its turn, or it is said why not', broken: withoutTurn },
  { name: 'what is said to be done is done', broken: notDone },
  { name: 'a host with nothing to do is left alone', broken: touched },
  { name: 'hosts are worked on and put back to what they were while they are out of service', broken: inService },
  { name: 'machines are given back and connections closed', broken: kept },
  { name: 'no notification is lost, and nothing is restarted twice', broken: restarts },
  { name: 'an undo brings back what was', broken: notUndone },
  { name: 'without trouble all succeeds', broken: unsuccessful },
];

function accounted(simulated: Simulated): string[] {
  const { applied, log } = simulated;
  const names = hostsOf(simulated);
  const recorded = applied.hosts.map(({ name }) => name);
  const finished = told(log, 'host-finished').map(({ host }) => host.name);
  return [
    ...(recorded.join() === names.join() ? [] : [`record of ${recorded.join(' ')}`]),
    ...(finished.sort().join() === [...names].sort().join() ? [] : [`finished: ${finished.join(' ')}`]),
    ...told(log, 'host-finished').flatMap(({ host }) => {
      const last = applied.hosts.find(({ name }) => name === host.name);
      return last?.outcome === host.outcome ? [] : [`${host.name} finished ${host.outcome}, and is ${last?.outcome} in the end`];
    }),
  ];
}

/** Counts failures on its own: nothing may begin once more have failed than are borne, a gate is closed, or the operator has stopped the run. */
function begunTooLate({ simulation, plan, log }: Simulated): string[] {
  const { maxFailures } = simulation.settings;
  const rolled = new Set(plan.rollouts.map(({ play }) => Number(play.slice('play '.length))));
  const failed = new Set(plan.hosts.filter(isFailed).map(({ name }) => name));
  const found: string[] = [];
  let [play, failedInBatch, batch]: [number, number, readonly string[]] = [-1, 0, []];
  let over: string | null = null;
  let undoing = false;
  const inTurn = new Set<string>();
  const isSpent = (): boolean =>
    failed.size > borne(maxFailures.total, simulation.hosts.length) ||
    (play !== -1 && failedInBatch > borne(maxFailures.batch, batch.length));
  const spend = (): void => {
    if (failed.size > borne(maxFailures.total, simulation.hosts.length)) over ??= 'the budget was spent';
    if (play !== -1 && failedInBatch > borne(maxFailures.batch, batch.length)) over ??= 'the budget of the batch was spent';
  };
  for (const entry of log) {
    if (entry.kind === 'batch-started') {
      if (entry.play !== play) over = over === 'the run was stopped' ? over : null;
      [play, failedInBatch, batch, undoing] = [entry.play, 0, entry.hosts, false];
      if (over !== null) found.push(`batch ${entry.batch} was begun after ${over}`);
      spend();
      if (over !== null && rolled.has(entry.play)) found.push(`batch ${entry.batch} was begun although ${over}`);
    } else if (entry.kind === 'turn-started') {
      inTurn.add(entry.host);
      if (!rolled.has(entry.play)) continue;
      if (!batch.includes(entry.host)) found.push(`${entry.host} was begun and is not in the batch`);
      if (over !== null && !undoing) found.push(`${entry.host} was begun after ${over}`);
    } else if (entry.kind === 'turn-finished') {
      inTurn.delete(entry.host);
      if (isFailed(entry) && !failed.has(entry.host)) {
        failed.add(entry.host);
        failedInBatch += 1;
      }
      if (rolled.has(entry.play)) spend();
    } else if (entry.kind === 'gate-finished' && entry.closed !== null) {
      over = 'the gate was closed';
      undoing = true;
    } else if (entry.kind === 'rollout-halted') {
      if (simulation.earlier !== 'rollout' && entry.reason.includes('budget is spent') && !isSpent())
        found.push(`the rollout was halted by ${failedInBatch} failures, and more are borne`);
    } else if (entry.kind === 'stop-soft') over = 'the run was stopped';
    else if (entry.kind === 'out' && !inTurn.has(entry.host)) found.push(`${entry.host} was taken out outside of its turn`);
  }
  return found;
}

/** Out at the end may be: after a hard stop, what failed where it is to be left out, and where `after` itself met with trouble. */
function notPutBack(simulated: Simulated): string[] {
  const { simulation, log, applied } = simulated;
  const isHard = log.some(({ kind }) => kind === 'stop-hard');
  const inRollout = ({ play }: { play: number }): boolean => simulation.earlier !== 'plain' || play > 0;
  return hostsOf(simulated).flatMap((name) => {
    const marks = marksOut(simulated, name);
    const turn = told(log, 'turn-finished').findLast((each) => each.host === name && inRollout(each));
    if (marks.length === 0)
      return turn?.out === true && !isHard && !wasInTrouble(simulated, name) ? [`${name} is in service, and is said to be out`] : [];
    const wentOut = log.findLastIndex((entry) => entry.kind === 'out' && entry.host === name);
    if (wentOut === -1 && !told(log, 'turn-started').some((each) => each.host === name && inRollout(each))) return [];
    const said = turn?.out === true ? [] : [`${name} is out of service, and nobody says so`];
    const record = applied.hosts.find((host) => host.name === name);
    const isLeft = simulation.settings.onFailure === 'leaveOut' && record !== undefined && isFailed(record);
    if (isHard || isLeft || metTrouble(simulated, name, wentOut)) return said;
    return [...said, `${name} is out of service`];
  });
}

function wasInTrouble(simulated: Simulated, name: string): boolean {
  return simulated.log.some((entry) => entry.kind === 'trouble' && entry.machine === name) || metTrouble(simulated, name, -1);
}

/** True where what puts a host back met with trouble behind an entry of the log. */
function metTrouble({ simulation, log }: Simulated, name: string, from: number): boolean {
  const machines = new Set(marksOf(simulation, name).map(({ machine }) => machine));
  const keys = [`weight ${name}`, `serving ${name}`, `drained ${name}`];
  return log.slice(from + 1).some((entry) => {
    if (entry.kind !== 'trouble' || !machines.has(entry.machine)) return false;
    if (entry.machine === name || entry.keys.length === 0) return true;
    return entry.keys.some((key) => keys.includes(key.replace('=yes', '')));
  });
}

function notNamed({ applied, log }: Simulated): string[] {
  const last = applied.rollouts.at(-1);
  const failed = applied.hosts.filter(isFailed).map(({ name }) => name);
  const doubles = applied.rollouts
    .filter(({ failed: all }) => new Set(all).size < all.length)
    .map(({ failed: all }) => `twice among ${all.join(' ')}`);
  const halted = new Set(told(log, 'rollout-halted').map(({ play }) => `play ${play}`));
  const unsaid = applied.rollouts
    .filter(({ play, halted: reason, batches }) => batches.length > 0 && (reason !== null) !== halted.has(play))
    .map(({ play, halted: reason }) => `${play} is halted by ${reason}, told was ${halted.has(play)}`);
  const isStopped = log.some(({ kind }) => kind === 'stop-soft');
  const expected = isStopped
    ? [130]
    : failed.length > 0
      ? [2, 4]
      : applied.rollouts.some((rollout) => rollout.halted !== null)
        ? [-1]
        : [0];
  return [
    ...([...(last?.failed ?? [])].sort().join() === failed.sort().join()
      ? []
      : [`failed: ${failed.join(' ')}; named: ${last?.failed.join(' ')}`]),
    ...doubles,
    ...unsaid,
    ...(expected.includes(applied.exitCode)
      ? []
      : [`exit code ${applied.exitCode}, ${applied.rollouts.map(({ halted: reason }) => reason).join()}`]),
  ];
}

function withoutTurn({ applied, log }: Simulated): string[] {
  return applied.rollouts.flatMap(({ play, batches }) =>
    batches.flatMap(({ hosts, state, reason }) => {
      const turns = log.filter(({ kind }) => kind === 'turn-started' || kind === 'turn-finished') as Told<
        'turn-started' | 'turn-finished'
      >[];
      const own = new Set(turns.filter((turn) => `play ${turn.play}` === play).map(({ host }) => host));
      const silent = hosts.filter((name) => !own.has(name) && (applied.hosts.find((host) => host.name === name)?.error ?? null) === null);
      return [
        ...silent.map((name) => `${name} had no turn, and nobody says why`),
        ...(state === 'planned' ? [`batch ${hosts.join(' ')} is still planned`] : []),
        ...((state === 'gate-failed') === (reason !== null) ? [] : [`batch ${hosts.join(' ')} is ${state}: ${reason}`]),
        ...(state === 'not-started' && hosts.some((name) => own.has(name))
          ? [`batch ${hosts.join(' ')} had turns, and is not started`]
          : []),
      ];
    }),
  );
}

function notDone({ applied }: Simulated): string[] {
  return applied.hosts.flatMap(({ name, outcome, steps }) => [
    ...steps
      .filter((step) => step.outcome === 'changed' && step.progress !== 'done')
      .map(({ id, progress }) => `${name}: ${id} is ${progress}`),
    ...(steps.some((step) => step.outcome === 'failed') && outcome !== 'failed' && outcome !== 'unreachable'
      ? [`${name} is ${outcome} with ${steps.find((step) => step.outcome === 'failed')?.id}`]
      : []),
  ]);
}

function touched({ simulation, log }: Simulated): string[] {
  const idle = simulation.hosts.flatMap(({ isDone, isOwed }, index) => (isDone && !isOwed ? [`h${index}`] : []));
  return log.flatMap((entry) => {
    if (entry.kind === 'turn-started' && simulation.earlier !== 'plain' && idle.includes(entry.host)) return [`${entry.host} had a turn`];
    return entry.kind === 'set' && idle.some((name) => entry.machine === name || entry.key.endsWith(` ${name}`)) ? [entry.key] : [];
  });
}

/** Follows the marks of hosts: while one of them says that the host is in service, its roles must not write. */
function inService({ simulation, log }: Simulated): string[] {
  const marks = new Map<string, string>();
  for (const [index, { isOwed }] of simulation.hosts.entries())
    for (const { machine, key } of marksOf(simulation, `h${index}`)) marks.set(`${machine} ${key}`, isOwed ? 'out' : 'in');
  return log.flatMap((entry) => {
    if (entry.kind !== 'set') return [];
    marks.set(`${entry.machine} ${entry.key}`, entry.value);
    if (!['version', 'config', 'restarted'].includes(entry.key)) return [];
    const serving = marksOf(simulation, entry.machine).filter(({ machine, key }) => marks.get(`${machine} ${key}`) === 'in');
    return serving.map(({ machine }) => `${entry.machine} was given ${entry.key} ${entry.value} while ${machine} has it in service`);
  });
}

function kept({ simulation, machines, connected, log }: Simulated): string[] {
  const isHard = log.some(({ kind }) => kind === 'stop-hard');
  const names = machinesOf(simulation);
  const lost = new Set(log.flatMap((entry) => (entry.kind === 'trouble' && entry.what !== 'locked' ? [entry.machine] : [])));
  return names.flatMap((name, index) => {
    const holder = machines.get(name)?.lockedBy ?? null;
    const expected = index === simulation.locked ? 'other' : null;
    return [
      ...(connected.includes(name) ? [`${name} is still connected`] : []),
      ...(holder === expected || isHard || lost.has(name) ? [] : [`${name} is held by ${holder}`]),
    ];
  });
}

function restarts(simulated: Simulated): string[] {
  const { log, machines, applied } = simulated;
  const isStopped = log.some(({ kind }) => kind === 'stop-soft');
  return hostsOf(simulated).flatMap((name) => {
    const sets = (key: string): number => log.filter((entry) => entry.kind === 'set' && entry.machine === name && entry.key === key).length;
    // What failed may have changed something, and is made good.
    const tried = log.filter((entry) => entry.kind === 'trouble' && entry.machine === name && entry.keys.includes('version')).length;
    const notices = [...(machines.get(name)?.values.keys() ?? [])].filter((key) => key.endsWith('/restart'));
    const record = applied.hosts.find((host) => host.name === name);
    const isLost = notices.length > 0 && !isStopped && record !== undefined && !isFailed(record);
    return [
      ...(isLost ? [`${name} keeps ${notices.join()}`] : []),
      ...(sets('restarted') > sets('version') + tried
        ? [`${name} was restarted ${sets('restarted')} times for ${sets('version')} changes`]
        : []),
    ];
  });
}

function notUndone(simulated: Simulated): string[] {
  const { simulation, machines, applied, log } = simulated;
  if (log.some(({ kind }) => kind === 'stop-hard')) return [];
  const undone = (applied.rollouts.at(-1)?.batches ?? []).filter((batch) => batch.undone).flatMap(({ hosts }) => hosts);
  return undone
    .filter((name) => !wasInTrouble(simulated, name) && simulation.locked === null)
    .filter((name) => machines.get(name)?.values.get('version') !== (simulation.hosts[Number(name.slice(1))]?.isDone === true ? '2' : '1'))
    .map((name) => `${name} has version ${machines.get(name)?.values.get('version')}`);
}

function unsuccessful(simulated: Simulated): string[] {
  const { simulation, machines, applied, log } = simulated;
  if (simulation.locked !== null || log.some(({ kind }) => kind === 'trouble' || kind === 'stop-soft')) return [];
  return hostsOf(simulated).flatMap((name) => {
    const record = applied.hosts.find((host) => host.name === name);
    const version = machines.get(name)?.values.get('version');
    const isFine = version === '2' && (record?.outcome === 'changed' || record?.outcome === 'ok') && marksOut(simulated, name).length === 0;
    return isFine ? [] : [`${name} is ${record?.outcome} with version ${version}, ${marksOut(simulated, name).length} marks out`];
  });
}

/** What happened in a run, in words: what a simulation must have met to prove something. */
export function happenings(simulated: Simulated): string[] {
  const { simulation, plan, applied, log } = simulated;
  const steps = applied.hosts.flatMap(({ name, steps: all }) => all.map((step) => ({ ...step, host: name })));
  const failedIn = (part: string, elsewhere: boolean): boolean =>
    steps.some((step) => step.part === part && step.outcome === 'failed' && (step.on !== null) === elsewhere);
  const troubles = log.flatMap((entry) => (entry.kind === 'trouble' ? [entry] : []));
  const was = (what: string): boolean => troubles.some((trouble) => trouble.what === what);
  const batches = applied.rollouts.flatMap((rollout) => rollout.batches);
  const reasons = applied.hosts.flatMap(({ error }) => error?.message ?? []);
  const halted = applied.rollouts.flatMap((rollout) => rollout.halted ?? []);
  const isStopped = log.some(({ kind }) => kind === 'stop-soft');
  const haltedAt = log.findIndex(({ kind }) => kind === 'rollout-halted');
  const words: Readonly<Record<string, boolean>> = {
    'a host was not reached while planned': plan.hosts.some(({ outcome }) => outcome === 'unreachable'),
    'a host was not reached at its turn': applied.hosts.some(
      ({ name, outcome }) => outcome === 'unreachable' && plan.hosts.find((host) => host.name === name)?.outcome === 'changed',
    ),
    'a step failed': was('exit status 1'),
    'a step hung until its deadline': reasons.some((reason) => reason.includes('the deadline of')),
    'a link was lost in the middle of a step': steps.some(
      ({ progress, reason }) => progress === 'in-doubt' && reason?.includes('the link was lost') === true,
    ),
    'before failed on the host': failedIn('before', false),
    'before failed on another host': failedIn('before', true),
    'after failed on the host': failedIn('after', false),
    'after failed on another host': failedIn('after', true),
    'a visited host was not reached': troubles.some(({ machine, what }) => machine.startsWith('lb') && what === 'refused'),
    'a gate did not open': batches.some(({ state }) => state === 'gate-failed'),
    'a batch was undone': batches.some(({ undone }) => undone),
    'an undo failed': failedIn('undo', false),
    'the budget was spent': halted.some((reason) => /budget is spent: \d+ hosts? failed/.test(reason)),
    'the budget of a batch was spent': halted.some((reason) => reason.includes('of this batch')),
    'a domain held a host back': reasons.some((reason) => reason.includes('out of service, and of')),
    'a failed host was left out': simulation.settings.onFailure === 'leaveOut' && applied.rollouts.some(({ out }) => out.length > 0),
    'a host was put back that an earlier run had left out': hostsOf(simulated).some(
      (name, index) => simulation.hosts[index]?.isOwed === true && log.some((entry) => entry.kind === 'back' && entry.host === name),
    ),
    'what is done once failed': halted.some((reason) => reason.startsWith('what is done once')),
    'a machine was taken by another run': was('locked'),
    'the operator stopped the run': isStopped,
    'the operator stopped the run for good': log.some(({ kind }) => kind === 'stop-hard'),
    'a running script was told to stop': steps.some(({ reason }) => reason === 'not started: the rollout was halted'),
    'handlers ran after a halt':
      haltedAt !== -1 && !isStopped && log.slice(haltedAt).some((entry) => entry.kind === 'set' && entry.key === 'restarted'),
    'all went well': troubles.length === 0 && !isStopped && batches.length > 1,
  };
  return Object.keys(words).filter((word) => words[word] === true);
}
