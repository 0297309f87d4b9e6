import { describe, expect, it } from 'vitest';
import { verify } from '../../src/steps/verify.ts';
import { ModelHost, play, rig, set } from './rig.ts';
import { rollout } from './rollout-rig.ts';

/** Holds while the host's version is 1. */
const isOld = (name: string) => verify({ name, command: 'version=1' });

/** Checks that held before the work and do not any more: whoever believes the first look puts a sick host back. */
describe('a check', () => {
  const sick = (): ModelHost => new ModelHost({ version: '1' });

  it('on the host itself, behind the work on it, is made anew', async () => {
    const { plays, options } = rollout({
      hosts: { a: {} },
      steps: () => [set('version', '2')],
      before: () => [{ on: 'lb', steps: [set('weight a', '0')] }],
      after: () => [{ steps: [isOld('healthy')] }, { on: 'lb', steps: [set('weight a', '1')] }],
    });
    const lb = new ModelHost({ 'weight a': '1' });
    const { applied } = await rig({ a: sick(), lb }).run(plays, options);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'after' } });
    expect(lb.values.get('weight a')).toBe('0');
  });

  it('in a gate is made anew after the soak, also where the same one held before it', async () => {
    const a = new ModelHost({ version: '1', color: 'red' });
    const { plays, options } = rollout({
      hosts: { a: {} },
      settings: { soakMs: 1_000 },
      steps: () => [set('color', 'blue')],
      after: () => [{ steps: [isOld('healthy')] }],
      gate: () => [{ steps: [isOld('healthy')] }],
    });
    const pause = async (): Promise<void> => {
      a.values.set('version', 'gone');
    };
    const { applied } = await rig({ a }, { clock: { pause, now: () => 0 } }).run(plays, options);
    expect(applied.rollouts[0]?.batches).toMatchObject([{ state: 'gate-failed' }]);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'gate' } });
  });

  it('in a later play is made anew', async () => {
    const { applied } = await rig({ a: sick() }).run(() => [play(0, [set('version', '2')]), play(1, [isOld('healthy')])], { plays: 2 });
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'verify' } });
  });

  it('behind another one is made anew too', async () => {
    const other = verify({ name: 'other', command: 'color=red' });
    const { applied } = await rig({ a: new ModelHost({ version: '1', color: 'red' }) }).run(() => [
      play(0, [set('version', '2'), other, isOld('healthy')]),
    ]);
    expect(applied.hosts[0]).toMatchObject({ outcome: 'failed', error: { phase: 'verify' } });
  });

  it('that holds costs no round trip where nothing was changed', async () => {
    const bench = rig({ a: sick() });
    await bench.run(() => [play(0, [set('version', '1'), isOld('one')]), play(1, [isOld('two')])], { plays: 2 });
    expect(bench.transport.calls.filter(({ kind }) => kind === 'read')).toHaveLength(2);
  });
});
