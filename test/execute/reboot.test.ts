import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { TransportError } from '../../src/model/transport.ts';
import { reboot } from '../../src/steps/reboot.ts';
import { verify } from '../../src/steps/verify.ts';
import { ModelHost, play, rig, set } from './rig.ts';

const lines = (run: Run): string[] => (run.hosts[0]?.steps ?? []).map((step) => `${step.id} ${step.outcome} ${step.progress}`);
const required = reboot({ allowed: true, unless: 'live=1', because: 'a parameter' });

/** A host whose parameter `live` is what `next` was when it booted. */
function host(values: Record<string, string>): ModelHost {
  const made = new ModelHost(values);
  made.onReboot = () => {
    const next = made.values.get('next');
    if (next !== undefined) made.values.set('live', next);
  };
  return made;
}

describe('a reboot that is allowed', () => {
  test('is waited for by the boot id, knows the host anew, and the steps behind it are decided then', async () => {
    const a = host({ x: '1' });
    const fleet = rig({ a });
    const { plan, applied } = await fleet.run(() => [play(0, [set('next', '1'), required, set('x', '2')])]);
    expect(plan.hosts[0]?.steps.map((step) => step.certainty)).toEqual(['exact', 'exact', 'after-apply']);
    expect(lines(applied)).toEqual(['r0/set[next] changed done', 'r0/reboot[host] changed done', 'r0/set[x] changed done']);
    expect(a.boot).toBe(2);
    expect(a.written).toEqual(['next', 'x']);
    expect(fleet.transport.calls.filter(({ kind }) => kind === 'connect')).toHaveLength(2);
    expect(fleet.transport.connected).toEqual([]);
    const again = await fleet.run(() => [play(0, [set('next', '1'), required, set('x', '2')])]);
    expect(again.applied.hosts[0]?.outcome).toBe('ok');
    expect(a.boot).toBe(2);
  });

  test('goes on when the link drops before the order is confirmed, and through refused connections', async () => {
    const a = host({ next: '1' });
    const reachable = a.onReboot;
    let refusals = 3;
    a.onReboot = () => {
      void reachable();
      return Promise.reject(new TransportError('link', 'the connection was lost'));
    };
    const fleet = rig(
      { a },
      {
        connect: () => (a.boot === 2 && refusals-- > 0 ? Promise.reject(new TransportError('connect', 'connection refused')) : undefined),
      },
    );
    const { applied } = await fleet.run(() => [play(0, [required])]);
    expect(lines(applied)).toEqual(['r0/reboot[host] changed done']);
    expect(refusals).toBe(-1);
  });

  test('fails when the check does not hold afterwards, and when the host never leaves its boot', async () => {
    const stubborn = new ModelHost();
    const first = await rig({ a: stubborn }).run(() => [play(0, [required])]);
    expect(lines(first.applied)).toEqual(['r0/reboot[host] failed done']);
    expect(first.applied.hosts[0]?.error?.message).toMatch(/this check does not say so: live=1: it says false/);
    const deaf = new ModelHost();
    Object.defineProperty(deaf, 'boot', { get: () => 1, set: () => {} });
    const second = await rig({ a: deaf }).run(() => [play(0, [reboot({ allowed: true, unless: 'live=1', deadlineMs: 1 })])]);
    expect(second.applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'verify' } });
    expect(second.applied.hosts[0]?.steps[0]?.reason).toMatch(/did not come back within 0 s of its reboot: it went on running/);
  });

  test('ends at once when the host comes back with another key', async () => {
    const a = host({ next: '1' });
    const changed = (): Promise<void> => Promise.reject(new TransportError('host-key', 'the host key changed'));
    const fleet = rig({ a }, { connect: () => (a.boot === 2 ? changed() : undefined) });
    const { applied } = await fleet.run(() => [play(0, [required, set('x', '1')])]);
    expect(lines(applied)).toEqual(['r0/reboot[host] failed done', 'r0/set[x] skipped not-started']);
    expect(applied.hosts[0]?.steps[0]?.reason).toBe('the host key changed');
  });
});

test('a reboot that the play does not allow is skipped and says why; the rest goes on', async () => {
  const a = host({});
  const { applied } = await rig({ a }).run(() => [
    play(0, [reboot({ allowed: false, unless: 'live=1', because: 'a parameter' }), set('x', '1')]),
  ]);
  expect(lines(applied)).toEqual(['r0/reboot[host] skipped planned', 'r0/set[x] changed done']);
  expect(applied.hosts[0]?.steps[0]?.reason).toBe(
    'a reboot is required: a parameter: it says false; the play does not allow it (allow: [reboot])',
  );
  expect(a.boot).toBe(1);
});

describe('a check of what was brought about', () => {
  test('holds after the changes before it, which it is decided behind', async () => {
    const { plan, applied } = await rig({ a: new ModelHost({ x: '1' }) }).run(() => [play(0, [set('x', '2'), verify({ command: 'x=2' })])]);
    expect(plan.hosts[0]?.steps[1]?.certainty).toBe('after-apply');
    expect(lines(applied)).toEqual(['r0/set[x] changed done', 'r0/verify[x=2] ok planned']);
  });

  test('that held before the change is made again: a change that breaks it fails the host', async () => {
    const { applied } = await rig({ a: new ModelHost({ x: '1' }) }).run(() => [play(0, [set('x', '2'), verify({ command: 'x=1' })])]);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'verify' } });
    expect(applied.hosts[0]?.error?.message).toBe('r0/verify[x=1]: this check does not hold: x=1: it says false');
  });

  test('with nothing to change before it shows what it said, and fails in apply', async () => {
    const { plan, applied } = await rig({ a: new ModelHost({ x: '1' }) }).run(() => [play(0, [verify({ command: 'x=3' })])]);
    expect(plan.hosts[0]?.steps[0]?.changes).toEqual([{ field: 'check', before: 'exit status 1: it says false', after: 'holds' }]);
    expect(lines(applied)).toEqual(['r0/verify[x=3] failed done']);
  });

  test('that does not hold keeps the steps behind it from being begun', async () => {
    const a = new ModelHost({ x: '1' });
    const { applied } = await rig({ a }).run(() => [play(0, [verify({ command: 'x=3' }), set('y', '1')])]);
    expect(lines(applied)).toEqual(['r0/verify[x=3] failed done', 'r0/set[y] skipped not-started']);
    expect(a.written).toEqual([]);
  });

  test('is left out with its reason where its condition fails', async () => {
    const check = verify({ command: 'x=3', onlyIf: 'ready=1', reason: 'after the reboot' });
    const { applied } = await rig({ a: new ModelHost() }).run(() => [play(0, [check])]);
    expect(applied.hosts[0]?.steps[0]).toMatchObject({ outcome: 'skipped', reason: 'after the reboot' });
  });

  test('among the proofs comes after the handlers', async () => {
    const proof = verify({ command: 'handled=yes', name: 'proof of it' });
    const steps = [set('x', '1', { notify: ['h'] }), proof];
    const { applied } = await rig({ a: new ModelHost() }).run(() => [play(0, steps, { h: set('handled', 'yes') })]);
    expect(lines(applied)).toEqual(['r0/set[x] changed done', 'r0/handler[h] changed done', 'r0/verify[proof of it] ok planned']);
  });
});
