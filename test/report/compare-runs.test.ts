import { describe, expect, test } from 'vitest';
import type { HostRecord, Run, StepRecord } from '../../src/model/run.ts';
import { compareRuns } from '../../src/report/compare-runs.ts';
import { reportOf } from '../../src/report/json.ts';
import type { Report } from '../../src/report/report.ts';
import { renderDifference } from '../../src/report/run-difference.ts';
import { content, host, names, run, step } from './records.ts';

const changed = (id: string, after: string, fields: Partial<StepRecord> = {}): StepRecord =>
  step(id, { outcome: 'changed', progress: 'done', changes: [{ field: 'mode', before: '0644', after }], ...fields });

function report(hosts: readonly HostRecord[], header: Partial<Run['header']> = {}): Report {
  const made = run(hosts);
  return reportOf({ ...made, header: { ...made.header, mode: 'apply', user: 'op@bastion', ...header } });
}

function shown(first: Report, second: Report): string {
  return renderDifference({ first, second }, compareRuns(first, second), { colours: 0, width: 80 });
}

/** Without the two lines that say which runs they are. */
function body(first: readonly HostRecord[], second: readonly HostRecord[]): string {
  return shown(report(first), report(second)).split('\n').slice(3).join('\n');
}

describe('two runs that did the same', () => {
  test.each<[string, readonly StepRecord[], readonly StepRecord[]]>([
    ['the same changes', [changed('a/file[/x]', '0600')], [changed('a/file[/x]', '0600')]],
    ['in another order', [changed('a/file[/x]', '0600'), step('a/file[/y]')], [step('a/file[/y]'), changed('a/file[/x]', '0600')]],
    ['at another speed', [changed('a/file[/x]', '0600', { durationMs: 1 })], [changed('a/file[/x]', '0600', { durationMs: 900 })]],
    ['a plan and its apply', [changed('a/file[/x]', '0600', { progress: 'planned' })], [changed('a/file[/x]', '0600')]],
    ['what is ok in one is not in the other', [step('a/file[/x]')], []],
    ['a handler that nothing notified', [], [step('a/handler[r]', { handler: true, outcome: 'skipped' })]],
    ['other digests of the same wish', [step('a/file[/x]', { wanted: 'x' })], [step('a/file[/x]', { wanted: 'y' })]],
  ])('%s', (_, first, second) => {
    const outcome = (steps: readonly StepRecord[]): HostRecord['outcome'] =>
      steps.some((each) => each.outcome === 'changed') ? 'changed' : 'ok';
    const hosts = [first, second].map((steps) => [host('web1', { outcome: outcome(steps), steps })]);
    expect(body(hosts[0] ?? [], hosts[1] ?? [])).toBe('both did the same on the one host\n');
  });
});

