import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { TransportError } from '../../src/model/transport.ts';
import { ModelHost, type Rig, refusing, rig, set } from './rig.ts';
import { playbook, type RolloutPlan, rollout } from './rollout-rig.ts';
import { wait } from './simulated-fleet.ts';

const outcomes = (run: Run): Record<string, string> => Object.fromEntries(run.hosts.map((host) => [host.name, host.outcome]));
const states = (run: Run): string[] =>
  run.rollouts.flatMap(({ batches }) => batches.map(({ hosts, state }) => `${hosts.join(' ')}: ${state}`));

/** Web servers behind a balancer that holds a weight for each: taken out, changed, put back. */
const web = (hosts: RolloutPlan['hosts'], more: Partial<RolloutPlan> = {}): ReturnType<typeof rollout> =>
  rollout({
    hosts,
    steps: () => [set('version', '2', { notify: ['restart'] })],
    handlers: { restart: set('restarted', 'yes') },
    before: (name) => [{ on: 'lb', steps: [set(`weight ${name}`, '0')] }],
    after: (name) => [{ on: 'lb', steps: [set(`weight ${name}`, '1')] }],
    ...more,
  });

const fleet = (names: readonly string[]): Record<string, ModelHost> => ({
  ...Object.fromEntries(names.map((name) => [name, new ModelHost({ version: '1' })])),
  lb: new ModelHost(Object.fromEntries(names.map((name) => [`weight ${name}`, '1']))),
});

const none = (names: readonly string[]): RolloutPlan['hosts'] => Object.fromEntries(names.map((name) => [name, {}]));

