import { micromark } from 'micromark';
import { gfm, gfmHtml } from 'micromark-extension-gfm';
import { describe, expect, test } from 'vitest';
import type { Run } from '../../src/model/run.ts';
import { reportOf } from '../../src/report/json.ts';
import { renderMarkdown } from '../../src/report/markdown/markdown.ts';
import { hostileRun } from './hostile.ts';
import { batch, content, host, names, rollout, run, step } from './records.ts';

/** What a reader of the comment sees, before its HTML is cleaned. */
function html(markdown: string): string {
  return micromark(markdown, { allowDangerousHtml: true, extensions: [gfm()], htmlExtensions: [gfmHtml()] });
}

const motd = (name: string, line = 'welcome') =>
  step('motd/file[/etc/motd]', {
    outcome: 'changed',
    progress: 'done',
    changes: [
      { field: 'content', before: content(`this is ${name}\nold\n`), after: content(`this is ${name}\n${line}\n`) },
      { field: 'mode', before: '0600', after: '0644' },
    ],
  });

const FAILED = host('db1', {
  outcome: 'failed',
  error: { phase: 'action', message: 'db/service[postgres]: it failed', hint: 'see its journal' },
  steps: [
    motd('db1'),
    step('db/service[postgres]', {
      outcome: 'failed',
      progress: 'done',
      reason: 'it failed',
      failure: { action: 'start postgres', exitCode: 1, output: 'no space left\n', durationMs: 30 },
    }),
  ],
});

const RUN: Run = run(
  [
    ...names(20).map((name) => host(name, { outcome: 'changed', steps: [motd(name)] })),
    host('odd', { outcome: 'changed', steps: [motd('odd', 'another line')] }),
    FAILED,
    host('gone', { outcome: 'unreachable', connection: null, error: { phase: 'connect', message: 'no answer', hint: null } }),
    host('fine'),
  ],
  { header: { ...run([]).header, mode: 'apply' }, exitCode: 2 },
);

