import { describe, expect, test } from 'vitest';
import type { HostRecord } from '../../../src/model/run.ts';
import type { Fold } from '../../../src/report/fold/fold.ts';
import { foldReport } from '../../../src/report/fold/fold-report.ts';
import { unfold } from '../../../src/report/fold/unfold.ts';
import { reportOf } from '../../../src/report/json.ts';
import { content, host, names, run, step } from '../records.ts';

function fold(hosts: readonly HostRecord[]): Fold {
  const report = reportOf(run(hosts));
  const folded = foldReport(report);
  expect(JSON.stringify(unfold(folded))).toBe(JSON.stringify(report));
  return folded;
}

/** A file with the host's name and address in it. */
function templated(name: string, number: number, lines: string = ''): HostRecord {
  const text = `server_name ${name}.example.com;\nlisten 192.0.2.${number}:80;\n# ${name}\n${lines}`;
  return host(name, {
    outcome: 'changed',
    durationMs: 100 + number,
    steps: [
      step('base/sysctl[vm.swappiness]'),
      step('web/file[/etc/site.conf]', {
        outcome: 'changed',
        changes: [{ field: 'content', before: null, after: content(text) }],
        durationMs: number,
      }),
    ],
  });
}

describe('folding', () => {
  test('makes one group of hosts with the same change, and marks what is the value of a host', () => {
    const { groups } = fold(names(200).map((name, index) => templated(name, index + 1)));
    expect(groups).toHaveLength(1);
    const [group] = groups;
    expect(group?.hosts).toEqual(names(200));
    expect(group?.steps.map(({ step: { id } }) => id)).toEqual(['web/file[/etc/site.conf]']);
    expect(group?.steps[0]?.step.changes[0]?.diff).toMatchInlineSnapshot(`
      "@@ -0,0 +1,3 @@
      +server_name ‹host›.example.com;
      +listen ‹1›:80;
      +# ‹host›
      "
    `);
    expect(group?.holes.map(({ label, values }) => [label, values.slice(0, 2)])).toEqual([
      ['host', ['web001', 'web002']],
      ['1', ['192.0.2.1', '192.0.2.2']],
    ]);
    expect(group?.counts.ok).toEqual([1, 1]);
  });
});