describe('a rollout', () => {
  it('says when in the run each batch and each host was worked on', async () => {
    const names = ['a', 'b'];
    let ms = 0;
    // Every look at the clock takes a millisecond, so that no two moments are the same.
    const clock = { now: () => ++ms, pause: async () => {} };
    const { plays, options } = web(none(names), { settings: { serial: [{ kind: 'count', count: 1 }] } });
    const { plan, applied } = await rig(fleet(names), { clock }).run(plays, options);
    expect(plan.hosts.map(({ work }) => work)).toEqual([undefined, undefined]);
    expect(plan.rollouts[0]?.batches.map(({ startedMs }) => startedMs)).toEqual([undefined, undefined]);
    const spans = (applied.rollouts[0]?.batches ?? []).map((batch, index) => {
      const { startedMs = -1, work } = applied.hosts[index] ?? {};
      const began = batch.startedMs ?? -1;
      return [
        startedMs,
        began,
        work?.startedMs ?? -1,
        (work?.startedMs ?? -1) + (work?.durationMs ?? -1),
        began + (batch.durationMs ?? -1),
      ];
    });
    for (const span of spans) expect([...span].sort((one, other) => one - other)).toEqual(span);
    expect(spans[0]?.at(-1)).toBeLessThan(spans[1]?.[1] ?? 0);
    expect(applied.durationMs).toBeGreaterThan(spans[1]?.at(-1) ?? 0);
  });

  it('takes each host out, changes it, and puts it back, batch by batch', async () => {
    const names = ['a', 'b', 'c'];
    const { plays, options } = web(none(names), {
      settings: {
        serial: [
          { kind: 'count', count: 1 },
          { kind: 'count', count: 2 },
        ],
      },
    });
    const bench = rig(fleet(names));
    const { plan, applied } = await bench.run(plays, options);
    expect(states(plan)).toEqual(['a: planned', 'b c: planned']);
    expect(plan.rollouts[0]).toMatchObject({
      hosts: 3,
      mostOut: 2,
      around: { before: ['before on lb'], after: ['after on lb'] },
      halted: null,
    });
    expect(plan.hosts[0]?.steps.map(({ id, on, part, outcome }) => [id, on, part, outcome])).toEqual([
      ['before/set[weight a]', 'lb', 'before', 'changed'],
      ['r0/set[version]', null, 'roles', 'changed'],
      ['r0/handler[restart]', null, 'roles', 'changed'],
      ['after/set[weight a]', 'lb', 'after', 'changed'],
    ]);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'changed', c: 'changed' });
    expect(states(applied)).toEqual(['a: done', 'b c: done']);
    expect(applied.hosts[0]?.steps.map(({ id, on, progress }) => [id, on, progress])).toEqual([
      ['before/set[weight a]', 'lb', 'done'],
      ['r0/set[version]', null, 'done'],
      ['r0/handler[restart]', null, 'done'],
      ['after/set[weight a]', 'lb', 'done'],
    ]);
    expect(bench.hosts.get('lb')?.written.slice(0, 2)).toEqual(['weight a', 'weight a']);
    for (const name of names) expect(bench.hosts.get(name)?.written).toEqual(['version', 'restarted']);
    for (const { lockedBy } of bench.hosts.values()) expect(lockedBy).toBeNull();
    expect(bench.transport.connected).toEqual([]);
  });

  it('leaves hosts alone that have nothing to do: they are in no batch and never leave service', async () => {
    const names = ['a', 'b', 'c'];
    const hosts = fleet(names);
    hosts.b?.values.set('version', '2');
    const { plays, options } = web(none(names), { settings: { serial: [{ kind: 'count', count: 1 }] } });
    const bench = rig(hosts);
    const { plan, applied } = await bench.run(plays, options);
    expect(states(plan)).toEqual(['a: planned', 'c: planned']);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'ok', c: 'changed' });
    expect(bench.hosts.get('lb')?.written).toEqual(['weight a', 'weight a', 'weight c', 'weight c']);
    const again = await bench.run(plays, options);
    expect(outcomes(again.applied)).toEqual({ a: 'ok', b: 'ok', c: 'ok' });
    expect(again.applied.rollouts[0]?.batches).toEqual([]);
    expect(again.applied.hosts[0]?.steps.map(({ id }) => id)).toEqual(['r0/set[version]', 'r0/handler[restart]']);
  });

  it('halts when the budget is spent, names those that were not started, and puts the failed host back', async () => {
    const names = ['a', 'b', 'c'];
    const hosts = fleet(names);
    if (hosts.a !== undefined) hosts.a.onAction = () => 1;
    const { plays, options } = web(none(names), { settings: { serial: [{ kind: 'count', count: 1 }] } });
    const bench = rig(hosts);
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'skipped', c: 'skipped' });
    expect(states(applied)).toEqual(['a: halted', 'b: not-started', 'c: not-started']);
    const halted = 'the failure budget is spent: 1 host failed or could not be reached, none may';
    expect(applied.rollouts[0]).toMatchObject({ halted, failed: ['a'] });
    expect(applied.hosts[1]?.error).toEqual({ phase: 'halted', message: `not started: ${halted}`, hint: null });
    expect(bench.hosts.get('lb')?.values.get('weight a')).toBe('1');
    expect(bench.hosts.get('lb')?.written).toEqual(['weight a', 'weight a']);
    expect(applied.exitCode).toBe(2);
  });

  it('leaves a failed host out of service where that is wanted, and no other of its domain is begun then', async () => {
    const hosts = fleet(['a', 'b', 'c']);
    if (hosts.a !== undefined) hosts.a.onAction = () => 1;
    const zones = { a: { zone: 'x' }, b: { zone: 'x' }, c: { zone: 'y' } };
    const settings = { onFailure: 'leaveOut', spread: [{ by: 'zone', max: 1 }], maxFailures: { batch: null, total: null } } as const;
    const { plays, options } = web(zones, { settings });
    const bench = rig(hosts);
    const { plan, applied } = await bench.run(plays, options);
    expect(states(plan)).toEqual(['a c: planned', 'b: planned']);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'skipped', c: 'changed' });
    expect(applied.hosts[1]?.error?.message).toBe('not started: a is out of service, and of zone="x" at most 1 may be');
    expect(bench.hosts.get('lb')?.values.get('weight a')).toBe('0');
  });

  it('counts a host that cannot be reached in the budget and against its domain before anything is begun', async () => {
    const names = ['a', 'b'];
    const { plays, options } = web(none(names));
    const connect = (host: { name: string }): Promise<void> =>
      host.name === 'a' ? Promise.reject(new TransportError('connect', 'refused')) : Promise.resolve();
    const bench = rig(fleet(names), { connect });
    const { plan, applied } = await bench.run(plays, options);
    expect(plan.rollouts[0]?.halted).toBe('the failure budget is spent: 1 host failed or could not be reached, none may');
    expect(outcomes(applied)).toEqual({ a: 'unreachable', b: 'skipped' });
    expect(bench.hosts.get('lb')?.written).toEqual([]);
  });

  it('refuses hosts whose balancer cannot be reached or does not take the step, in the plan', async () => {
    const names = ['a'];
    const connect = (host: { name: string }): Promise<void> =>
      host.name === 'lb' ? Promise.reject(new TransportError('connect', 'refused')) : Promise.resolve();
    const gone = await rig(fleet(names), { connect }).run(web(none(names)).plays, web(none(names)).options);
    expect(gone.plan.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'before', message: 'before on lb: refused' } });
    const refused = web(none(names), { before: () => [{ on: 'lb', steps: [refusing('it')] }] });
    const { plan, applied } = await rig(fleet(names)).run(refused.plays, refused.options);
    expect(plan.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'before', message: 'before on lb: before/set[it]: no' } });
    expect(outcomes(applied)).toEqual({ a: 'failed' });
  });

  it('halts where the gate does not open, and puts the batch back where that is wanted', async () => {
    const names = ['a', 'b'];
    const hosts = fleet(names);
    const gate = (): readonly { steps: readonly ReturnType<typeof set>[] }[] => [{ steps: [set('healthy', 'yes')] }];
    if (hosts.a !== undefined) hosts.a.onAction = (key) => (key === 'healthy' ? 1 : 0);
    const { plays, options } = web(none(names), { gate, settings: { serial: [{ kind: 'count', count: 1 }], onGateFailure: 'undo' } });
    const bench = rig(hosts);
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'skipped' });
    expect(applied.rollouts[0]?.batches[0]).toMatchObject({ state: 'gate-failed', undone: true });
    expect(applied.rollouts[0]?.halted).toMatch(/^the gate behind batch 1 did not open: a: gate: gate\/set\[healthy\]: exit status 1$/);
    expect(bench.hosts.get('lb')?.values.get('weight a')).toBe('1');
    expect(applied.hosts[0]?.steps.filter(({ part }) => part === 'undo').map(({ id }) => id)).toEqual([
      'undo r0/set[version]',
      'undo r0/handler[restart]',
    ]);
  });

  it('does once per run and once per batch what is to be done once, on the first host that can be reached', async () => {
    const names = ['a', 'b', 'c'];
    const once: RolloutPlan['once'] = () => [
      { steps: [set('migrated', 'yes')], per: 'run' },
      { on: 'lb', steps: [set('noted', 'yes')], per: 'batch' },
    ];
    const { plays, options } = web(none(names), { once, settings: { serial: [{ kind: 'count', count: 2 }] } });
    const bench = rig(fleet(names));
    const { plan, applied } = await bench.run(plays, options);
    expect(plan.hosts.map(({ steps }) => steps.filter(({ part }) => part === 'once').map(({ subject, on }) => [subject, on]))).toEqual([
      [
        ['migrated', null],
        ['noted', 'lb'],
      ],
      [],
      [['noted', 'lb']],
    ]);
    expect(bench.hosts.get('a')?.written).toEqual(['migrated', 'version', 'restarted']);
    expect(bench.hosts.get('b')?.written).toEqual(['version', 'restarted']);
    expect(bench.hosts.get('lb')?.written.filter((key) => key === 'noted')).toEqual(['noted']);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'changed', c: 'changed' });
  });

  it('puts back what was out when the operator stops the run, and begins nothing more', async () => {
    const names = ['a', 'b'];
    const hosts = fleet(names);
    const { plays, options } = web(none(names), { settings: { serial: [{ kind: 'count', count: 1 }] } });
    const bench = rig(hosts);
    if (hosts.a !== undefined)
      hosts.a.onAction = () => {
        bench.soft.abort('SIGINT');
        return 0;
      };
    const { applied } = await bench.run(plays, options);
    expect(bench.hosts.get('lb')?.values.get('weight a')).toBe('1');
    expect(bench.hosts.get('b')?.written).toEqual([]);
    expect(applied.hosts[1]?.error?.message).toBe('not started: the run was interrupted');
    expect(applied.exitCode).toBe(130);
  });

  it('puts back first what an earlier run left out of service, even where nothing else is to do', async () => {
    const names = ['a', 'b'];
    const hosts = fleet(names);
    hosts.b?.values.set('version', '2');
    hosts.lb?.values.set('weight b', '0');
    const { plays, options } = web(none(names), { owed: ['b'], settings: { serial: [{ kind: 'count', count: 1 }] } });
    const bench = rig(hosts);
    const { plan, applied } = await bench.run(plays, options);
    expect(states(plan)).toEqual(['b: planned', 'a: planned']);
    expect(bench.hosts.get('lb')?.written).toEqual(['weight b', 'weight a', 'weight a']);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'changed' });
  });
});