describe('what two runs did differently', () => {
  test('is told by host and step, hosts with the same differences once, the rest is counted', () => {
    const first = ['web1', 'web2', 'web3'].map((name) =>
      host(name, { outcome: 'changed', steps: [changed('a/file[/x]', '0600'), step('a/file[/y]')] }),
    );
    const second = ['web1', 'web2'].map((name) =>
      host(name, { outcome: 'changed', steps: [changed('a/file[/x]', '0640'), changed('a/file[/y]', '0600')] }),
    );
    expect(body(first, [...second, first[2] ?? host('')])).toBe(
      [
        'web1, web2:',
        '  a/file[/x]',
        '    first   changed: mode: 0644 → 0600',
        '    second  changed: mode: 0644 → 0640',
        '  a/file[/y]',
        '    first   ok',
        '    second  changed: mode: 0644 → 0600',
        '',
        'on 1 host both did the same',
        '',
      ].join('\n'),
    );
  });

  test('is which hosts only one of them had, which failed in one, and why', () => {
    const down = host('web2', { outcome: 'unreachable', error: { phase: 'connect', message: 'no answer', hint: null } });
    const failure = { action: 'restart nginx', exitCode: 1, output: 'x', durationMs: 1 };
    const failed = host('web3', {
      outcome: 'failed',
      steps: [changed('a/service[nginx]', '', { outcome: 'failed', changes: [], failure })],
    });
    const fine = host('web3', { outcome: 'changed', steps: [changed('a/service[nginx]', '', { changes: [] })] });
    expect(body([host('web1'), host('web2'), failed], [host('web2', down), fine, host('web4')])).toBe(
      [
        'web2:',
        '  first   ok',
        '  second  unreachable: connect: no answer',
        '',
        'web1:',
        '  only in the first: ok',
        '',
        'web3:',
        '  first   failed',
        '  second  changed',
        '  a/service[nginx]',
        '    first   failed: restart nginx: exit status 1',
        '    second  changed',
        '',
        'web4:',
        '  only in the second: ok',
        '',
        'on no host both did the same',
        '',
      ].join('\n'),
    );
  });

  test('is contents by digest: other bytes of the same size are a difference', () => {
    const write = (text: string): HostRecord =>
      host('web1', {
        outcome: 'changed',
        steps: [changed('a/file[/x]', '', { changes: [{ field: 'content', before: null, after: content(text) }] })],
      });
    expect(body([write('a\n')], [write('b\n')])).toContain('second  changed: content: +1');
    expect(body([write('a\n')], [write('a\n')])).toBe('both did the same on the one host\n');
  });

  const site = (name: string, lines: readonly string[], before: string | null = null): HostRecord =>
    host(name, {
      outcome: 'changed',
      steps: [
        changed(`a/file[/srv/${name}/site]`, '', {
          changes: [
            {
              field: 'content',
              before: before === null ? null : content(before),
              after: content(lines.map((line) => `${line}\n`).join('')),
            },
          ],
        }),
      ],
    });

  test('is folded as reports are: what is a value of a host is marked, and many hosts are named by ranges', () => {
    const port = (name: string): number => 8000 + Number(name.slice(3));
    const first = names(40).map((name) => site(name, [`listen ${port(name)}`, 'workers 1']));
    const second = names(40).map((name) => site(name, [`listen ${port(name)}`, name === 'web007' ? 'workers 3' : 'workers 2']));
    expect(body(first, second)).toBe(
      [
        'web007:',
        '  a/file[/srv/web007/site]',
        '    first   changed: content: +2',
        '            +workers 1',
        '    second  changed: content: +2',
        '            +workers 3',
        '',
        '39 hosts:',
        '  web[001:006], web[008:040]',
        '  a/file[/srv/‹host›/site]',
        '    first   changed: content: +2',
        '            +workers 1',
        '    second  changed: content: +2',
        '            +workers 2',
        '',
        'on no host both did the same',
        '',
      ].join('\n'),
    );
  });

  test('of contents is what only one of them added or removed, but not the whole of what was new in one', () => {
    const text = body([site('web1', ['a', 'b'])], [site('web1', ['a', 'b'], 'a\nx\n')]);
    expect(text).toContain(
      ['    first   changed: content: +2', '    second  changed: content: +1 −1', '            -x', '            +b', ''].join('\n'),
    );
  });

  test('tells values apart that are the same in short, and failures that only their output does', () => {
    const long = 'x'.repeat(60);
    const field = (after: string): HostRecord =>
      host('web1', { outcome: 'changed', steps: [changed('a/file[/x]', '', { changes: [{ field: 'options', before: null, after }] })] });
    const text = body([field(`${long}1`)], [field(`${long}2`)]);
    expect([text.includes(`${long}1`), text.includes(`${long}2`)]).toEqual([true, true]);
    const failed = (output: string): HostRecord => {
      const failure = { action: 'run x', exitCode: 1, output, durationMs: 1 };
      return host('web1', { outcome: 'failed', steps: [changed('a/command[x]', '', { outcome: 'failed', changes: [], failure })] });
    };
    expect(body([failed('no space\n')], [failed('no route\n')])).toContain(
      [
        '    first   failed: run x: exit status 1',
        '            | no space',
        '    second  failed: run x: exit status 1',
        '            | no route',
      ].join('\n'),
    );
  });

  test('is what they were started with, digests of vars only where one key made both', () => {
    const revision = { commit: 'a'.repeat(40), dirty: false };
    const first = report([], { limit: 'web', revision, varsDigest: 'KEYKEY-aaa', skipTags: [] });
    const second = report([], { tags: ['x'], revision: { ...revision, dirty: true }, varsDigest: 'KEYKEY-bbb', skipTags: ['y'] });
    expect(shown(first, second)).toBe(
      [
        'first   2026-11-21 10:15 UTC, apply of playbooks/site.yml by op@bastion  20261121T101500Z-3f9a',
        'second  2026-11-21 10:15 UTC, apply of playbooks/site.yml by op@bastion  20261121T101500Z-3f9a',
        '  revision: aaaaaaaaaaaa → aaaaaaaaaaaa with changes',
        '  limit: web → none',
        '  tags: none → x',
        '  skip-tags: none → y',
        '  vars: not the same',
        '',
        'both did the same on all 0 hosts',
        '',
      ].join('\n'),
    );
    expect(shown(first, report([], { varsDigest: 'OTHERS-bbb' }))).not.toContain('vars');
  });

  test('is nothing that a terminal would act on', () => {
    const text = body([host('web\u001b[2J')], []);
    expect(text).not.toContain('\u001b');
  });
});
