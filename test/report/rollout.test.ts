import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BatchRecord, RolloutRecord } from '../../src/model/rollout.ts';
import type { HostRecord, Run, StepRecord } from '../../src/model/run.ts';
import { renderRun, type TextOptions } from '../../src/report/text.ts';
import { batch, host, names, rollout, run, step } from './records.ts';

function plan(hosts: readonly HostRecord[], rollouts: readonly RolloutRecord[], options: Partial<TextOptions> = {}): string {
  return renderRun(run(hosts, { rollouts }), { colours: 0, width: 80, show: 'plan', ...options });
}

function result(
  hosts: readonly HostRecord[],
  rollouts: readonly RolloutRecord[],
  { interrupted = null, ...options }: Partial<TextOptions> & Partial<Pick<Run, 'interrupted'>> = {},
): string {
  const made = run(hosts, { rollouts, interrupted });
  return renderRun({ ...made, header: { ...made.header, mode: 'apply' } }, { colours: 0, width: 80, show: 'result', ...options });
}

/** The blocks of the text that tell of rollouts. */
function sections(text: string): string {
  return text
    .split('\n\n')
    .filter((block) => block.startsWith('rollout of '))
    .join('\n\n');
}

const around = {
  once: ['migrate on db01'],
  before: ['balancer on lb1, lb2'],
  after: ['wait-http', 'balancer on lb1, lb2'],
  gate: ['wait-http on lb1'],
};
const growing = rollout([batch(names(1)), batch(names(10, 2)), batch(names(50, 12))], {
  hosts: 64,
  domains: [
    { by: 'zone', max: 1, most: 1 },
    { by: 'rack', max: 3, most: 2 },
  ],
  maxFailures: { total: 6, batch: 1 },
  soakMs: 30_000,
  onGateFailure: 'undo',
  around,
});

/** Takes the host off lb1, changes it, puts it back; as it stands in a plan. */
function turn(name: string): readonly StepRecord[] {
  const common = { play: 'web servers', outcome: 'changed' } as const;
  const version = { field: 'version', before: '1.0', after: '1.1' };
  return [
    step(`balancer/line[server ${name}:80]`, {
      ...common,
      part: 'before',
      on: 'lb1',
      changes: [{ field: 'down', before: null, after: true }],
    }),
    step('web/package[nginx]', { ...common, changes: [version] }),
    step('wait-http/wait[port 80]', { ...common, part: 'after' }),
    step(`balancer/line[server ${name}:80]#2`, { ...common, part: 'after', on: 'lb1' }),
  ];
}

function done(name: string): readonly StepRecord[] {
  return turn(name).map((each) => ({ ...each, progress: 'done', durationMs: 10 }));
}