const ONE_BY_ONE = [{ kind: 'count', count: 1 }] as const;
const ANY = { batch: null, total: null } as const;
const failed = (run: Run): readonly (readonly string[])[] => run.rollouts.map((each) => each.failed);
const refused = (): Promise<void> => Promise.reject(new TransportError('connect', 'refused'));
/** Waits until a running script of the host is told to stop. */
const toldToStop = async (bench: Rig, name: string): Promise<void> =>
  bench.transport.until((calls) => calls.some(({ host, text }) => host === name && text.startsWith('umask')));

describe('a rollout whose run is stopped', () => {
  it('while its hosts are planned ends with those that an earlier run left out of service, too', async () => {
    const names = ['a', 'b'];
    const { plays, options } = web(none(names), { owed: ['b'] });
    const bench = rig(fleet(names));
    bench.soft.abort('SIGINT');
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'skipped', b: 'skipped' });
    expect(applied.exitCode).toBe(130);
  });

  it('while a host is read has one that was not begun, and none that failed', async () => {
    const names = ['a', 'b'];
    const { plays, options } = web(none(names), { settings: { serial: ONE_BY_ONE } });
    const bench = rig(fleet(names), {
      onEvent: (event) => {
        if (event.kind === 'batch-started' && event.batch === 1) bench.soft.abort('SIGINT');
      },
    });
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'skipped' });
    expect(applied.rollouts[0]).toMatchObject({ failed: [], halted: 'the run was interrupted' });
    expect(bench.events.filter((event) => event.kind === 'turn-started').map(({ host }) => host)).toEqual(['a']);
  });

  it('in the middle of a script is not through with the host: the handler is still to come', async () => {
    const names = ['a'];
    const hosts = fleet(names);
    const { plays, options } = web(none(names));
    const bench = rig(hosts);
    if (hosts.a !== undefined)
      hosts.a.onAction = async () => {
        bench.soft.abort('SIGINT');
        await toldToStop(bench, 'a');
        return 0;
      };
    await bench.run(plays, options);
    expect(bench.hosts.get('a')?.written).toEqual(['version']);
    expect(bench.events.findLast((event) => event.kind === 'turn-finished')).toMatchObject({ host: 'a', done: false, out: false });
  });

  it('reads a host anew before it is put back, where what was begun on it did not come to its end', async () => {
    const names = ['a'];
    const hosts = fleet(names);
    const { plays, options } = web(none(names), {
      before: () => [{ steps: [set('serving', 'no')] }],
      after: () => [{ steps: [set('serving', 'yes')] }],
      steps: () => [set('serving', 'maybe'), set('version', '2')],
    });
    const bench = rig(hosts, {
      onEvent: (event) => {
        if (event.kind === 'host-phase' && event.phase === 'applying') bench.soft.abort('SIGINT');
      },
    });
    await bench.run(plays, options);
    expect(bench.hosts.get('a')?.written).toEqual(['serving', 'serving']);
    expect(bench.hosts.get('a')?.values.get('serving')).toBe('yes');
  });

  it('has a host that failed where it could not be put back', async () => {
    const names = ['a'];
    const hosts = fleet(names);
    const { plays, options } = web(none(names));
    const bench = rig(hosts);
    if (hosts.lb !== undefined) {
      let count = 0;
      hosts.lb.onAction = () => {
        bench.soft.abort('SIGINT');
        count += 1;
        return count - 1;
      };
    }
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed' });
    expect(applied.rollouts[0]).toMatchObject({ failed: ['a'], out: ['a'] });
  });

  it('for good says who is still out of service', async () => {
    const names = ['a'];
    const { plays, options } = web(none(names), {
      after: () => [{ steps: [set('checked', 'yes')] }, { on: 'lb', steps: [set('weight a', '1')] }],
    });
    const bench = rig(fleet(names), {
      onEvent: (event) => {
        if (event.kind !== 'host-phase' || event.phase !== 'after') return;
        bench.soft.abort('SIGINT');
        bench.hard.abort('SIGINT');
      },
    });
    const { applied } = await bench.run(plays, options);
    expect(bench.hosts.get('lb')?.values.get('weight a')).toBe('0');
    expect(applied.rollouts[0]?.out).toEqual(['a']);
  });

  it('at a gate that does not open has hosts that failed, and undoes nothing', async () => {
    const names = ['a'];
    const hosts = fleet(names);
    const { plays, options } = web(none(names), { gate: () => [{ steps: [set('healthy', 'yes')] }], settings: { onGateFailure: 'undo' } });
    const bench = rig(hosts);
    if (hosts.a !== undefined)
      hosts.a.onAction = (key) => {
        if (key === 'healthy') bench.soft.abort('SIGINT');
        return key === 'healthy' ? 1 : 0;
      };
    const { applied } = await bench.run(plays, options);
    expect(failed(applied)).toEqual([['a']]);
    expect(applied.rollouts[0]?.batches[0]).toMatchObject({ state: 'gate-failed', undone: false });
    expect(bench.hosts.get('a')?.values.get('version')).toBe('2');
  });
});

