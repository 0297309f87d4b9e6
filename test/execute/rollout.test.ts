import { describe, expect, it } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { TransportError } from '../../src/model/transport.ts';
import { ModelHost, refusing, rig, set } from './rig.ts';
import { type RolloutPlan, rollout } from './rollout-rig.ts';

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
