import { describe, expect, it } from 'vitest';
import { type PauseOptions, pause } from '../../src/steps/pause.ts';
import { hosts, testBase } from './support/host.ts';
import { planOn } from './support/view.ts';

describe('a pause', () => {
  it('is always a change, shown with its reason, and says that nothing else changes', () => {
    const step = pause({ seconds: 30, because: "the load balancer's cache; it's 20 s" });
    expect(step.subject).toBe("the load balancer's cache; it's 20 s");
    expect(planOn(step, {}, testBase(false))).toEqual({
      result: 'change',
      changes: [{ field: 'pause', before: null, after: "30 s: the load balancer's cache; it's 20 s" }],
      predicted: [],
      actions: [{ kind: 'pause', seconds: 30 }],
      irreversible: 'a pause',
    });
    expect(pause({ seconds: 5 }).subject).toBe('5 s');
  });

  it.each(hosts)('takes its time on $name, and not much more', (host) => {
    const before = performance.now();
    expect(host.apply(pause({ seconds: 1 }))).toMatchObject({ failure: null, broken: [] });
    const tookMs = performance.now() - before;
    expect(tookMs).toBeGreaterThan(970);
    expect(tookMs).toBeLessThan(5_000);
  });

  it.each(hosts)('ends when the run is stopped, on $name', (host) => {
    const before = performance.now();
    // The file is there once the action has begun.
    const events = host.write([{ kind: 'pause', seconds: 60 }], (text) => text.replace('set -eu', 'set -eu; S=/dev/null'));
    expect(events.at(-1)).toMatchObject({ kind: 'end', exitCode: 1 });
    expect(performance.now() - before).toBeLessThan(10_000);
  });

  it.each<[object, string]>([
    [{ seconds: 0 }, 'pause: seconds 0 must be a whole number, 1 to 86400'],
    [{ seconds: 1.5 }, 'must be a whole number'],
    [{ seconds: '5; id' }, 'must be a whole number'],
    [{ seconds: 5, because: '' }, 'must be words that say why'],
  ])('does not take %j', (options, message) => {
    expect(() => pause(options as PauseOptions)).toThrow(message);
  });
});