describe('what a rollout does once', () => {
  const once: RolloutPlan['once'] = () => [{ on: 'lb', steps: [set('migrated', 'yes')], per: 'run' }];

  it('fails the host that it was to be done for, and so the run', async () => {
    const names = ['a', 'b'];
    const hosts = fleet(names);
    if (hosts.lb !== undefined) hosts.lb.onAction = () => 1;
    const { plays, options } = web(none(names), { once });
    const { applied } = await rig(hosts).run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'skipped' });
    expect(applied.hosts[0]?.error).toEqual({ phase: 'once', message: 'once on lb: once/set[migrated]: exit status 1', hint: null });
    expect(failed(applied)).toEqual([['a']]);
    expect(applied.exitCode).toBe(2);
  });

  it('is done before the first batch that is begun, whichever that is', async () => {
    const zones = { a: { zone: 'x' }, gone: { zone: 'x' }, b: { zone: 'y' } };
    const settings = { serial: ONE_BY_ONE, spread: [{ by: 'zone', max: 1 }], maxFailures: ANY };
    const { plays, options } = web(zones, { settings, once: () => [{ steps: [set('migrated', 'yes')], per: 'run' }] });
    const bench = rig(fleet(Object.keys(zones)), { connect: ({ name }) => (name === 'gone' ? refused() : Promise.resolve()) });
    const { applied } = await bench.run(plays, options);
    expect(states(applied)).toEqual(['a: not-started', 'b: done']);
    expect(bench.hosts.get('a')?.written).toEqual([]);
    expect(bench.hosts.get('b')?.written).toEqual(['migrated', 'version', 'restarted']);
  });

  it('is done on the next host where the first is refused in the plan', async () => {
    const names = ['a', 'b'];
    const { plays, options } = web(none(names), {
      settings: { serial: ONE_BY_ONE, maxFailures: ANY },
      before: (name) => [{ on: `lb of ${name}`, steps: [set('out', name)] }],
      after: () => [],
      once: () => [{ steps: [set('migrated', 'yes')], per: 'run' }],
    });
    const hosts = { ...fleet(names), 'lb of a': new ModelHost(), 'lb of b': new ModelHost() };
    const bench = rig(hosts, { connect: ({ name }) => (name === 'lb of a' ? refused() : Promise.resolve()) });
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'changed' });
    expect(bench.hosts.get('b')?.written).toEqual(['migrated', 'version', 'restarted']);
  });
});

