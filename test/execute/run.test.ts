import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { HostRecord, Run } from '../../src/model/run.ts';
import { TransportError } from '../../src/model/transport.ts';
import { deferred } from '../../src/transport/fake/deferred.ts';
import { ModelHost, play, refusing, rig, set } from './rig.ts';

const outcomes = (run: Run): Record<string, string> => Object.fromEntries(run.hosts.map((host) => [host.name, host.outcome]));
const steps = (record: HostRecord | undefined): string[] =>
  (record?.steps ?? []).map((step) => `${step.subject} ${step.outcome} ${step.progress}`);

describe('a run', () => {
  it('changes what differs, reads it back, and finds nothing to do the second time', async () => {
    const fleet = rig({ a: new ModelHost({ x: '1', y: '2' }) });
    const plays = [play(0, [set('x', '1'), set('y', '3'), set('z', '4')])];
    const { plan, applied } = await fleet.run(() => plays);
    expect(steps(plan.hosts[0])).toEqual(['x ok planned', 'y changed planned', 'z changed planned']);
    expect(steps(applied.hosts[0])).toEqual(['x ok planned', 'y changed done', 'z changed done']);
    expect(Object.fromEntries(fleet.hosts.get('a')?.values ?? [])).toEqual({ x: '1', y: '3', z: '4' });
    expect(applied.hosts[0]?.connection?.roundTrips).toBe(4);
    const again = await fleet.run(() => plays);
    expect(outcomes(again.applied)).toEqual({ a: 'ok' });
    expect(again.applied.hosts[0]?.connection?.roundTrips).toBe(2);
  });

  it('sends no write while planning', async () => {
    const fleet = rig({ a: new ModelHost() });
    const planned = await fleet.start(() => [play(0, [set('x', '1')])], { mode: 'plan' });
    expect(outcomes(planned.plan)).toEqual({ a: 'changed' });
    expect(fleet.transport.calls.map((call) => call.kind)).toEqual(['connect', 'read', 'read', 'close']);
  });

  it('lets a later step see what an earlier one will have done', async () => {
    const fleet = rig({ a: new ModelHost() });
    const { plan } = await fleet.run(() => [play(0, [set('x', '1'), set('x', '1'), set('x', '2')])]);
    expect(plan.hosts[0]?.steps.map((step) => [step.id, step.outcome, step.changes])).toEqual([
      ['r0/set[x]', 'changed', [{ field: 'value', before: null, after: '1' }]],
      ['r0/set[x]#2', 'ok', []],
      ['r0/set[x]#3', 'changed', [{ field: 'value', before: '1', after: '2' }]],
    ]);
  });

  it('says "known after apply" behind an opaque action, and resolves it at the barrier', async () => {
    const a = new ModelHost({ y: 'old' });
    const fleet = rig({ a });
    a.onAction = (key) => {
      if (key === 'x') a.values.set('y', 'surprise');
      return 0;
    };
    const { plan, applied } = await fleet.run(() => [play(0, [set('x', '1', { cloud: 'everything' }), set('y', 'new')])]);
    expect(plan.hosts[0]?.steps[1]).toMatchObject({
      outcome: 'changed',
      certainty: 'after-apply',
      changes: [{ field: 'value', before: null, after: 'new' }],
    });
    expect(applied.hosts[0]?.steps[1]).toMatchObject({
      outcome: 'changed',
      certainty: 'exact',
      changes: [{ field: 'value', before: 'surprise', after: 'new' }],
    });
    expect(applied.hosts[0]?.connection?.roundTrips).toBe(6);
  });

  it('runs a handler once at the end, only when something notified it', async () => {
    const fleet = rig({ a: new ModelHost(), b: new ModelHost({ x: '1', y: '1' }) });
    const plays = [play(0, [set('x', '1', { notify: ['h'] }), set('y', '1', { notify: ['h'] })], { h: set('handled', 'yes') })];
    const { applied } = await fleet.run(() => plays);
    expect(fleet.hosts.get('a')?.written).toEqual(['x', 'y', 'handled']);
    expect(fleet.hosts.get('b')?.written).toEqual([]);
    expect(applied.hosts[0]?.steps.at(-1)).toMatchObject({
      id: 'r0/handler[h]',
      handler: true,
      notifiedBy: ['r0/set[x]', 'r0/set[y]'],
      outcome: 'changed',
    });
    expect(applied.hosts[1]?.steps.at(-1)).toMatchObject({ outcome: 'skipped', reason: 'nothing notified it' });
  });

  it('plans a handler behind an opaque action as known after apply, and runs it if it was notified', async () => {
    const fleet = rig({ a: new ModelHost() });
    const { plan, applied } = await fleet.run(() => [
      play(0, [set('x', '1', { cloud: 'everything' }), set('y', '1', { notify: ['h'] })], { h: set('handled', 'yes') }),
    ]);
    expect(plan.hosts[0]?.steps[2]).toMatchObject({ certainty: 'after-apply', outcome: 'changed' });
    expect(applied.hosts[0]?.steps[2]).toMatchObject({ certainty: 'exact', outcome: 'changed', progress: 'done' });
  });

  it('stops a host at a failed step and leaves the others alone', async () => {
    const bad = new ModelHost();
    bad.onAction = (key) => (key === 'y' ? 7 : 0);
    const fleet = rig({ bad, good: new ModelHost() });
    const { applied } = await fleet.run(() => [
      play(0, [set('x', '1'), set('y', '1', { notify: ['h'] }), set('z', '1')], { h: set('handled', '1') }),
    ]);
    expect(outcomes(applied)).toEqual({ bad: 'failed', good: 'changed' });
    expect(steps(applied.hosts[0])).toEqual(['x changed done', 'y failed done', 'z skipped not-started', 'handled skipped not-started']);
    expect(applied.hosts[0]?.steps[1]?.failure).toMatchObject({ exitCode: 7 });
    expect(applied.exitCode).toBe(2);
  });

  it('fails a step whose result is not what was planned', async () => {
    const liar = new ModelHost();
    const fleet = rig({ liar });
    const read = liar.read.bind(liar);
    liar.read = (text) => (liar.written.includes('y') ? JSON.stringify({ x: '1', y: 'other' }) : read(text));
    const { applied } = await fleet.run(() => [play(0, [set('x', '1'), set('y', '1')])]);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'verify' } });
    expect(applied.hosts[0]?.steps[1]?.reason).toBe('after the change sysctl y is not as planned: value is "other", planned was "1"');
  });

  it('touches nothing on a host whose plan is refused, and says so', async () => {
    const fleet = rig({ a: new ModelHost() });
    const { plan, applied } = await fleet.run(() => [play(0, [set('x', '1'), refusing('q'), set('z', '1')])]);
    for (const run of [plan, applied]) {
      expect(run.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'plan', message: 'r0/set[q]: no' } });
      expect(steps(run.hosts[0])).toEqual(['x skipped not-started', 'q failed planned', 'z skipped not-started']);
    }
    expect(fleet.hosts.get('a')?.written).toEqual([]);
  });

  it('finishes one play on all hosts before the next begins, over one connection', async () => {
    const order: string[] = [];
    const make = (name: string): ModelHost => {
      const model = new ModelHost();
      model.onAction = (key) => {
        order.push(`${name} ${key}`);
        return 0;
      };
      return model;
    };
    const fleet = rig({ a: make('a'), b: make('b') });
    await fleet.run(() => [play(0, [set('x', '1')]), play(1, [set('y', '1')])], { plays: 2, forks: 1 });
    expect(order).toEqual(['a x', 'b x', 'a y', 'b y']);
    expect(fleet.transport.calls.filter((call) => call.kind === 'connect')).toHaveLength(2);
  });

  it('counts two round trips for converged hosts, however many steps and plays', async () => {
    const values = Object.fromEntries(Array.from({ length: 300 }, (_, index) => [`k${index}`, 'v']));
    const fleet = rig({ a: new ModelHost(values) });
    const all = Object.keys(values).map((key) => set(key, 'v'));
    const { applied } = await fleet.run(() => [play(0, all.slice(0, 150)), play(1, all.slice(150))], { plays: 2 });
    expect(applied.hosts[0]).toMatchObject({ outcome: 'ok', connection: { roundTrips: 2 } });
  });

  it('counts two round trips for plays of the same privilege level, and two for each further level', async () => {
    const fleet = rig({ a: new ModelHost({ x: '1', y: '1', z: '1' }) });
    const root = () => ({ method: 'sudo' as const, user: 'root' });
    const same = await fleet.run(() => [play(0, [set('x', '1')], {}, root()), play(1, [set('y', '1')], {}, root())], { plays: 2 });
    expect(same.applied.hosts[0]).toMatchObject({ outcome: 'ok', connection: { roundTrips: 2 } });
    const mixed = await fleet.run(() => [play(0, [set('x', '1')], {}, root()), play(1, [set('z', '1')])], { plays: 2 });
    expect(mixed.applied.hosts[0]).toMatchObject({ outcome: 'ok', connection: { roundTrips: 4 } });
  });

  it('works on no more hosts at a time than forks', async () => {
    const gate = deferred();
    const hosts = Object.fromEntries(Array.from({ length: 12 }, (_, index) => [`h${index}`, new ModelHost()]));
    const fleet = rig(hosts, { connect: () => gate.promise });
    const running = fleet.run(() => [play(0, [set('x', '1')])], { forks: 3 });
    await fleet.transport.until((inFlight) => inFlight.length >= 3);
    expect(fleet.transport.inFlight.map((call) => call.host)).toEqual(['h0', 'h1', 'h2']);
    gate.resolve();
    expect(Object.values(outcomes((await running).applied))).toEqual(Array(12).fill('changed'));
  });
});

