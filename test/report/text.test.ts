import { describe, expect, test } from 'vitest';
import type { HostRecord, Run } from '../../src/model/run.ts';
import { renderRun, type TextOptions } from '../../src/report/text.ts';
import { content, host, run, step } from './records.ts';

function text(shown: Run, options: Partial<TextOptions> = {}): string {
  return renderRun(shown, {
    colours: 0,
    width: 80,
    show: 'plan',
    reportFile: '.drover/runs/20261121T101500Z-3f9a/report.json',
    ...options,
  });
}

function applied(hosts: readonly HostRecord[], fields: Partial<Run> = {}): Run {
  const made = run(hosts, fields);
  return { ...made, header: { ...made.header, mode: 'apply' } };
}

const oks = Array.from({ length: 11 }, (_, index) => step(`base/sysctl[net.${index}]`));
const motd = step('motd/file[/etc/motd]', {
  outcome: 'changed',
  changes: [
    { field: 'content', before: content('Welcome\nold line\nbye\n'), after: content('Welcome\nnew line\x1b[31m\nbye') },
    { field: 'mode', before: '0644', after: '0600' },
  ],
});
const site = step('web/file[/etc/nginx/conf.d/site.conf]', {
  outcome: 'changed',
  changes: [
    { field: 'type', before: null, after: 'file' },
    { field: 'content', before: null, after: content('server {\n\tlisten 80;\n}\n') },
    { field: 'mode', before: null, after: '0644' },
  ],
});
const old = step('web/absent[/etc/nginx/conf.d/default.conf]', {
  outcome: 'changed',
  changes: [{ field: 'type', before: 'file', after: null }],
});
const service = step('web/service[nginx]', {
  outcome: 'changed',
  certainty: 'after-apply',
  reason: 'known after apply: web/package[nginx] decides what it finds',
  changes: [
    { field: 'running', before: null, after: true },
    { field: 'content', before: null, after: content('wanted\n') },
  ],
});
const user = step('base/user[deploy]', {
  outcome: 'changed',
  irreversible: 'the old home directory is moved',
  changes: [
    { field: 'shell', before: '/bin/sh', after: '/bin/bash' },
    { field: 'groups', before: ['adm'], after: ['adm', 'docker'] },
  ],
});
const reload = step('web/handler[reload nginx]', {
  outcome: 'changed',
  handler: true,
  notifiedBy: ['web/file[/etc/nginx/conf.d/site.conf]'],
  changes: [{ field: 'reload', before: null, after: 'nginx' }],
});
const idle = step('web/handler[restart nginx]', { outcome: 'skipped', handler: true, reason: 'nothing notified it' });

