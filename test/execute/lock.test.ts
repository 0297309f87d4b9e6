import { describe, expect, test } from 'vitest';
import { TransportError } from '../../src/model/transport.ts';
import { ModelHost, play, rig, set } from './rig.ts';

const plays = [play(0, [set('x', '1'), set('y', '1')])];

describe('one run at a time on a host', () => {
  test('another run is refused there, named with its owner, with nothing begun; other hosts go on', async () => {
    const [a, b] = [new ModelHost(), new ModelHost()];
    a.lockedBy = 'other';
    const { applied } = await rig({ a, b }).run(() => plays);
    const reason = 'run other of somebody@example.com works on this host; if it has died, the host is free in 90 s';
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'lock', message: reason } });
    expect(applied.hosts[0]?.steps.map(({ outcome, progress }) => [outcome, progress])).toEqual([
      ['skipped', 'not-started'],
      ['skipped', 'not-started'],
    ]);
    expect(a.written).toEqual([]);
    expect(a.lockedBy).toBe('other');
    expect(applied.hosts[1]?.outcome).toBe('changed');
  });

  test('a plan takes nothing', async () => {
    const a = new ModelHost();
    a.lockedBy = 'other';
    const planned = await rig({ a }).start(() => plays, { mode: 'plan' });
    expect(planned.plan.hosts[0]?.outcome).toBe('changed');
    expect(a.lockedBy).toBe('other');
  });

  test('the host is given back with the last script, which costs no round trip', async () => {
    const a = new ModelHost();
    const fleet = rig({ a });
    const { applied } = await fleet.run(() => plays);
    expect(a.lockedBy).toBe(null);
    expect(applied.hosts[0]?.connection?.roundTrips).toBe(4);
    expect(fleet.transport.calls.some(({ text }) => text === 'release')).toBe(false);
  });

  test('after a barrier behind which nothing is left to write the host is given back by a script of its own', async () => {
    const a = new ModelHost({ y: '1' });
    const fleet = rig({ a });
    await fleet.run(() => [play(0, [set('x', '1', { cloud: 'everything' }), set('y', '1')])]);
    expect(fleet.transport.calls.filter(({ text, kind }) => text === 'release' && kind === 'write')).toHaveLength(1);
    expect(a.lockedBy).toBe(null);
  });

  test('a script that ends early gives the host back itself', async () => {
    const a = new ModelHost();
    a.onAction = () => 1;
    const fleet = rig({ a });
    await fleet.run(() => [play(0, [set('x', '1', { cloud: 'everything' }), set('y', '1')])]);
    expect(fleet.transport.calls.some(({ text }) => text === 'release')).toBe(false);
    expect(a.lockedBy).toBe(null);
  });

  test('what cannot be given back is left to its lease, and the outcome stays', async () => {
    const a = new ModelHost();
    a.onAction = () => Promise.reject(new TransportError('link', 'lost'));
    const { applied } = await rig({ a }).run(() => plays);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'link' } });
  });
});