describe('a rollout behind other plays', () => {
  it('counts a host that failed in one of them once, and does not begin it', async () => {
    const names = ['a', 'b'];
    const hosts = fleet(names);
    if (hosts.a !== undefined) hosts.a.onAction = () => 1;
    const settings = { maxFailures: { batch: null, total: { kind: 'count', count: 1 } } } as const;
    const plan: RolloutPlan = { hosts: none(names), settings, steps: () => [set('version', '2')] };
    const { plays, options } = playbook([{ plain: () => [set('first', 'yes')] }, plan]);
    const { applied } = await rig(hosts).run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'changed' });
    expect(failed(applied)).toEqual([['a']]);
    expect(applied.hosts[0]?.steps[1]).toMatchObject({ reason: 'not started: an earlier play did not come to its end on this host' });
  });

  it('counts a host that one of them left out of service against its domain', async () => {
    const zones = { a: { zone: 'x' }, b: { zone: 'x' }, c: { zone: 'y' } };
    const hosts = fleet(Object.keys(zones));
    if (hosts.a !== undefined) hosts.a.onAction = () => 1;
    const settings = { onFailure: 'leaveOut', spread: [{ by: 'zone', max: 1 }], maxFailures: ANY } as const;
    const plan = (key: string): RolloutPlan => ({
      hosts: zones,
      settings,
      steps: (name) => (key === 'first' && name !== 'a' ? [] : [set(key, 'yes')]),
      before: (name) => [{ on: 'lb', steps: [set(`weight ${name}`, '0')] }],
      after: (name) => [{ on: 'lb', steps: [set(`weight ${name}`, '1')] }],
    });
    const { plays, options } = playbook([plan('first'), plan('second')]);
    const { applied } = await rig(hosts).run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'skipped', c: 'changed' });
    expect(applied.hosts[1]?.error?.message).toBe('not started: a is out of service, and of zone="x" at most 1 may be');
  });
});