describe('trouble on one host', () => {
  it.each([
    ['connect', 'unreachable', 4],
    ['host-key', 'unreachable', 4],
    ['authenticate', 'unreachable', 4],
  ] as const)('while it is reached (%s) makes it %s and no other', async (phase, outcome, exitCode) => {
    const fleet = rig(
      { a: new ModelHost(), b: new ModelHost() },
      { connect: (where) => (where.name === 'a' ? Promise.reject(new TransportError(phase, 'why')) : undefined) },
    );
    const { applied } = await fleet.run(() => [play(0, [set('x', '1')])]);
    expect(outcomes(applied)).toEqual({ a: outcome, b: 'changed' });
    expect(applied.hosts[0]?.error).toEqual({ phase, message: 'why', hint: null });
    expect(applied.exitCode).toBe(exitCode);
  });

  it('while it is read: sudo refused is failed, a lost link is unreachable', async () => {
    const phases = { a: 'become', b: 'link' } as const;
    const fleet = rig(
      { a: new ModelHost(), b: new ModelHost(), c: new ModelHost() },
      { failRead: (name) => (name === 'a' || name === 'b' ? new TransportError(phases[name], 'why') : null) },
    );
    const { applied } = await fleet.run(() => [play(0, [set('x', '1')])]);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'unreachable', c: 'changed' });
    expect(applied.exitCode).toBe(2);
  });

  it('while it is changed leaves what was begun in doubt', async () => {
    const a = new ModelHost();
    a.onAction = (key) => (key === 'y' ? Promise.reject(new TransportError('link', 'the link was lost')) : 0);
    const fleet = rig({ a, b: new ModelHost() });
    const { applied } = await fleet.run(() => [play(0, [set('x', '1'), set('y', '1'), set('z', '1')])]);
    expect(outcomes(applied)).toEqual({ a: 'failed', b: 'changed' });
    expect(steps(applied.hosts[0])).toEqual(['x changed done', 'y failed in-doubt', 'z failed in-doubt']);
  });
});

