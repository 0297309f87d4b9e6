import { describe, expect, test } from 'vitest';
import { TransportError } from '../../src/model/transport.ts';
import { ModelHost, play, rig, set } from './rig.ts';

const plays = [play(0, [set('conf', '2', { notify: ['restart'] }), set('x', '1')], { restart: set('restarted', 'yes') })];
const restarts = (host: ModelHost): number => host.written.filter((key) => key === 'restarted').length;

describe('a notification', () => {
  test('is kept on the host from before the change until its handler has run', async () => {
    const a = new ModelHost({ conf: '1' });
    const seen: (string | undefined)[] = [];
    a.onAction = (key) => {
      seen.push(`${key}: ${a.values.get('r0/restart') ?? 'nothing kept'}`);
      return 0;
    };
    await rig({ a }).run(() => plays);
    expect(seen).toEqual(['conf: r r0/set[conf]', 'x: r r0/set[conf]', 'restarted: r r0/set[conf]']);
    expect(a.values.has('r0/restart')).toBe(false);
  });

  test.each([
    ['the step behind the change fails', () => 1],
    ['the link is lost behind the change', () => Promise.reject(new TransportError('link', 'lost'))],
  ])('is made good by the next run when %s; its plan says so beforehand', async (_title, trouble) => {
    const a = new ModelHost({ conf: '1' });
    a.onAction = (key) => (key === 'x' ? trouble() : 0);
    const fleet = rig({ a });
    await fleet.run(() => plays);
    expect(a.values.get('conf')).toBe('2');
    expect(restarts(a)).toBe(0);
    a.onAction = () => 0;
    const { plan, applied } = await fleet.run(() => plays);
    const last = plan.hosts[0]?.steps.at(-1);
    expect(last).toMatchObject({ id: 'r0/handler[restart]', outcome: 'changed', notifiedBy: ['r0/set[conf] in run r'] });
    expect(applied.hosts[0]?.outcome).toBe('changed');
    expect(restarts(a)).toBe(1);
    a.values.delete('restarted');
    expect((await fleet.run(() => plays)).applied.hosts[0]?.outcome).toBe('ok');
  });

  test('of a handler that fails stays', async () => {
    const a = new ModelHost({ conf: '1' });
    a.onAction = (key) => (key === 'restarted' ? 1 : 0);
    await rig({ a }).run(() => plays);
    expect(a.values.get('r0/restart')).toBe('r r0/set[conf]');
  });

  test('that a change never came to is not kept', async () => {
    const a = new ModelHost({ conf: '1' });
    a.onAction = () => 1;
    await rig({ a }).run(() => [play(0, [set('x', '1'), set('conf', '2', { notify: ['restart'] })], { restart: set('restarted', 'yes') })]);
    expect(a.values.has('r0/restart')).toBe(false);
  });
});