describe('the account of a rollout', () => {
  it('begins no host that was still being read when the budget was spent', async () => {
    const names = ['a', 'b', 'c'];
    const hosts = fleet(names);
    const serial = [
      { kind: 'count', count: 1 },
      { kind: 'count', count: 2 },
    ] as const;
    const { plays, options } = web(none(names), { settings: { serial } });
    let hasBegun = false;
    let letIn = (): void => {};
    const untilHalted = new Promise<void>((resolve) => {
      letIn = resolve;
    });
    const bench = rig(hosts, {
      connect: ({ name }) => (hasBegun && name === 'c' ? untilHalted : undefined),
      onEvent: ({ kind }) => {
        if (kind === 'batch-started') hasBegun = true;
        if (kind === 'rollout-halted') letIn();
      },
    });
    if (hosts.b !== undefined) hosts.b.onAction = () => 1;
    const { applied } = await bench.run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'failed', c: 'skipped' });
    expect(hosts.lb?.written).not.toContain('weight c');
    expect(applied.hosts[2]?.error?.message).toMatch(/^not started: the failure budget is spent/);
  });

  it('counts a host that went away after it was taken out against its domain, though it was put back', async () => {
    const zones = { a: { zone: 'x' }, b: { zone: 'x' } };
    const hosts = fleet(Object.keys(zones));
    if (hosts.a !== undefined) hosts.a.onAction = () => Promise.reject(new TransportError('link', 'gone'));
    const settings = { serial: ONE_BY_ONE, spread: [{ by: 'zone', max: 1 }], maxFailures: ANY };
    const { plays, options } = web(zones, { settings });
    const { applied } = await rig(hosts).run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'skipped' });
    expect(applied.rollouts[0]?.out).toEqual(['a']);
  });

  it('puts hosts back in batches of their own, so that the canary stays the first of the others', async () => {
    const names = ['a', 'b', 'c', 'd'];
    const hosts = fleet(names);
    hosts.lb?.values.set('weight d', '0');
    const serial = [
      { kind: 'count', count: 1 },
      { kind: 'count', count: 9 },
    ] as const;
    const { plays, options } = web(none(names), { owed: ['d'], settings: { serial } });
    const bench = rig(hosts);
    const { applied } = await bench.run(plays, options);
    expect(states(applied)).toEqual(['d: done', 'a: done', 'b c: done']);
    expect(bench.events.flatMap((event) => (event.kind === 'batch-started' ? [event.size] : []))).toEqual([0, 0, 1]);
  });
});