describe('interrupting a run', () => {
  it('finishes the running step, begins nothing more, and accounts for every host', async () => {
    const a = new ModelHost();
    const fleet = rig({ a, b: new ModelHost() });
    let told = false;
    a.onAction = (key) => {
      if (key !== 'x') return 0;
      fleet.soft.abort('SIGINT');
      told = true;
      return 0;
    };
    // The model host stops as the real script does: it says so before its next action.
    const write = a.write.bind(a);
    a.write = async (script, options) => {
      if (!script.text.startsWith('{')) return '';
      const parsed = JSON.parse(script.text);
      const out = await write({ kind: 'write', text: JSON.stringify({ ...parsed, actions: parsed.actions.slice(0, 1) }) }, options);
      if (told) options.onStdout?.(Buffer.from(`\n${parsed.nonce} stopped 1\n`));
      return out;
    };
    const { applied } = await fleet.run(() => [play(0, [set('x', '1'), set('y', '1')])], { forks: 1 });
    expect(steps(applied.hosts[0])).toEqual(['x changed done', 'y skipped not-started']);
    expect(steps(applied.hosts[1])).toEqual(['x skipped not-started', 'y skipped not-started']);
    expect(applied).toMatchObject({ interrupted: 'SIGINT', exitCode: 130 });
  });

  it('drops the connections when told again: the running step is in doubt', async () => {
    const a = new ModelHost();
    const fleet = rig({ a });
    a.onAction = () => {
      fleet.soft.abort('SIGINT');
      fleet.hard.abort('SIGINT');
      return Promise.reject(new TransportError('aborted', 'the connection was dropped'));
    };
    const { applied } = await fleet.run(() => [play(0, [set('x', '1'), set('y', '1')])]);
    expect(steps(applied.hosts[0])).toEqual(['x failed in-doubt', 'y skipped not-started']);
    expect(applied.exitCode).toBe(130);
  });
});

