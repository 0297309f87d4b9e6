import { describe, expect, test } from 'vitest';
import type { HostRecord } from '../../src/model/run.ts';
import { foldReport } from '../../src/report/fold/fold-report.ts';
import { unfold } from '../../src/report/fold/unfold.ts';
import { reportOf } from '../../src/report/json.ts';
import { renderRun } from '../../src/report/text.ts';
import { converged, type Found, fleet } from './fleet.ts';
import { run } from './records.ts';

/** Three hosts on which somebody has changed something since. */
const DRIFTED: Readonly<Record<string, (found: Found) => Found>> = {
  web017: (found) => ({
    ...found,
    files: { ...found.files, '/etc/nginx/nginx.conf': 'user www-data;\nworker_processes 1;\nevents {\n  worker_connections 768;\n}\n' },
  }),
  web244: (found) => ({ ...found, running: false, files: { ...found.files, '/etc/motd': null } }),
  web499: (found) => ({ ...found, shell: '/bin/sh' }),
};

function drift(name: string, found: Found): Found {
  return DRIFTED[name]?.(found) ?? found;
}

function text(hosts: readonly HostRecord[], verbose = 0): string {
  return renderRun(run(hosts), { colours: 0, width: 80, show: 'plan', verbose, reportFile: '.drover/runs/x/report.json' });
}

function expectAScreen(shown: string): void {
  const lines = shown.trimEnd().split('\n');
  expect(lines.length, shown).toBeLessThanOrEqual(60);
  for (const line of lines) expect([...line].length, line).toBeLessThanOrEqual(80);
  for (const name of Object.keys(DRIFTED)) expect(shown).toContain(name);
}

describe('500 hosts of which three drifted', () => {
  const hosts = fleet((name, number) => drift(name, converged(name, number)));

  test('fit on a screen, with all three named, each with its diff', () => {
    const shown = text(hosts);
    expectAScreen(shown);
    expect(shown).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 500 hosts

      web017: 1 would change, 5 ok
        ~ web/file[/etc/nginx/nginx.conf]
            content:
              @@ -1,5 +1,5 @@
               user www-data;
              -worker_processes 1;
              +worker_processes 4;
               events {
                 worker_connections 768;
               }

      web244: 2 would change, 4 ok
        + web/file[/etc/motd]
            type: file, mode: 0644, owner: root, group: root
            content:
              @@ -0,0 +1,2 @@
              +This is web244.example.com.
              +What you do here is recorded.
        ~ web/service[nginx.service]
            active: inactive → active

      web499: 1 would change, 5 ok
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash

      web[001:016], web[018:243], web[245:498], web500: ok, nothing to change

      host    outcome       ok  would change    time
      web017  would change   5             1  317 ms
      web244  would change   4             2  544 ms
      web499  would change   5             1  799 ms
      and 497 ok

      hosts   3 would change, 497 ok
      steps   4 would change, 2996 ok
      took    1.2 s, 1000 round trips, 2.0 MB sent, 750.0 kB received
      report  .drover/runs/x/report.json
      "
    `);
  });

  test('unfold to every single diff, byte for byte', () => {
    const report = reportOf(run(hosts));
    const fold = foldReport(report);
    expect(fold.groups.map((group) => group.hosts.length)).toEqual([1, 1, 1, 497]);
    expect(JSON.stringify(unfold(fold))).toBe(JSON.stringify(report));
  });
});

describe('500 hosts that get a new site, of which three drifted', () => {
  const hosts = fleet((name, number) => {
    const found = converged(name, number);
    return drift(name, { ...found, files: { ...found.files, '/etc/nginx/sites-enabled/shop.conf': null } });
  });

  test('fit on a screen: one diff with marked places, and what else the three have', () => {
    const shown = text(hosts);
    expectAScreen(shown);
    expect(shown).toMatchInlineSnapshot(`
      "plan of playbooks/site.yml on 500 hosts

      web017: 2 would change, 4 ok
        ~ web/file[/etc/nginx/nginx.conf]
            content:
              @@ -1,5 +1,5 @@
               user www-data;
              -worker_processes 1;
              +worker_processes 4;
               events {
                 worker_connections 768;
               }
        as on 497 hosts (web001, …): 1 would change
            web/file[/etc/nginx/sites-enabled/shop.conf]
            where ‹1› is 10.0.0.18

      web244: 3 would change, 3 ok
        + web/file[/etc/motd]
            type: file, mode: 0644, owner: root, group: root
            content:
              @@ -0,0 +1,2 @@
              +This is web244.example.com.
              +What you do here is recorded.
        ~ web/service[nginx.service]
            active: inactive → active
        as on 497 hosts (web001, …): 1 would change
            web/file[/etc/nginx/sites-enabled/shop.conf]
            where ‹1› is 10.0.0.245

      web499: 2 would change, 4 ok
        ~ base/user[deploy]
            shell: /bin/sh → /bin/bash
        as on 497 hosts (web001, …): 1 would change
            web/file[/etc/nginx/sites-enabled/shop.conf]
            where ‹1› is 10.0.1.250

      497 hosts: 1 would change, 5 ok
        web[001:016], web[018:243], web[245:498], web500
        + web/file[/etc/nginx/sites-enabled/shop.conf]
            type: file, mode: 0644, owner: root, group: root
            content:
              @@ -0,0 +1,5 @@
              +server {
              +  listen ‹1›:443 ssl;
              +  server_name ‹host›.example.com;
              +  root /srv/shop;
              +}
            ‹1› is 10.0.0.2 on web001; 10.0.0.3 on web002; 495 more values

      hosts   500 would change
      steps   504 would change, 2496 ok
      took    1.2 s, 1000 round trips, 2.0 MB sent, 750.0 kB received
      report  .drover/runs/x/report.json
      "
    `);
  });

  test('unfold to every single diff, byte for byte', () => {
    const report = reportOf(run(hosts));
    expect(JSON.stringify(unfold(foldReport(report)))).toBe(JSON.stringify(report));
  });

  test('stand each by itself with -vv, as in the report', () => {
    const shown = text(hosts, 2);
    expect(shown.match(/^web\d+: /gm)).toHaveLength(500);
    expect(shown).toContain('\n        +  listen 10.0.1.250:443 ssl;\n        +  server_name web499.example.com;\n');
    expect(shown).not.toContain('‹');
  });

  test('share what is equal with -v, ok steps and all values included', () => {
    const shown = text(hosts, 1);
    expect(shown).toContain('10.0.2.1 on web500');
    expect(shown).toContain('  = web/file[/etc/hosts]\n');
    expect(shown.match(/listen/g)).toHaveLength(1);
  });
});
