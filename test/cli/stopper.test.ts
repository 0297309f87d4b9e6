import { describe, expect, test, vi } from 'vitest';
import { createStopper } from '../../src/cli/stopper.ts';
import { testIo } from './test-io.ts';

function stopper(graceMs = 60_000): { io: ReturnType<typeof testIo>; said: string[]; stop: ReturnType<typeof createStopper> } {
  const io = testIo();
  const said: string[] = [];
  const stop = createStopper(io, { graceMs, onSoft: (signal) => said.push(`soft ${signal}`), onHard: () => said.push('hard') });
  return { io, said, stop };
}

describe('a signal', () => {
  test('the first asks the run to stop and names itself as the reason', () => {
    const { io, said, stop } = stopper();
    expect(stop.signal()).toBeNull();
    io.signal('SIGTERM');
    expect([stop.signal(), stop.signals.soft.aborted, stop.signals.soft.reason, stop.signals.hard.aborted]).toEqual([
      'SIGTERM',
      true,
      'SIGTERM',
      false,
    ]);
    expect(said).toEqual(['soft SIGTERM']);
    stop.close();
  });

  test('the second drops the connections, and nobody listens any more', () => {
    const { io, said, stop } = stopper();
    io.signal('SIGINT');
    io.signal('SIGTERM');
    expect([stop.signal(), stop.signals.hard.aborted]).toEqual(['SIGINT', true]);
    expect(said).toEqual(['soft SIGINT', 'hard']);
    expect(io.listeners()).toBe(0);
  });

  test('after the grace time drops the connections by itself', () => {
    vi.useFakeTimers();
    try {
      const { io, said, stop } = stopper(10_000);
      io.signal('SIGINT');
      vi.advanceTimersByTime(9_999);
      expect(stop.signals.hard.aborted).toBe(false);
      vi.advanceTimersByTime(1);
      expect(stop.signals.hard.aborted).toBe(true);
      expect(said).toEqual(['soft SIGINT', 'hard']);
    } finally {
      vi.useRealTimers();
    }
  });

  test('is not listened to after close, and the grace time ends', () => {
    vi.useFakeTimers();
    try {
      const { io, stop } = stopper(10);
      io.signal('SIGINT');
      stop.close();
      vi.advanceTimersByTime(100);
      expect([stop.signals.hard.aborted, io.listeners()]).toEqual([false, 0]);
    } finally {
      vi.useRealTimers();
    }
  });
});
