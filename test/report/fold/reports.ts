import fc from 'fast-check';
import { REPORT_SCHEMA_ID, type Report, type ReportChange, type ReportHost, type ReportStep } from '../../../src/report/report.ts';

/** Words of which few differ between hosts, so that hosts are alike by chance; `@` stands for the host's name, `#` for its number. */
const WORDS = [
  '@',
  '#',
  '192.0.2.#',
  '@.example.com',
  'yes',
  'no',
  '10',
  '20',
  'a',
  '‹1›',
  '\u0001',
  '\n',
  '=',
  '/',
  '',
  'deadbeef#',
  '2001:db8::#',
];

const words = fc.array(fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...WORDS) }, fc.string({ unit: 'binary' })), { maxLength: 5 });
const text = words.map((parts) => parts.join(' '));
const value = fc.oneof(text, fc.integer(), fc.double(), fc.boolean(), fc.constant(null), fc.array(text, { maxLength: 2 }));
const digest = fc.stringMatching(/^[0-9a-f]{64}$/);

const change: fc.Arbitrary<ReportChange> = fc.oneof(
  fc.record({ field: text, before: value, after: value, diff: fc.constant(null), diffNote: fc.constant(null) }),
  fc.record({
    field: fc.constant('content'),
    before: fc.oneof(fc.constant(null), fc.record({ size: fc.nat(), sha256: digest })),
    after: fc.record({ size: fc.nat(), sha256: digest }),
    diff: fc.option(text),
    diffNote: fc.option(text),
  }),
);

const step: fc.Arbitrary<ReportStep> = fc.record({
  id: text,
  play: fc.constantFrom('a', 'b'),
  part: fc.constantFrom('roles', 'before'),
  on: fc.option(text),
  role: fc.constantFrom('r', 's'),
  kind: fc.constantFrom('file', 'user'),
  subject: text,
  handler: fc.boolean(),
  notifiedBy: fc.array(text, { maxLength: 2 }),
  outcome: fc.constantFrom('ok', 'changed', 'failed', 'skipped'),
  progress: fc.constantFrom('planned', 'done', 'in-doubt', 'not-started'),
  certainty: fc.constantFrom('exact', 'after-apply'),
  reason: fc.option(text),
  durationMs: fc.option(fc.nat()),
  changes: fc.array(change, { maxLength: 2 }),
  failure: fc.option(fc.record({ action: text, exitCode: fc.option(fc.nat(3)), output: text, durationMs: fc.nat() })),
  irreversible: fc.option(text),
  wanted: digest,
});

const host: fc.Arbitrary<ReportHost> = fc.record({
  name: fc.constant('@'),
  outcome: fc.constantFrom('ok', 'changed', 'failed', 'skipped', 'unreachable'),
  error: fc.option(fc.record({ phase: fc.constantFrom('plan', 'connect'), message: text, hint: fc.option(text) })),
  connection: fc.option(fc.record({ connectMs: fc.nat(), roundTrips: fc.nat(), bytesSent: fc.nat(), bytesReceived: fc.nat() })),
  durationMs: fc.nat(),
  steps: fc.array(step, { maxLength: 4 }),
});

/** Reports of hosts that are alike by few patterns, with values of their own in them. */
export const reports: fc.Arbitrary<Report> = fc
  .tuple(fc.array(host, { minLength: 1, maxLength: 4 }), fc.array(fc.tuple(fc.nat(3), fc.nat(30)), { maxLength: 12 }))
  .map(([patterns, picks]) =>
    reportOfHosts(picks.map(([pattern, number], index) => ownHost(patterns[pattern % patterns.length], { name: `h${index}.x`, number }))),
  );

/** The pattern with a host's name and number in all its texts. */
export function ownHost(pattern: ReportHost | undefined, { name, number }: { name: string; number: number }): ReportHost {
  return JSON.parse(JSON.stringify(pattern), (_, found) =>
    typeof found === 'string' ? found.replaceAll('@', name).replaceAll('#', String(number)) : found,
  );
}

/** A report of these hosts; its totals are not theirs. */
export function reportOfHosts(hosts: readonly ReportHost[]): Report {
  return {
    schema: REPORT_SCHEMA_ID,
    run: {
      id: '20261121T101500Z-3f9a',
      mode: 'plan',
      argv: [],
      startedAt: '2026-11-21T10:15:00.000Z',
      drover: '0.1.0',
      playbook: 'playbooks/site.yml',
      inventory: [],
      limit: null,
      tags: [],
      finishedAt: '2026-11-21T10:15:01.200Z',
      durationMs: 1200,
      interrupted: null,
      exitCode: 0,
    },
    rollouts: [],
    visited: [],
    hosts,
    totals: {
      hosts: { ok: 0, changed: 0, failed: 0, skipped: 0, unreachable: 0 },
      steps: { ok: 0, changed: 0, failed: 0, skipped: 0, inDoubt: 0, notStarted: 0, idle: 0 },
      roundTrips: 0,
      bytesSent: 0,
      bytesReceived: 0,
    },
  };
}
