import { describe, expect, test } from 'vitest';
import type { Work } from '../src/fingerprint.ts';
import type { Journal, JournalEvent, Wish } from '../src/journal.ts';
import type { HostPlay } from '../src/model/ports.ts';
import type { HostVisits } from '../src/model/rollout-task.ts';
import type { HostOutcome } from '../src/model/run.ts';
import { type Left, whatIsLeft, workLeft } from '../src/resume.ts';
import { hostNamed, rolloutSettings } from './work.ts';

const play = (index: number): HostPlay => ({
  index,
  part: 'roles',
  name: `play ${index}`,
  become: null,
  allow: { reboot: false, disconnect: false },
  roles: [],
});

const gate = { host: hostNamed('lb'), play: { ...play(9), part: 'gate' as const } };

/** Hosts a, b and c in these plays, which are rollouts; with a gate where `gated` is true. */
function work(plays = 1, gated = false): Work {
  const names = ['a', 'b', 'c'];
  const visits: HostVisits = { once: [], before: [], after: [], gate: gated ? [gate] : [] };
  const indexes = Array.from({ length: plays }, (_, index) => index);
  return {
    tasks: names.map((name) => ({ host: hostNamed(name), plays: indexes.map(play) })),
    plays: indexes.map((index) => ({
      index,
      name: `play ${index}`,
      rollout: {
        settings: rolloutSettings(),
        hosts: names.map((name) => ({ name, vars: {} })),
        visits: new Map(names.map((name) => [name, visits])),
        owed: new Set<string>(),
        firstBatch: 0,
      },
    })),
  };
}

const start = (host: string, of = 0): JournalEvent => ({ kind: 'turn-started', play: of, host });
const finish = (host: string, how: { outcome?: HostOutcome; done?: boolean; out?: boolean; play?: number } = {}): JournalEvent => ({
  kind: 'turn-finished',
  play: how.play ?? 0,
  host,
  outcome: how.outcome ?? 'changed',
  done: how.done ?? true,
  out: how.out ?? false,
});
const turn = (host: string, how: Parameters<typeof finish>[1] = {}): JournalEvent[] => [start(host, how.play), finish(host, how)];
const step = (host: string, id: string, more: object = {}): JournalEvent => ({
  kind: 'step-finished',
  host,
  step: id,
  part: 'roles',
  on: null,
  outcome: 'changed',
  ...more,
});
const batch = (index: number, size: number, ...hosts: string[]): JournalEvent => ({
  kind: 'batch-started',
  play: 0,
  batch: index,
  size,
  hosts,
});
const gated = (index: number, closed = false): JournalEvent => ({ kind: 'gate-finished', play: 0, batch: index, closed });
const ended = (host: string, outcome: HostOutcome): JournalEvent => ({ kind: 'host-finished', host, outcome });
const FAILED = { outcome: 'failed', done: false } as const;

function journal(
  id: string,
  events: readonly JournalEvent[],
  more: { hosts?: readonly string[]; resumes?: Journal['header']['resumes'] } = {},
): Journal {
  const { hosts = ['a', 'b', 'c'], resumes = null } = more;
  const header = {
    id,
    mode: 'apply' as const,
    argv: [],
    startedAt: '',
    drover: '0',
    playbook: 'p',
    inventory: [],
    limit: null,
    tags: [],
    skipTags: [],
  };
  return {
    header: { ...header, hosts, resumes, by: { pid: 1, machine: 'm', born: null }, fingerprint: { salt: '', text: '', plays: [] } },
    events,
  };
}

/** What is left in words: `a b` or, in several plays, `a:0,1 b:1`. */
function hosts({ plays }: Left): string {
  return [...plays].map(([name, indexes]) => ([...indexes].join() === '0' ? name : `${name}:${[...indexes].join()}`)).join(' ');
}

function left(events: readonly JournalEvent[], wish: Wish = 'resume', of: Work = work()): Left {
  return whatIsLeft(of, [journal('r1', events)], { of: 'r1', wish });
}