describe('Markdown', () => {
  test('has totals, failures with their output, then the changes folded', () => {
    expect(renderMarkdown(reportOf(RUN))).toMatchInlineSnapshot(`
      "## drover \`apply of playbooks/site.yml\`

      **1 failed, 1 unreachable, 21 changed of 24 hosts**

      |  | hosts | steps |
      | --- | --: | --: |
      | failed | 1 | 1 |
      | unreachable | 1 |  |
      | changed | 21 | 22 |
      | ok | 1 |  |

      Took 1.2 s, 46 round trips, 92.0 kB sent, 34.5 kB received.

      ### Needs attention

      #### ✗ \`db1\` failed

      \`action\`: \`db/service[postgres]: it failed\`

      Hint: \`see its journal\`

      **✗** \`db/service[postgres]\` failed

      \`it failed\`

      \`start postgres\`: exit status 1 after 30 ms

      \`\`\`text
      no space left
      \`\`\`

      <details><summary>1 other step</summary>

      **~** \`motd/file[/etc/motd]\` changed

      The same as on \`web001\` and 19 more.

      </details>

      #### ✗ \`gone\` unreachable

      \`connect\`: \`no answer\`

      ### Changes

      <details><summary><b>1 host</b> changed, 1 step: <code>odd</code></summary>

      **~** \`motd/file[/etc/motd]\` changed

      \`mode: 0600 → 0644\`

      \`\`\`diff
      @@ -1,2 +1,2 @@
       this is odd
      -old
      +another line
      \`\`\`

      </details>

      <details><summary><b>20 hosts</b> changed, 1 step: <code>web[001:020]</code></summary>

      **~** \`motd/file[/etc/motd]\` changed

      \`mode: 0600 → 0644\`

      \`\`\`diff
      @@ -1,2 +1,2 @@
       this is ‹host›
      -old
      +welcome
      \`\`\`

      </details>

      <details><summary>about this run</summary>

      |  |  |
      | --- | --- |
      | command | \`drover plan playbooks/site.yml -i inventory/hosts.yml\` |
      | run | \`20261121T101500Z-3f9a\` |
      | started | \`2026-11-21 10:15:00 UTC\` |
      | playbook | \`playbooks/site.yml\` |
      | inventory | \`inventory/hosts.yml\` |
      | drover | \`0.1.0\` |
      | exit code | \`2: a host failed\` |

      </details>
      "
    `);
  });

  test('says of a step that another group tells what each of several hosts has there', () => {
    const site = (port: number) =>
      step('web/file[/site]', {
        outcome: 'changed',
        progress: 'done',
        changes: [{ field: 'content', before: null, after: content(`listen ${port}\n`) }],
      });
    const hosts = names(8).map((name, index) => {
      const more =
        index < 2 ? [step('web/file[/more]', { outcome: 'changed', changes: [{ field: 'mode', before: '0600', after: '0644' }] })] : [];
      return host(name, { outcome: 'changed', steps: [site(8001 + index), ...more] });
    });
    expect(renderMarkdown(reportOf(run(hosts)))).toContain('The same as on `web003` and 5 more, where `‹1›` is `8001` and `8002`.');
  });

  test('in plans says what notifies a handler and what cannot be undone', () => {
    const handler = step('web/handler[reload]', {
      outcome: 'changed',
      handler: true,
      notifiedBy: ['web/file[/site]', 'web/file[/more]'],
      changes: [{ field: 'run', before: null, after: 'reload' }],
      irreversible: 'a command',
    });
    const text = renderMarkdown(reportOf(run([host('web1', { outcome: 'changed', steps: [handler] })])));
    expect(text).toContain('notified by `web/file[/site]`, `web/file[/more]`');
    expect(text).toContain('cannot be undone: `a command`');
  });

  test('keeps what a failed action printed where there is no room for what else the host did', () => {
    const many = Array.from({ length: 400 }, (_, index) => `${index} ${'x'.repeat(390)}`).join('\n');
    const big = (path: string) =>
      step(`db/file[${path}]`, {
        outcome: 'changed',
        progress: 'done',
        changes: [{ field: 'content', before: null, after: content(many) }],
      });
    const steps = [big('/a'), big('/b'), ...FAILED.steps];
    const text = renderMarkdown(reportOf({ ...RUN, hosts: [{ ...FAILED, steps }] }));
    expect(text).toContain('no space left');
    expect(text).not.toContain('db/file[/a]');
    expect(text).toContain('diffs and outputs of 1 group of hosts');
  });

  test('cuts lines that are too long to be read', () => {
    const changes = [{ field: 'content', before: null, after: content(`${'x'.repeat(3000)}\n`) }];
    const text = renderMarkdown(
      reportOf(run([host('web1', { outcome: 'changed', steps: [step('web/file[/min.js]', { outcome: 'changed', changes })] })])),
    );
    expect(text).toMatch(/^\+x{399}… \(2601 more characters\)$/m);
  });

  test('shows the command so that it can be run again', () => {
    const shown = run([]);
    const argv = ['plan', 'site.yml', '-l', 'web:!web3', '--tags', 'a b'];
    expect(renderMarkdown(reportOf({ ...shown, header: { ...shown.header, argv } }))).toContain(
      "`drover plan site.yml -l 'web:!web3' --tags 'a b'`",
    );
  });

  test('always has who is out of service, and of many batches those that failed', () => {
    const batches = names(200).map((name, index) =>
      batch([name], index === 150 ? { state: 'gate-failed', reason: 'no answer' } : { state: 'done' }),
    );
    const rollouts = [rollout(batches, { halted: 'a gate stays closed', out: names(3, 150) })];
    const failed = names(500).map((name, index) => ({
      ...FAILED,
      name,
      error: { phase: 'action', message: `${index} ${'why '.repeat(200)}`, hint: null },
    }));
    const text = renderMarkdown(reportOf({ ...RUN, hosts: failed, rollouts }));
    expect(text.length).toBeLessThanOrEqual(65_536);
    expect(text).toContain('**Out of service, not put back:** `web[150:152]`');
    expect(text).toContain('| 151 | 1 host: `web151` | gate failed: `no answer` |');
    expect(text).toContain('about this run');
  });

  test('of a rollout has its batches and why it was halted', () => {
    const batches = [
      batch(['web001'], { state: 'done', durationMs: 1200 }),
      batch(['web002', 'web003'], { state: 'gate-failed', reason: 'no | answer', durationMs: 100, undone: true }),
    ];
    const shown = run([host('web001')], { rollouts: [rollout(batches, { halted: 'the gate of batch 2 stays closed', out: ['web003'] })] });
    const text = renderMarkdown(reportOf({ ...shown, header: { ...shown.header, mode: 'apply' } }));
    expect(text).toContain('### Rollout of `web servers`');
    expect(html(text)).toContain('<td>gate failed, put back to what it was: <code>no | answer</code></td>');
    expect(text).toContain('**Out of service, not put back:** `web003`');
  });

  test('nothing that comes from outside is a link, a mention, a heading or HTML', () => {
    const shown = html(renderMarkdown(reportOf(hostileRun())));
    const tags = new Set([...shown.matchAll(/<\/?([a-z0-9]+)/g)].map((match) => match[1]));
    const own = 'h2 h3 h4 p strong code pre table thead tbody tr th td details summary b';
    expect([...tags].sort()).toEqual(own.split(' ').sort());
    expect(shown.match(/<h2>/g)).toHaveLength(1);
    expect(shown).not.toMatch(/<[^>]*\son[a-z]+=/);
    const prose = shown.replace(/<code[\s\S]*?<\/code>/g, '').replace(/<[^>]*>/g, '');
    expect(prose).not.toMatch(/[@#<\u202e\u0000-\u0008]|owned|alert/);
    expect(shown).not.toMatch(/[\u0000-\u0008\u001b\u202e\u200b]/);
  });

  test.each([65_536, 3_000, 900])(
    'of 500 hosts of which each has another change fits into %i characters, and says what was left out',
    (most) => {
      const hosts = names(500).map((name, index) => host(name, { outcome: 'changed', steps: [motd(name, 'x'.repeat(300 + index))] }));
      const text = renderMarkdown(reportOf(run([...hosts, FAILED])), most);
      expect(text.length).toBeLessThanOrEqual(most);
      expect(text).toContain('1 failed, 500 would change of 501 hosts');
      expect(text).toMatch(/> \*\*Left out, .*groups? of hosts|> \*\*Left out, .*hosts in \d+ groups/);
      expect(text).toContain('drover report 20261121T101500Z-3f9a --format html');
      if (most > 2000) expect(text).toContain('no space left');
      expect(html(text).match(/<details>/g)?.length ?? 0).toBe(html(text).match(/<\/details>/g)?.length ?? 0);
    },
  );

  test('has nothing to say of hosts that are ok', () => {
    const text = renderMarkdown(reportOf(run(names(300).map((name) => host(name)))));
    expect(text).toContain('**300 hosts ok, nothing to change**');
    expect(text).not.toContain('web001');
  });
});