describe('the plan of a rollout', () => {
  test('says how the hosts are gone through, before what changes on them', () => {
    const shown = plan([host('web001', { outcome: 'changed', steps: turn('web001') })], [growing]);
    expect(shown).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 1 host

      rollout of web servers: 61 of 64 hosts have something to do, in 3 batches
        out at once  at most 50 hosts, while none fails
                     at most 1 of each zone, 2 of each rack (3 may)
        once         migrate on db01
        before       balancer on lb1, lb2
        after        wait-http, then balancer on lb1, lb2
        gate         30.0 s after each batch: wait-http on lb1
                     where it stays closed, the batch is put back to what it was, and
                     the rollout halts
        failures     6 in all and 1 in a batch may fail or be unreachable, one more
                     halts the rollout
                     a host that fails is put back into service
        batch 1      1 host: web001
        batch 2      10 hosts: web002, web003, web004, web005, web006 and 5 more
        batch 3      50 hosts: web012, web013, web014, web015, web016 and 45 more

      web001: 4 would change
        ~ before  balancer/line[server web001:80] on lb1
        ~ web/package[nginx]
            version: 1.0 → 1.1
        ~ after   wait-http/wait[port 80]
        ~ after   balancer/line[server web001:80]#2 on lb1

      hosts   1 would change
      steps   4 would change
      took    1.2 s, 2 round trips, 4.0 kB sent, 1.5 kB received
      "
    `);
  });

  test('of all hosts at once, with nothing around them, is short', () => {
    expect(sections(plan([], [rollout([batch(names(3))])]))).toMatchInlineSnapshot(`
      "rollout of web servers: 3 of 3 hosts have something to do, in 1 batch
        out at once  at most 3 hosts, while none fails
        failures     the first host that fails or is unreachable halts the rollout
        batch 1      3 hosts: web001, web002, web003"
    `);
  });

  test.each<[string, Partial<RolloutRecord>, string]>([
    [
      'any number of failures',
      { maxFailures: { total: null, batch: null } },
      'failures     any number of hosts may fail or be unreachable',
    ],
    [
      'failures in a batch',
      { maxFailures: { total: null, batch: 2 } },
      'failures     2 in a batch may fail or be unreachable, one more halts the',
    ],
    ['a soak time without a gate', { soakMs: 90_000 }, 'soak         1 min 30 s after each batch'],
    ['hosts that stay out', { onFailure: 'leaveOut', around }, '             a host that fails stays out of service'],
    ['a gate that halts', { around }, '             where it stays closed, the rollout halts'],
    ['hosts that failed already', { failed: ['db8', 'db9'] }, 'failed       2 already: db8, db9'],
    ['a host that is alone', { hosts: 2 }, 'rollout of web servers: 1 of 2 hosts has something to do, in 1 batch'],
  ])('tells %s', (_, fields, line) => {
    expect(sections(plan([], [rollout([batch(['web1'])], fields)])).split('\n')).toContainEqual(
      line.startsWith('rollout') ? line : `  ${line}`,
    );
  });

  test('that would not begin says so first', () => {
    const halted = rollout([batch(names(2))], {
      halted: 'the failure budget is spent: 1 host in all failed or could not be reached, 0 may',
    });
    expect(sections(plan([], [{ ...halted, failed: ['db9'] }]))).toMatchInlineSnapshot(`
      "rollout of web servers: would not begin; 2 of 2 hosts have something to do, in 1
      batch
        because      the failure budget is spent: 1 host in all failed or could not be
                     reached, 0 may
        out at once  at most 2 hosts, while none fails
        failures     the first host that fails or is unreachable halts the rollout
        failed       1 already: db9
        batch 1      2 hosts: web001, web002"
    `);
  });

  test('of hosts that need nothing is one line', () => {
    expect(sections(plan([], [rollout([], { hosts: 5 })]))).toBe('rollout of web servers: none of 5 hosts has anything to do');
  });

  test('folds the batches of a long one, and with verbose does not', () => {
    const long = rollout(names(100).map((name) => batch([name])));
    expect(sections(plan([], [long]))).toMatchInlineSnapshot(`
      "rollout of web servers: 100 of 100 hosts have something to do, in 100 batches
        out at once    at most 1 host, while none fails
        failures       the first host that fails or is unreachable halts the rollout
        batch 1        1 host: web001
        batch 2        1 host: web002
        batch 3        1 host: web003
        batches 4-100  97 hosts: web004, web005, web006, web007, web008 and 92 more"
    `);
    expect(sections(plan([], [long], { verbose: 1 })).split('\n')).toContain('  batch 100    1 host: web100');
  });
});

describe('steps around the roles', () => {
  test('have a line each, in which hosts that share a block have their own name', () => {
    const hosts = names(3).map((name) => host(name, { outcome: 'changed', steps: turn(name) }));
    expect(plan(hosts, [])).toContain(
      [
        'web001, web002, web003: 4 would change',
        '  ~ before  balancer/line[server ‹host›:80] on lb1',
        '  ~ web/package[nginx]',
        '      version: 1.0 → 1.1',
        '  ~ after   wait-http/wait[port 80]',
        '  ~ after   balancer/line[server ‹host›:80]#2 on lb1',
        '',
      ].join('\n'),
    );
  });

  test('show their changes with verbose', () => {
    const shown = plan([host('web1', { outcome: 'changed', steps: turn('web1') })], [], { verbose: 1 });
    expect(shown).toContain('  + before  balancer/line[server web1:80] on lb1\n      down: yes\n');
  });

  test('tell what was undone', () => {
    const undone = step('web/package[nginx]', { id: 'undo web/package[nginx]', part: 'undo', outcome: 'changed', progress: 'done' });
    expect(result([host('web1', { outcome: 'changed', steps: [undone] })], [])).toContain('\n  ~ undo    web/package[nginx]\n');
  });

  test('show what went wrong in them', () => {
    const failure = { action: 'edit haproxy.cfg', exitCode: 1, output: 'no such server\n', durationMs: 20 };
    const steps = done('web1').slice(0, 1);
    const failed = steps.map((each): StepRecord => ({ ...each, outcome: 'failed', failure }));
    const message = 'before on lb1: balancer/line[server web1:80]: exit status 1';
    expect(result([host('web1', { outcome: 'failed', error: { phase: 'before', message, hint: null }, steps: failed })], [])).toContain(
      [
        'web1: failed · 1 failed',
        '  ✗ before  balancer/line[server web1:80] on lb1  failed',
        '      down: yes',
        '      edit haproxy.cfg: exit status 1 after 20 ms',
        '      | no such server',
      ].join('\n'),
    );
  });
});

const spent = 'the failure budget is spent: 2 hosts in all failed or could not be reached, 1 may';
const left = { outcome: 'skipped', error: { phase: 'halted', message: `not started: ${spent}`, hint: null } } as const;

/** One that failed in its roles and was left out. */
function leftOut(name: string): HostRecord {
  const begun = done(name).filter(({ part }) => part !== 'after');
  const steps = begun.map((each): StepRecord => {
    if (each.part === 'before') return each;
    return { ...each, outcome: 'failed', reason: 'no such version' };
  });
  const message = 'web/package[nginx]: no such version';
  return host(name, { outcome: 'failed', error: { phase: 'action', message, hint: null }, steps });
}

describe('the result of a rollout', () => {
  const ended = [
    host('web001', { outcome: 'changed', steps: done('web001') }),
    leftOut('web002'),
    leftOut('web003'),
    ...names(58, 4).map((name) => host(name, left)),
  ];
  const halted: RolloutRecord = {
    ...growing,
    maxFailures: { total: 1, batch: null },
    onFailure: 'leaveOut',
    failed: ['web002', 'web003'],
    out: ['web002', 'web003'],
    halted: spent,
    batches: [
      batch(names(1), { state: 'done', durationMs: 62_000 }),
      batch(names(10, 2), { state: 'halted', durationMs: 190_000 }),
      batch(names(50, 12), { state: 'not-started' }),
    ],
  };

  test('that was halted says why, who was not started, who is out of service, and how to go on', () => {
    expect(result(ended, [halted])).toMatchInlineSnapshot(`
      "apply of playbooks/site.yml on 61 hosts

      web002, web003: failed · 1 failed, 1 changed
        ~ before  balancer/line[server ‹host›:80] on lb1
        ✗ web/package[nginx]  failed
            no such version
            version: 1.0 → 1.1

      web001: 4 changed
        ~ before  balancer/line[server web001:80] on lb1
        ~ web/package[nginx]
            version: 1.0 → 1.1
        ~ after   wait-http/wait[port 80]
        ~ after   balancer/line[server web001:80]#2 on lb1

      web[004:061]: not started
        halted: the failure budget is spent: 2 hosts in all failed or could not be
        reached, 1 may

      host    outcome  ok  changed  failed    time
      web001  changed   -        4       -  400 ms
      web002  failed    -        1       1  400 ms
      web003  failed    -        1       1  400 ms
      and 58 not started

      rollout of web servers: 1 of 3 batches done
        halted          the failure budget is spent: 2 hosts in all failed or could
                        not be reached, 1 may
        failed          2 (1 in all may): web002, web003
        batch 1         1 host, done in 1 min 02 s: web001
        batch 2         halted after 3 min 10 s, 2 failed, 8 not started
                        10 hosts: web002, web003, web004, web005, web006 and 5 more
        batch 3         50 hosts, not started: web012, web013, web014 and 47 more
        not started     58: web004, web005, web006, web007, web008, web009 and 52 more
        out of service  2, not put back: web002, web003

      hosts   2 failed, 1 changed, 58 skipped
      steps   2 failed, 6 changed
      took    1.2 s, 122 round trips, 244.0 kB sent, 91.5 kB received
      retry   drover apply --retry-failed 20261121T101500Z-3f9a
      go on   drover apply --resume 20261121T101500Z-3f9a
      "
    `);
  });

  test('names all hosts that were not started with verbose, and how it was to go', () => {
    const shown = sections(result(ended, [halted], { verbose: 1 }));
    for (const name of names(58, 4)) expect(shown.split('not started     58:')[1]).toContain(name);
    expect(shown).toContain('wait-http, then balancer on lb1, lb2');
  });

  test('has the same words with colours, what is bad in red', () => {
    const coloured = result(ended, [halted], { colours: 1 });
    expect(coloured).toContain('\x1b[2mout of service\x1b[22m  \x1b[31m2, not put back: web002, web003\x1b[39m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(result(ended, [halted]));
  });

  test('tells a gate that stayed closed, and that its batch was put back', () => {
    const closed: RolloutRecord = {
      ...growing,
      failed: ['web001'],
      halted: 'the gate behind batch 1 did not open: web001: wait-http/wait[http://web001/]: status 502',
      batches: [
        batch(names(1), {
          state: 'gate-failed',
          durationMs: 95_000,
          reason: 'web001: wait-http/wait[http://web001/]: status 502',
          undone: true,
        }),
        batch(names(10, 2), { state: 'not-started' }),
      ],
    };
    const again = done('web001').map((each): StepRecord => ({ ...each, part: each.part === 'roles' ? 'undo' : each.part }));
    const canary = host('web001', { outcome: 'failed', error: { phase: 'gate', message: 'closed', hint: null }, steps: again });
    expect(sections(result([canary, ...names(10, 2).map((name) => host(name, left))], [closed]))).toMatchInlineSnapshot(`
      "rollout of web servers: 0 of 2 batches done
        halted       the gate behind batch 1 did not open: web001:
                     wait-http/wait[http://web001/]: status 502
        failed       1 (6 in all and 1 in a batch may): web001
        batch 1      gate closed after 1 min 35 s, put back to what it was, 1 failed
                     1 host: web001
        batch 2      10 hosts, not started: web002, web003, web004 and 7 more
        not started  10: web002, web003, web004, web005, web006, web007 and 4 more"
    `);
  });

  test('that came to its end names the command for its failures, and none where there are none', () => {
    const batches = [batch(names(2), { state: 'done', durationMs: 62_000 })];
    const all = names(2).map((name) => host(name, { outcome: 'changed', steps: done(name) }));
    const fine = result(all, [rollout(batches)]);
    expect(sections(fine)).toBe(
      'rollout of web servers: 1 of 1 batch done\n  failed   none (none may)\n  batch 1  2 hosts, done in 1 min 02 s: web001, web002',
    );
    expect(fine).not.toContain('drover apply');
    const borne = result(all, [rollout(batches, { maxFailures: { total: null, batch: null }, failed: ['web002'] })]);
    expect(borne).toContain('  batch 1  done in 1 min 02 s, 1 failed\n           2 hosts: web001, web002\n');
    expect(borne.endsWith('\nretry   drover apply --retry-failed 20261121T101500Z-3f9a\n')).toBe(true);
  });

  test('names hosts that were told to stop, which are no failures', () => {
    const steps = done('web1').map(
      (each): StepRecord => (each.part === 'roles' ? { ...each, outcome: 'skipped', progress: 'not-started' } : each),
    );
    const shown = result(
      [host('web1', { outcome: 'changed', steps })],
      [rollout([batch(['web1'], { state: 'halted' })], { halted: spent })],
    );
    expect(shown).toContain('  not finished  1: web1\n');
    expect(shown.endsWith('\ngo on   drover apply --resume 20261121T101500Z-3f9a\n')).toBe(true);
  });

  test('tells a host that found no room in its batch, though the rollout went on', () => {
    const message = 'not started: web9 is out of service, and of zone="a" at most 1 may be';
    const waiting = host('web2', { outcome: 'skipped', error: { phase: 'halted', message, hint: null } });
    const shown = result([host('web1', { steps: done('web1') }), waiting], [rollout([batch(['web1', 'web2'], { state: 'done' })])]);
    expect(shown).toContain('  not started  1: web2\n');
    expect(shown).toContain('web2: not started\n  halted: web9 is out of service,');
    expect(shown.endsWith('\ngo on   drover apply --resume 20261121T101500Z-3f9a\n')).toBe(true);
  });

  test('that was interrupted ends with the command to go on', () => {
    const shown = result([], [growing], { interrupted: 'SIGINT' });
    expect(shown.endsWith('\ninterrupted by SIGINT\ngo on   drover apply --resume 20261121T101500Z-3f9a\n')).toBe(true);
  });

  test('keeps a host that an earlier play changed apart from those that were left alone', () => {
    const earlier = [step('base/sysctl[x]', { play: 'base', outcome: 'changed', progress: 'done' })];
    const hosts = [host('web1', { ...left, steps: earlier }), host('web2', left), host('web3', left)];
    const shown = result(hosts, [rollout([batch(['web1', 'web2', 'web3'], { state: 'not-started' })], { halted: spent })]);
    expect(shown).toContain(`web2, web3: not started\n  halted: ${spent.slice(0, 60)}`);
    expect(shown).toContain('web1: skipped · 1 changed\n');
    expect(shown).toContain('not started  3: web1, web2, web3');
  });
});

const word = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', ' ', '\u001b', '\n', '…', '7'), minLength: 1, maxLength: 90 });
const states = fc.constantFrom<BatchRecord['state']>('planned', 'done', 'gate-failed', 'halted', 'not-started');
const rolloutArbitrary = fc
  .record({
    sizes: fc.array(fc.tuple(fc.integer({ min: 1, max: 70 }), states, fc.option(word), fc.boolean()), { maxLength: 30 }),
    prefix: word.map((text) => text.replace(/[^a-z]/g, 'x')),
    play: word,
    words: fc.array(word, { maxLength: 3 }),
    halted: fc.option(word),
    soakMs: fc.constantFrom(0, 500, 90_000),
    total: fc.option(fc.nat(9)),
  })
  .map(({ sizes, prefix, play, words, halted, soakMs, total }) => {
    let next = 0;
    const batches = sizes.map(([size, state, reason, undone]) =>
      batch(
        Array.from({ length: size }, () => `${prefix}${next++}`),
        { state, reason, undone, durationMs: state === 'not-started' ? null : 4000 },
      ),
    );
    return rollout(batches, {
      play,
      halted,
      soakMs,
      maxFailures: { total, batch: null },
      failed: batches.flatMap(({ hosts }) => hosts.slice(0, 1)).slice(0, 5),
      around: { once: words, before: words, after: words, gate: words },
      domains: words.map((by) => ({ by, max: 2, most: 1 })),
    });
  });

describe('the section of any rollout', () => {
  test('is no wider than the terminal, harmless, and lists or counts every host of every batch', () => {
    fc.assert(
      fc.property(rolloutArbitrary, fc.constantFrom('plan', 'result'), fc.nat(2), (shown, show, verbose) => {
        const text = sections(renderRun(run([], { rollouts: [shown] }), { colours: 0, width: 80, show, verbose }));
        for (const line of text.split('\n')) expect([...line].length, line).toBeLessThanOrEqual(80);
        expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f]/);
        const counts = [...text.matchAll(/(\d+) hosts?(?:, [a-z ]+?(?: (?:in|after) [\d.]+ m?s)?)?:\s/g)].map((match) => Number(match[1]));
        const all = shown.batches.flatMap(({ hosts }) => hosts);
        expect(counts.reduce((sum, number) => sum + number, 0)).toBe(all.length);
      }),
      { numRuns: 300 },
    );
  });
});
