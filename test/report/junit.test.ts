import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import type { Run, RunMode } from '../../src/model/run.ts';
import { reportOf } from '../../src/report/json.ts';
import { renderJunit } from '../../src/report/junit/junit.ts';
import { hostileRun } from './hostile.ts';
import { content, host, run, step } from './records.ts';

const FILE = { field: 'content', before: content('a\nb\n'), after: content('a\nB\n') };

const RUN = run([
  host('web1', {
    outcome: 'failed',
    error: { phase: 'action', message: 'web/service[nginx]: it failed', hint: null },
    durationMs: 2400,
    steps: [
      step('web/sysctl[x]'),
      step('web/file[/etc/x.conf]', { outcome: 'changed', progress: 'done', durationMs: 1250, changes: [FILE] }),
      step('web/service[nginx]', {
        outcome: 'failed',
        progress: 'done',
        reason: 'it failed',
        durationMs: 30,
        failure: { action: 'start nginx', exitCode: 1, output: 'bad <config>\n', durationMs: 30 },
      }),
      step('web/command[y]', { outcome: 'failed', progress: 'in-doubt', reason: 'the link was lost' }),
      step('web/reboot[host]', { outcome: 'skipped', reason: 'a reboot is required' }),
      step('web/file[/z]', { outcome: 'changed', progress: 'not-started', reason: 'not started: an earlier step failed' }),
      step('web/handler[reload]', { outcome: 'skipped', handler: true }),
    ],
  }),
  host('web2', { outcome: 'unreachable', connection: null, error: { phase: 'connect', message: 'no answer', hint: 'look at the cable' } }),
]);

const mode = (shown: Run, as: RunMode): Run => ({ ...shown, header: { ...shown.header, mode: as } });

const hasXmllint = ['/usr/bin/xmllint', '/usr/local/bin/xmllint'].some((path) => existsSync(path));
if (!hasXmllint) console.warn('skipped: JUnit reports read by xmllint: it is not installed');

describe('JUnit XML', () => {
  test('has a suite for each host and a case for each step', () => {
    expect(renderJunit(reportOf(mode(RUN, 'apply')))).toMatchInlineSnapshot(`
      "<?xml version="1.0" encoding="UTF-8"?>
      <testsuites name="drover apply of playbooks/site.yml" tests="8" failures="1" errors="2" time="1.200">
        <testsuite name="web1" tests="7" failures="1" errors="1" skipped="3" time="2.400" timestamp="2026-11-21T10:15:00" hostname="web1">
          <properties>
            <property name="drover.run" value="20261121T101500Z-3f9a"/>
            <property name="drover.mode" value="apply"/>
            <property name="drover.playbook" value="playbooks/site.yml"/>
            <property name="drover.outcome" value="failed"/>
          </properties>
          <testcase name="web/sysctl[x]" classname="play.web" time="0.000"/>
          <testcase name="web/file[/etc/x.conf]" classname="play.web" time="1.250">
            <system-out>content:
      @@ -1,2 +1,2 @@
       a
      -b
      +B</system-out>
          </testcase>
          <testcase name="web/service[nginx]" classname="play.web" time="0.030">
            <failure message="it failed" type="action">start nginx: exit status 1 after 30 ms
      bad &lt;config&gt;</failure>
          </testcase>
          <testcase name="web/command[y]" classname="play.web" time="0.000">
            <error message="the link was lost" type="in-doubt"/>
          </testcase>
          <testcase name="web/reboot[host]" classname="play.web" time="0.000">
            <skipped message="a reboot is required"/>
          </testcase>
          <testcase name="web/file[/z]" classname="play.web" time="0.000">
            <skipped message="not started: an earlier step failed"/>
          </testcase>
          <testcase name="web/handler[reload]" classname="play.web" time="0.000">
            <skipped message="not notified"/>
          </testcase>
        </testsuite>
        <testsuite name="web2" tests="1" failures="0" errors="1" skipped="0" time="0.400" timestamp="2026-11-21T10:15:00" hostname="web2">
          <properties>
            <property name="drover.run" value="20261121T101500Z-3f9a"/>
            <property name="drover.mode" value="apply"/>
            <property name="drover.playbook" value="playbooks/site.yml"/>
            <property name="drover.outcome" value="unreachable"/>
          </properties>
          <testcase name="connect" classname="drover" time="0.400">
            <error message="no answer" type="connect">hint: look at the cable</error>
          </testcase>
        </testsuite>
      </testsuites>
      "
    `);
  });

  test('takes what a check finds as failures, and what a plan shows as passed', () => {
    const drifted = run([host('web1', { outcome: 'changed', steps: [step('web/file[/x]', { outcome: 'changed', changes: [FILE] })] })]);
    const check = renderJunit(reportOf(mode(drifted, 'check')));
    expect(check).toContain('<failure message="would change content" type="drift"/>');
    expect(check).toMatch(/<testsuites [^>]*tests="1" failures="1" errors="0"/);
    expect(renderJunit(reportOf(mode(drifted, 'plan')))).toMatch(/<testsuites [^>]*tests="1" failures="0" errors="0"/);
  });

  test('leaves nothing in it that XML forbids or reads as markup', () => {
    const xml = renderJunit(reportOf(hostileRun()));
    expect(xml).not.toMatch(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/);
    expect(xml).not.toMatch(/<(?!\/?(?:testsuites?|testcase|propert(?:y|ies)|failure|error|skipped|system-(?:out|err))\b|\?xml )/);
    expect(xml).not.toMatch(/&(?!(?:amp|lt|gt|quot|apos|#9|#10|#13);)/);
  });

  test.skipIf(!hasXmllint).each([
    ['of every outcome', mode(RUN, 'apply')],
    ['of a check', mode(RUN, 'check')],
    ['of hostile texts', hostileRun()],
    ['without hosts', run([])],
  ])('%s is well formed and fits the schema, by xmllint', (_, shown) => {
    const schema = fileURLToPath(new URL('./junit.xsd', import.meta.url));
    const xmllint = () =>
      execFileSync('xmllint', ['--nonet', '--noout', '--schema', schema, '-'], { input: renderJunit(reportOf(shown)), stdio: 'pipe' });
    expect(xmllint).not.toThrow();
  });

  test.skipIf(!hasXmllint)('gives texts back as they were, by xmllint', () => {
    const text = '<a href="x">&amp;\'\n\ttab';
    const shown = run([host('h', { outcome: 'failed', error: { phase: 'read', message: text, hint: null } })]);
    const xpath = ['--xpath', 'string(//error/@message)', '-'];
    expect(execFileSync('xmllint', xpath, { input: renderJunit(reportOf(shown)), encoding: 'utf8' }).trim()).toBe(
      '<a href="x">&amp;\'\\n\\ttab',
    );
  });
});