describe('an undo', () => {
  const plan = { gate: (): readonly { steps: readonly ReturnType<typeof set>[] }[] => [{ steps: [set('healthy', 'yes')] }] };
  const settings = { onGateFailure: 'undo', maxFailures: ANY } as const;

  it('puts a host back into service also where it could not be taken out for it', async () => {
    const hosts = fleet(['a']);
    let drained = 0;
    if (hosts.a !== undefined)
      hosts.a.onAction = (key) => {
        if (key === 'drained') drained += 1;
        return key === 'healthy' || drained === 3 ? 1 : 0;
      };
    const around = (weight: string, value: string): NonNullable<RolloutPlan['before']> => {
      return () => [{ on: 'lb', steps: [set('weight a', weight)] }, { steps: [set('drained', value)] }];
    };
    const { plays, options } = web(none(['a']), { ...plan, settings, before: around('0', 'yes'), after: around('1', 'no') });
    const { applied } = await rig(hosts).run(plays, options);
    expect(hosts.lb?.values.get('weight a')).toBe('1');
    expect(applied.rollouts[0]).toMatchObject({ out: [], batches: [{ undone: false }] });
  });

  it.each(['putBack', 'leaveOut'] as const)('that fails is a failure of the work: %s', async (onFailure) => {
    const hosts = fleet(['a']);
    let versions = 0;
    if (hosts.a !== undefined)
      hosts.a.onAction = (key) => {
        if (key === 'version') versions += 1;
        return key === 'healthy' || versions > 1 ? 1 : 0;
      };
    const { plays, options } = web(none(['a']), { ...plan, settings: { ...settings, onFailure } });
    const { applied } = await rig(hosts).run(plays, options);
    expect(hosts.lb?.values.get('weight a')).toBe(onFailure === 'putBack' ? '1' : '0');
    expect(applied.rollouts[0]).toMatchObject({ out: onFailure === 'putBack' ? [] : ['a'], batches: [{ undone: false }] });
  });

  it('takes a host out also where it could not be reached for a while, and counts as out since', async () => {
    const hosts = fleet(['a', 'b']);
    let isCut = false;
    if (hosts.a !== undefined)
      hosts.a.onAction = (key) => {
        if (key !== 'restarted' || isCut) return key === 'healthy' ? 1 : 0;
        isCut = true;
        return Promise.reject(new TransportError('link', 'gone'));
      };
    const { plays, options } = web(none(['a', 'b']), { ...plan, settings });
    const { applied } = await rig(hosts).run(plays, options);
    expect(hosts.lb?.written.filter((key) => key === 'weight a').length).toBe(4);
    expect([hosts.a?.values.get('version'), hosts.lb?.values.get('weight a')]).toEqual(['1', '1']);
    expect(applied.rollouts[0]).toMatchObject({ out: [], batches: [{ undone: true }] });
  });

  it('leaves a host in service on which nothing was changed', async () => {
    const hosts = fleet(['a', 'b']);
    hosts.a?.values.set('version', '2');
    hosts.lb?.values.set('weight a', '0');
    if (hosts.b !== undefined) hosts.b.onAction = (key) => (key === 'healthy' ? 1 : 0);
    const { plays, options } = web(none(['a', 'b']), { ...plan, owed: ['a', 'b'], settings });
    await rig(hosts).run(plays, options);
    expect(hosts.lb?.written.filter((key) => key === 'weight a')).toEqual(['weight a']);
  });

  it('takes no host out while too many of its domain are out', async () => {
    const zones = { a: { zone: 'x' }, gone: { zone: 'x' } };
    const hosts = fleet(Object.keys(zones));
    hosts.lb?.values.set('weight a', '0');
    if (hosts.a !== undefined) hosts.a.onAction = (key) => (key === 'healthy' ? 1 : 0);
    const { plays, options } = web(zones, { ...plan, owed: ['a'], settings: { ...settings, spread: [{ by: 'zone', max: 1 }] } });
    const bench = rig(hosts, { connect: ({ name }) => (name === 'gone' ? refused() : Promise.resolve()) });
    const { applied } = await bench.run(plays, options);
    expect(hosts.lb?.written).toEqual(['weight a']);
    expect(hosts.a?.values.get('version')).toBe('2');
    expect(applied.rollouts[0]?.batches[0]).toMatchObject({ state: 'gate-failed', undone: false });
  });
});