describe('what is left of a run', () => {
  test.each<[title: string, events: readonly JournalEvent[], resume: string, retry: string]>([
    ['that began nothing', [], 'a b c', ''],
    ['that was killed before its first turn ended', [start('a')], 'a b c', ''],
    ['that was killed between two turns', [...turn('a'), start('b')], 'b c', ''],
    ['that did all', [...turn('a'), ...turn('b'), ...turn('c', { outcome: 'ok' })], '', ''],
    ['in which a host failed', [...turn('a'), ...turn('b', FAILED)], 'c', 'b'],
    ['in which a host failed, and said so at its end', [...turn('a', FAILED), ended('a', 'failed'), ...turn('b')], 'c', 'a'],
    ['in which a host was not reached', [ended('a', 'unreachable'), ...turn('b')], 'c', 'a'],
    ['in which a host failed that its turn calls done', [...turn('a', { outcome: 'failed', done: true })], 'b c', 'a'],
    ['that was interrupted in a turn', [...turn('a'), ...turn('b', { done: false }), ended('b', 'changed')], 'b c', ''],
    ['that left a host out of service, well as its roles went', [...turn('a', { out: true }), ...turn('b')], 'a c', ''],
    ['in which nothing was to do on a host', [ended('a', 'ok'), ...turn('b')], 'c', ''],
    ['that was interrupted before a host', [ended('a', 'skipped'), ended('b', 'changed')], 'a b c', ''],
  ])('%s', (_title, events, resume, retry) => {
    expect(hosts(left(events))).toBe(resume);
    expect(hosts(left(events, 'retry-failed'))).toBe(retry);
  });

  test('is counted by play; where a host failed its later plays wait for the retry', () => {
    const events = [...turn('a'), ...turn('b'), ...turn('c', FAILED), ...turn('a', { play: 1 }), start('b', 1)];
    expect(hosts(left(events, 'resume', work(3)))).toBe('a:2 b:1,2');
    expect(hosts(left(events, 'retry-failed', work(3)))).toBe('c:0,1,2');
  });

  test('names the hosts that are done and those that failed', () => {
    expect(left([...turn('a'), ...turn('b', FAILED)])).toMatchObject({ done: ['a'], failed: ['b'] });
  });

  test('goes on with the size of the last batch', () => {
    const events = [batch(0, 0, 'a'), ...turn('a'), batch(1, 2, 'b'), start('b')];
    expect(left(events).firstBatch).toEqual(new Map([[0, 2]]));
    expect(left([]).firstBatch.get(0)).toBeUndefined();
  });
});

describe('hosts that are out of service', () => {
  test('are owed where their turn did not end or did not put them back; those that failed belong to the retry', () => {
    const events = [start('a'), ...turn('b', { done: false, out: true }), ...turn('c', { ...FAILED, out: true })];
    const resumed = left(events);
    expect([...(resumed.owed.get(0) ?? [])]).toEqual(['a', 'b']);
    expect([...(resumed.out.get(0) ?? [])]).toEqual(['c']);
    const retried = left(events, 'retry-failed');
    expect([...(retried.owed.get(0) ?? [])]).toEqual(['c']);
    expect([...(retried.out.get(0) ?? [])]).toEqual(['a', 'b']);
  });

  test('are also those that could not be reached, until they are tried again', () => {
    expect([...(left([ended('a', 'unreachable'), ...turn('b')]).out.get(0) ?? [])]).toEqual(['a']);
    const retry = journal('r2', turn('a'), { hosts: ['a'], resumes: { run: 'r1', wish: 'retry-failed' } });
    const both = whatIsLeft(work(), [journal('r1', [ended('a', 'unreachable')]), retry], { of: 'r1', wish: 'resume' });
    expect([...(both.out.get(0) ?? [])]).toEqual([]);
  });

  test('are not those that a failed turn put back', () => {
    expect([...(left([...turn('a', FAILED)], 'retry-failed').owed.get(0) ?? [])]).toEqual([]);
  });
});