describe('for generated steps and states', () => {
  const key = fc.constantFrom('a', 'b', 'c', 'd');
  const value = fc.constantFrom('1', '2', '3');
  const step = fc.record({ key, value, opaque: fc.boolean(), notify: fc.boolean() });

  it('apply does what the plan said, converges, and needs two round trips and two more per barrier', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 8 }), fc.dictionary(key, value), async (specs, state) => {
        const make = () => [
          play(
            0,
            specs.map((spec) =>
              set(spec.key, spec.value, { cloud: spec.opaque ? 'everything' : 'nothing', notify: spec.notify ? ['h'] : [] }),
            ),
            { h: set('handled', 'x') },
          ),
        ];
        const fleet = rig({ a: new ModelHost(state) });
        const { plan, applied } = await fleet.run(make);
        const certain = (run: Run) =>
          run.hosts[0]?.steps.filter((each) => each.certainty === 'exact').map((each) => [each.id, each.outcome, each.changes]) ?? [];
        const unsure = new Set(plan.hosts[0]?.steps.filter((each) => each.certainty === 'after-apply').map((each) => each.id));
        expect(certain(applied).filter(([id]) => !unsure.has(String(id)))).toEqual(certain(plan));
        expect(applied.hosts[0]?.outcome).not.toBe('failed');
        expect(Object.fromEntries(fleet.hosts.get('a')?.values ?? [])).toMatchObject(
          Object.fromEntries(specs.map((spec) => [spec.key, specs.findLast((last) => last.key === spec.key)?.value])),
        );
        const writes = fleet.transport.calls.filter((call) => call.kind === 'write');
        const releases = writes.filter((call) => call.text === 'release').length;
        expect(releases).toBeLessThanOrEqual(1);
        expect(applied.hosts[0]?.connection?.roundTrips).toBe(2 + 2 * (writes.length - releases) + releases);
      }),
    );
  });
});
