import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Hole, HostGroup } from '../../../src/report/fold/fold.ts';
import { foldNews, foldReport } from '../../../src/report/fold/fold-report.ts';
import { groupHosts } from '../../../src/report/fold/groups.ts';
import { unfold } from '../../../src/report/fold/unfold.ts';
import type { Report, ReportStep } from '../../../src/report/report.ts';
import { stepState } from '../../../src/report/step-state.ts';
import { ownHost, reportOfHosts, reports } from './reports.ts';

/** A shown step with the values of one host in its holes, as JSON without what is never compared. */
function filled(step: ReportStep, holes: readonly Hole[], at: number): string {
  return holes.reduce(
    (text, { label, values }) => text.replaceAll(`‹${label}›`, JSON.stringify(values[at]).slice(1, -1)),
    comparable(step),
  );
}

/** Numbers as texts: a hole may stand for one. */
function comparable({ durationMs, ...step }: ReportStep): string {
  return JSON.stringify(step, (key, value) =>
    ['durationMs', 'size', 'sha256'].includes(key) ? undefined : typeof value === 'number' ? String(value) : value,
  );
}

function isTold(step: ReportStep): boolean {
  return !['ok', 'idle'].includes(stepState(step));
}

/** What is done around the roles is told without its changes. */
function outline(step: ReportStep): ReportStep {
  return step.part !== 'roles' && stepState(step) === 'changed' ? { ...step, changes: [] } : step;
}

/** Texts in which the mark of a hole occurs are told from holes by never having any. */
function hasMark(report: Report): boolean {
  return JSON.stringify(report).includes('‹');
}

test('unfolding gives every report back byte for byte', () => {
  fc.assert(
    fc.property(reports, (report) => {
      expect(JSON.stringify(unfold(foldReport(report)))).toBe(JSON.stringify(report));
    }),
    { numRuns: 300 },
  );
});

test('without what no group tells the groups are the same', () => {
  // Only the numbers of their steps are others, in the same order.
  const numbered = (groups: readonly HostGroup[]): unknown => {
    const ids = [...new Set(groups.flatMap(({ steps }) => steps.map(({ id }) => id)))];
    return groups.map((group) => ({ ...group, steps: group.steps.map((step) => ({ ...step, id: ids.indexOf(step.id) })) }));
  };
  fc.assert(
    fc.property(reports, (report) => {
      expect(numbered(foldNews(report))).toEqual(numbered(foldReport(report).groups));
    }),
    { numRuns: 300 },
  );
});

test('each host is in one group, and its steps are those of its group with its own values in the holes', () => {
  fc.assert(
    fc.property(
      reports.filter((report) => !hasMark(report)),
      fc.constantFrom('changes' as const, 'every step' as const),
      (report, alike) => {
        const groups = groupHosts(foldReport(report), alike);
        expect(groups.flatMap(({ hosts }) => hosts).sort()).toEqual(report.hosts.map(({ name }) => name).sort());
        for (const group of groups) {
          for (const [at, name] of group.hosts.entries()) {
            const host = report.hosts.find((each) => each.name === name);
            expect(host?.outcome).toBe(group.outcome);
            const told = host?.steps.filter((step) => alike === 'every step' || isTold(step)) ?? [];
            expect(group.steps.map(({ step }) => filled(step, group.holes, at))).toEqual(
              told.map((step) => comparable(alike === 'changes' ? outline(step) : step)),
            );
            for (const { sameAs, there, id, step } of group.steps) {
              if (sameAs === null) continue;
              const teller = groups[sameAs];
              const same = teller?.steps.find((each) => each.id === id);
              const short = { label: 'short', values: group.hosts.map((each) => each.replace(/\..*/, '')) };
              const own = [...there, { label: 'host', values: group.hosts }, short];
              expect(same && filled(same.step, own, at)).toBe(filled(step, group.holes, at));
              expect(teller?.hosts.length).toBeGreaterThanOrEqual(group.hosts.length);
            }
          }
        }
      },
    ),
    { numRuns: 300 },
  );
});

test('any number of copies of a host, with their own names and numbers, is one group', () => {
  fc.assert(
    fc.property(
      reports.filter(({ hosts }) => hosts.length > 0),
      fc.integer({ min: 2, max: 9 }),
      (report, copies) => {
        const [pattern] = report.hosts;
        const hosts = Array.from({ length: copies }, (_, index) => ({ ...pattern!, name: `copy${index}`, durationMs: index }));
        expect(foldReport(reportOfHosts(hosts)).groups.map((group) => group.hosts)).toEqual([hosts.map(({ name }) => name)]);
        const text = { ...pattern!, name: '@', steps: pattern!.steps.map((step) => ({ ...step, reason: 'on @ at 192.0.2.#' })) };
        const own = hosts.map(({ name }, index) => ownHost(text, { name, number: index + 1 }));
        expect(foldReport(reportOfHosts(own)).groups).toHaveLength(1);
      },
    ),
  );
});

test('folds 5,000 hosts of 20 steps that hold the name of their host, in time that is about linear', () => {
  const fileStep = (index: number, name: string, number: number): ReportStep => ({
    id: `role/file[/etc/${index}.conf]`,
    play: 'play',
    part: 'roles',
    on: null,
    role: 'role',
    kind: 'file',
    subject: `/etc/${index}.conf`,
    handler: false,
    notifiedBy: [],
    outcome: 'changed',
    progress: 'done',
    certainty: 'exact',
    reason: null,
    durationMs: number,
    changes: [
      {
        field: 'content',
        before: null,
        after: { size: number, sha256: String(number).padStart(64, '0') },
        diff: `@@ -0,0 +1,8 @@\n+address = 192.0.2.${number}\n${`+key = value of ${name} and more\n`.repeat(7)}`,
        diffNote: null,
      },
    ],
    failure: null,
    irreversible: null,
  });
  const report = reportOfHosts(
    Array.from({ length: 5000 }, (_, number) => ({
      name: `web${number}`,
      outcome: 'changed',
      error: null,
      connection: null,
      durationMs: number,
      steps: Array.from({ length: 20 }, (__, index) => fileStep(index, `web${number}`, number)),
    })),
  );
  const begun = process.cpuUsage();
  const fold = foldReport(report);
  const { user, system } = process.cpuUsage(begun);
  console.info(`folding 5,000 hosts of 20 steps took ${Math.round((user + system) / 1000)} ms of processor time`);
  expect(fold.groups.map(({ hosts, steps }) => [hosts.length, steps.length])).toEqual([[5000, 20]]);
  expect(JSON.stringify(unfold(fold)) === JSON.stringify(report)).toBe(true);
}, 60_000);