describe('a gate', () => {
  const batches = [batch(0, 0, 'a'), ...turn('a'), gated(0), batch(1, 1, 'b'), ...turn('b')];

  test('that nobody saw opening brings its batch back: after and gate come again', () => {
    const resumed = left(batches, 'resume', work(1, true));
    expect(hosts(resumed)).toBe('b c');
    expect([...(resumed.owed.get(0) ?? [])]).toEqual(['b']);
  });

  test('that opened, or that the play does not have, brings nothing back', () => {
    expect(hosts(left([...batches, gated(1)], 'resume', work(1, true)))).toBe('c');
    expect(hosts(left(batches))).toBe('c');
  });

  test('that opened only because the run was told to stop brings its batch back too', () => {
    const events: JournalEvent[] = [...batches, { kind: 'stopping', signal: 'SIGINT' }, gated(1), ended('b', 'changed')];
    expect(hosts(left(events, 'resume', work(1, true)))).toBe('b c');
  });

  test('that did not open makes failed hosts of its batch, and the last word of a host is how it ended', () => {
    const events = [...batches, gated(1, true)];
    expect(hosts(left(events, 'resume', work(1, true)))).toBe('c');
    expect(hosts(left(events, 'retry-failed', work(1, true)))).toBe('b');
    // Its neighbour did not pass the gate, and both were put back to what they were.
    const undone = [...events, ...turn('b', { done: false }), ended('b', 'changed')];
    expect(hosts(left(undone, 'resume', work(1, true)))).toBe('b c');
    expect(hosts(left(undone, 'retry-failed', work(1, true)))).toBe('');
  });

  test('that was being undone when the run was killed leaves hosts to the retry, which puts them back into service', () => {
    const retried = left([...batches, gated(1, true), start('b')], 'retry-failed', work(1, true));
    expect([hosts(retried), [...(retried.owed.get(0) ?? [])]]).toEqual(['b', ['b']]);
  });
});

describe('steps that were finished', () => {
  test('are told for turns that did not end well: changed ones of the host itself', () => {
    const events = [
      start('a'),
      step('a', 'r/reboot[host]'),
      step('a', 'r/file[x]', { outcome: 'failed' }),
      step('a', 'out/file[y]', { part: 'before' }),
      step('a', 'z', { on: 'lb' }),
      start('b'),
      step('b', 'r/reboot[host]'),
      finish('b'),
    ];
    expect(left(events).finished).toEqual(new Map([['a', new Set(['r/reboot[host]'])]]));
  });

  test('stay told over two kills, and are forgotten when the turn ends well', () => {
    const first = journal('r1', [start('a'), step('a', 'reboot')]);
    const second = journal('r2', [start('a'), step('a', 'file')], { resumes: { run: 'r1', wish: 'resume' } });
    const both = whatIsLeft(work(), [first, second], { of: 'r1', wish: 'resume' });
    expect(both.finished.get('a')).toEqual(new Set(['reboot', 'file']));
    const third = journal('r3', turn('a'));
    expect(whatIsLeft(work(2), [first, second, third], { of: 'r1', wish: 'resume' }).finished.get('a')).toBeUndefined();
  });
});

describe('a run that was resumed', () => {
  const first = journal('r1', [batch(0, 0, 'a'), ...turn('a'), batch(1, 1, 'b'), ...turn('b', FAILED)]);

  test('is left with what both did not do, whichever of them is named', () => {
    const second = journal('r2', [batch(0, 2, 'c'), start('c')], { hosts: ['c'], resumes: { run: 'r1', wish: 'resume' } });
    for (const of of ['r1', 'r2']) {
      const resumed = whatIsLeft(work(), [first, second], { of, wish: 'resume' });
      expect(hosts(resumed)).toBe('c');
      expect(resumed.firstBatch.get(0)).toBe(2);
    }
  });

  test('has failed no more on hosts that a retry mended', () => {
    const second = journal('r2', turn('b'), { hosts: ['b'], resumes: { run: 'r1', wish: 'retry-failed' } });
    expect(hosts(whatIsLeft(work(), [first, second], { of: 'r1', wish: 'retry-failed' }))).toBe('');
    expect(hosts(whatIsLeft(work(), [first, second], { of: 'r1', wish: 'resume' }))).toBe('c');
  });

  test('stays with its own hosts: a resumed retry goes on with the failed ones that it did not get to', () => {
    const killed = journal('r2', [], { hosts: ['b'], resumes: { run: 'r1', wish: 'retry-failed' } });
    expect(hosts(whatIsLeft(work(), [first, killed], { of: 'r2', wish: 'resume' }))).toBe('b');
  });

  test('owes what the first of them took out of service', () => {
    const cut = journal('r1', [start('a')]);
    const second = journal('r2', [], { resumes: { run: 'r1', wish: 'resume' } });
    expect([...(whatIsLeft(work(), [cut, second], { of: 'r2', wish: 'resume' }).owed.get(0) ?? [])]).toEqual(['a']);
  });
});