describe('visits to one host', () => {
  it('leave the scripts of others alone that wait there, when one of them needs another connection', async () => {
    const names = ['a', 'b'];
    const { plays, options } = web(none(names), { before: (name) => [{ on: 'lb', steps: [wait(`${name} drained`)] }], after: () => [] });
    let isWaiting = (): void => {};
    let isDrained = (): void => {};
    const waiting = new Promise<void>((resolve) => {
      isWaiting = resolve;
    });
    const drained = new Promise<void>((resolve) => {
      isDrained = resolve;
    });
    let isRefused = false;
    const hosts = fleet(names);
    const { events, transport, run } = rig(hosts, {
      onScript: async (name, { kind, text }) => {
        if (name !== 'lb' || kind !== 'read' || isRefused || text.includes('a drained') || !text.includes('b drained')) return;
        isRefused = true;
        await waiting;
        throw new TransportError('channel', 'too many sessions');
      },
    });
    if (hosts.lb !== undefined)
      hosts.lb.onAction = async () => {
        isWaiting();
        if (isRefused && events.filter(({ kind }) => kind === 'step-started').length === 2) isDrained();
        await drained;
        return 0;
      };
    const { applied } = await run(plays, options);
    expect(outcomes(applied)).toEqual({ a: 'changed', b: 'changed' });
    expect(transport.connected).toEqual([]);
  });
});