describe('a plan', () => {
  test('tells hosts that need nothing in a line, folds equal hosts, and ends with those that need attention', () => {
    const changing = { outcome: 'changed', steps: [...oks, motd, site, old, service, user, reload, idle] } as const;
    const down = { phase: 'connect', message: '192.0.2.9 port 22: no answer within 10 s', hint: 'is the host up?' };
    const shown = run([
      host('web1', changing),
      host('old1', { outcome: 'failed', error: { phase: 'plan', message: 'role motd does not support centos 5', hint: null } }),
      host('web2', changing),
      host('web3', { steps: [...oks, idle] }),
      host('db9', { outcome: 'unreachable', connection: null, durationMs: 10_010, error: down }),
      host('web4', { steps: oks }),
      host('win1', { outcome: 'skipped', steps: [step('base/file[x]', { outcome: 'skipped', reason: 'no play has it' })] }),
    ]);
    expect(text(shown)).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 7 hosts

      old1: failed
        plan: role motd does not support centos 5

      db9: unreachable
        connect: 192.0.2.9 port 22: no answer within 10 s
        hint: is the host up?

      web1, web2: 6 would change, 11 ok
        ~ motd/file[/etc/motd]
            mode: 0644 → 0600
            content:
              @@ -1,3 +1,3 @@
               Welcome
              -old line
              -bye
              +new line\\x1b[31m
              +bye
              \\ No newline at end of file
        + web/file[/etc/nginx/conf.d/site.conf]
            type: file, mode: 0644
            content:
              @@ -0,0 +1,3 @@
              +server {
              +	listen 80;
              +}
        - web/absent[/etc/nginx/conf.d/default.conf]
            type: file
        ~ web/service[nginx]
            known after apply: web/package[nginx] decides what it finds
            running: ? → yes
            content: ? →
              +wanted
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash
            groups: adm → adm, docker
            cannot be undone: the old home directory is moved
        ~ web/handler[reload nginx]
            notified by web/file[/etc/nginx/conf.d/site.conf]
            reload: nginx

      win1: skipped · 1 skipped
        - base/file[x]  skipped
            no play has it

      web3, web4: ok, nothing to change

      host  outcome       ok  skipped  would change    time
      web3  ok            11        -             -  400 ms
      web4  ok            11        -             -  400 ms
      win1  skipped        -        1             -  400 ms
      web1  would change  11        -             6  400 ms
      web2  would change  11        -             6  400 ms
      db9   unreachable    -        -             -  10.0 s
      old1  failed         -        -             -  400 ms

      hosts   1 failed, 1 unreachable, 2 would change, 1 skipped, 2 ok
      steps   12 would change, 1 skipped, 44 ok
      took    1.2 s, 12 round trips, 24.0 kB sent, 9.0 kB received
      report  .drover/runs/20261121T101500Z-3f9a/report.json
      "
    `);
  });

  test('of a check says so', () => {
    const shown = run([host('web1', { steps: oks })]);
    expect(text({ ...shown, header: { ...shown.header, mode: 'check' } })).toMatch(/^check of playbooks\/site\.yml on 1 host\n/);
  });

  test('of one host has no table, and says limit and tags', () => {
    const shown = run([host('web1', { steps: oks })]);
    expect(text({ ...shown, header: { ...shown.header, limit: 'web*', tags: ['a', 'b'] } })).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 1 host, limit web*, tags a, b

      web1: ok, nothing to change

      hosts   1 ok
      steps   11 ok
      took    1.2 s, 2 round trips, 4.0 kB sent, 1.5 kB received
      report  .drover/runs/20261121T101500Z-3f9a/report.json
      "
    `);
  });

  test('of no step says none', () => {
    expect(text(run([host('web1')]), { reportFile: null })).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 1 host

      web1: ok, nothing to change

      hosts   1 ok
      steps   none
      took    1.2 s, 2 round trips, 4.0 kB sent, 1.5 kB received
      "
    `);
  });

  test('counts the ok hosts of a large fleet', () => {
    const hosts = Array.from({ length: 40 }, (_, index) => host(`web${index + 1}`, { steps: oks }));
    expect(text(run([...hosts, host('db1', { outcome: 'changed', steps: [user] })]))).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 41 hosts

      db1: 1 would change
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash
            groups: adm → adm, docker
            cannot be undone: the old home directory is moved

      web[1:40]: ok, nothing to change

      host  outcome       ok  would change    time
      db1   would change   -             1  400 ms
      and 40 ok

      hosts   1 would change, 40 ok
      steps   1 would change, 440 ok
      took    1.2 s, 82 round trips, 164.0 kB sent, 61.5 kB received
      report  .drover/runs/20261121T101500Z-3f9a/report.json
      "
    `);
  });

  test('shortens long diffs and says so; with verbose it does not', () => {
    const long = content(Array.from({ length: 200 }, (_, index) => `${index}\n`).join(''));
    const shown = run([
      host('web1', {
        outcome: 'changed',
        steps: [step('a/file[/x]', { outcome: 'changed', changes: [{ field: 'content', before: null, after: long }] })],
      }),
    ]);
    expect(text(shown)).toContain('\n        +118\n        … 81 more lines of this diff are not shown, 81 of them changes\n');
    expect(text(shown, { verbose: 1 })).toContain('\n        +199\n\n');
  });

  test('keeps to 80 columns, but for lines of files and words that cannot be broken', () => {
    const names = Array.from({ length: 30 }, (_, index) => `web${index}.example.com`);
    const long = step('base/user[deploy]', {
      outcome: 'changed',
      reason: 'word '.repeat(40).trim(),
      changes: [{ field: 'groups', before: [], after: names }],
    });
    const shown = run(names.map((name) => host(name, { outcome: 'changed', steps: [long] })));
    for (const line of text(shown).split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  test('shows nothing of a host as it is that a terminal would act on', () => {
    const evil = '\x1b]0;evil\x07';
    const shown = run([
      host(`web${evil}`, {
        outcome: 'failed',
        error: { phase: 'read', message: evil, hint: evil },
        steps: [
          step(`a/file[${evil}]`, { outcome: 'changed', changes: [{ field: evil, before: evil, after: [evil] }] }),
          step(`a/x[y]`, { outcome: 'failed', reason: evil, failure: { action: evil, exitCode: 1, output: `${evil}\n`, durationMs: 1 } }),
        ],
      }),
    ]);
    expect(text(shown)).not.toMatch(/[\x00-\x08\x0b-\x1f]/);
  });
});

describe('a change report', () => {
  const done = { progress: 'done', durationMs: 120 } as const;
  const failed = step('web/service[nginx]', {
    outcome: 'failed',
    progress: 'done',
    durationMs: 1200,
    reason: null,
    changes: [{ field: 'running', before: false, after: true }],
    failure: {
      action: 'start unit nginx',
      exitCode: 1,
      durationMs: 1200,
      output: Array.from({ length: 22 }, (_, index) => `line ${index + 1}\n`).join(''),
    },
  });
  const notStarted = { outcome: 'skipped', progress: 'not-started', reason: 'not started: an earlier step failed on this host' } as const;

  test('shows the failed action with its status, duration and the end of its output, at the bottom', () => {
    const broken = host('db1', {
      outcome: 'failed',
      durationMs: 65_000,
      error: { phase: 'action', message: 'web/service[nginx]: start unit nginx failed', hint: null },
      steps: [...oks, { ...user, ...done }, failed, { ...site, ...notStarted }],
    });
    const shown = applied([broken, host('web1', { outcome: 'changed', steps: [...oks, { ...user, ...done }] })], { exitCode: 2 });
    expect(text(shown, { show: 'result' })).toMatchInlineSnapshot(`
      "apply of playbooks/site.yml on 2 hosts

      db1: failed · 1 failed, 1 not started, 1 changed, 11 ok
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash
            groups: adm → adm, docker
        ✗ web/service[nginx]  failed
            running: no → yes
            start unit nginx: exit status 1 after 1.2 s
            | … 2 lines above, in report.json
            | line 3
            | line 4
            | line 5
            | line 6
            | line 7
            | line 8
            | line 9
            | line 10
            | line 11
            | line 12
            | line 13
            | line 14
            | line 15
            | line 16
            | line 17
            | line 18
            | line 19
            | line 20
            | line 21
            | line 22
        · web/file[/etc/nginx/conf.d/site.conf]  not started
            an earlier step failed on this host

      web1: 1 changed, 11 ok
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash
            groups: adm → adm, docker

      host  outcome  ok  changed  not started  failed        time
      web1  changed  11        1            -       -      400 ms
      db1   failed   11        1            1       1  1 min 05 s

      hosts   1 failed, 1 changed
      steps   1 failed, 1 not started, 2 changed, 22 ok
      took    1.2 s, 4 round trips, 8.0 kB sent, 3.0 kB received
      report  .drover/runs/20261121T101500Z-3f9a/report.json
      "
    `);
  });

  test('of an interrupted run says what is done, in doubt and not started', () => {
    const stopped = { ...notStarted, reason: 'not started: the run was interrupted' };
    const lost = {
      outcome: 'failed',
      progress: 'in-doubt',
      reason: 'the connection was dropped',
      failure: { action: 'write /etc/nginx/conf.d/site.conf', exitCode: null, output: '', durationMs: 900 },
    } as const;
    const shown = applied(
      [
        host('web1', {
          outcome: 'changed',
          steps: [
            { ...user, ...done },
            { ...motd, ...stopped },
          ],
        }),
        host('web2', {
          outcome: 'failed',
          error: { phase: 'link', message: 'the connection was dropped', hint: null },
          steps: [
            { ...user, ...done },
            { ...site, ...lost },
            { ...motd, ...stopped },
          ],
        }),
        host('web3', { outcome: 'skipped', steps: [{ ...user, ...stopped }] }),
      ],
      { interrupted: 'SIGINT', exitCode: 130 },
    );
    expect(text(shown, { show: 'result' })).toMatchInlineSnapshot(`
      "apply of playbooks/site.yml on 3 hosts

      web2: failed · 1 in doubt, 1 not started, 1 changed
        link: the connection was dropped
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash
            groups: adm → adm, docker
        ? web/file[/etc/nginx/conf.d/site.conf]  failed, in doubt: its end was not seen
            the connection was dropped
            type: file, mode: 0644
            content:
              @@ -0,0 +1,3 @@
              +server {
              +	listen 80;
              +}
            write /etc/nginx/conf.d/site.conf: no exit status after 900 ms
        · motd/file[/etc/motd]  not started
            the run was interrupted

      web1: 1 not started, 1 changed
        as on web2: 1 not started, 1 changed
            base/user[deploy], motd/file[/etc/motd]

      web3: skipped · 1 not started
        · base/user[deploy]  not started
            the run was interrupted

      host  outcome  ok  changed  not started  in doubt    time
      web3  skipped   -        -            1         -  400 ms
      web1  changed   -        1            1         -  400 ms
      web2  failed    -        1            1         1  400 ms

      hosts   1 failed, 1 changed, 1 skipped
      steps   1 in doubt, 3 not started, 2 changed
      took    1.2 s, 6 round trips, 12.0 kB sent, 4.5 kB received
      report  .drover/runs/20261121T101500Z-3f9a/report.json
      interrupted by SIGINT
      "
    `);
  });

  test('with verbose shows ok steps, idle handlers and durations', () => {
    const shown = applied([host('web1', { outcome: 'changed', steps: [...oks.slice(0, 1), { ...user, ...done }, idle] })]);
    expect(text(shown, { show: 'result', verbose: 1 })).toMatchInlineSnapshot(`
      "apply of playbooks/site.yml on 1 host

      web1: 1 changed, 1 ok
        = base/sysctl[net.0]
        ~ base/user[deploy]  120 ms
            shell: /bin/sh → /bin/bash
            groups: adm → adm, docker
        - web/handler[restart nginx]
            nothing notified it

      hosts   1 changed
      steps   1 changed, 1 ok
      took    1.2 s, 2 round trips, 4.0 kB sent, 1.5 kB received
      report  .drover/runs/20261121T101500Z-3f9a/report.json
      "
    `);
  });

  test('has the same words with colours as without', () => {
    const shown = applied([host('web1', { outcome: 'changed', steps: [...oks, { ...motd, ...done }, failed] })]);
    const coloured = text(shown, { colours: 1, show: 'result' });
    expect(coloured).toContain('\x1b[32m+new line\\x1b[31m\x1b[39m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(text(shown, { show: 'result' }));
  });
});