describe('the work that is left', () => {
  test('has no plays of hosts that are done, and still all hosts in its rollouts', () => {
    const whole = work(2);
    const rest = workLeft(
      whole,
      left([batch(0, 1, 'a', 'b'), ...turn('a'), start('b'), step('b', 'x/reboot[host]'), ...turn('a', { play: 1 })], 'resume', whole),
    );
    expect(rest.tasks.map(({ host, plays }) => [host.name, plays.map(({ index }) => index)])).toEqual([
      ['b', [0, 1]],
      ['c', [0, 1]],
    ]);
    expect(rest.tasks.map(({ finished }) => finished)).toEqual([new Set(['x/reboot[host]']), undefined]);
    const lost = workLeft(whole, left([...turn('a', { ...FAILED, out: true })], 'resume', whole));
    expect(lost.plays.map(({ rollout }) => [...(rollout?.out ?? [])])).toEqual([['a'], []]);
    expect(rest.plays.map(({ rollout }) => [rollout?.hosts.length, [...(rollout?.owed ?? [])], rollout?.firstBatch])).toEqual([
      [3, ['b'], 1],
      [3, [], 0],
    ]);
  });

  test('has the visits of a host to itself that belong to plays that are left, and no others', () => {
    const plain = work(2);
    const visit = (index: number): HostPlay => ({ ...play(index), part: 'gate' });
    const around = (index: number): HostVisits => ({
      once: [],
      before: [],
      after: [],
      gate: [{ host: hostNamed('a'), play: visit(index) }],
    });
    const whole: Work = {
      tasks: [{ host: hostNamed('a'), plays: [play(0), visit(10), play(1), visit(11)] }],
      plays: plain.plays.map((each) => ({
        ...each,
        rollout: each.rollout === null ? null : { ...each.rollout, visits: new Map([['a', around(10 + each.index)]]) },
      })),
    };
    const first = left([batch(0, 0, 'a'), ...turn('a'), gated(0)], 'resume', whole);
    expect(workLeft(whole, first).tasks.map(({ plays }) => plays.map(({ index }) => index))).toEqual([[1, 11]]);
    expect(left([...turn('a'), ...turn('a', { play: 1 })], 'resume', { ...whole, plays: plain.plays }).done).toEqual(['a']);
  });

  test('has no more what is done once for a run, where a host of that run was begun', () => {
    const plain = work();
    const once = (['run', 'batch'] as const).map((per, index) => ({
      host: hostNamed('lb'),
      play: { ...play(10 + index), part: 'once' as const },
      per,
    }));
    const [only] = plain.plays;
    const rollout = only?.rollout ?? null;
    const visits = new Map(['a', 'b', 'c'].map((name) => [name, { once, before: [], after: [], gate: [] }]));
    const whole: Work = { ...plain, plays: [{ index: 0, name: 'play 0', rollout: rollout === null ? null : { ...rollout, visits } }] };
    const rest = (events: readonly JournalEvent[]): unknown =>
      workLeft(whole, left(events, 'resume', whole))
        .plays[0]?.rollout?.visits.get('b')
        ?.once.map(({ per }) => per);
    expect(rest([batch(0, 0, 'a')])).toEqual(['run', 'batch']);
    expect(rest([batch(0, 0, 'a'), start('a')])).toEqual(['batch']);
  });

  test('leaves plays without a rollout as they are', () => {
    const whole: Work = { ...work(), plays: [{ index: 0, name: 'play 0', rollout: null }] };
    expect(workLeft(whole, left([start('a')], 'resume', whole)).plays).toEqual(whole.plays);
  });
});
