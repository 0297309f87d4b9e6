import { describe, expect, test } from 'vitest';
import type { HostRecord } from '../../../src/model/run.ts';
import { renderHtml } from '../../../src/report/html/html-report.ts';
import { escapeHtml, html, jsonScript } from '../../../src/report/html/markup.ts';
import { highlighterFor } from '../../../src/report/html/syntax.ts';
import { wordMarks } from '../../../src/report/html/word-marks.ts';
import { reportOf } from '../../../src/report/json.ts';
import { HOSTILE, hostileRun } from '../hostile.ts';
import { content, host, names, run, step } from '../records.ts';
import { fiveHundred } from './five-hundred.ts';

describe('markup', () => {
  test('escapes every value that is no markup, in elements and attributes', () => {
    expect(html`<a title="${`"'<>&`}">${['<b>', html`<i>${1}</i>`, null]}</a>`.text).toBe(
      '<a title="&quot;&#39;&lt;&gt;&amp;">&lt;b&gt;<i>1</i></a>',
    );
  });

  test.each([
    ['a\u0000\u001b\u202e', 'a\\x00\\x1b\\u{202e}'],
    ['a\r\nb\tc', 'a\nb\tc'],
    ['a\rb', 'a\\rb'],
    ['\ud800 \udc00 \u{1f600}', '\ufffd \ufffd \u{1f600}'],
  ])('shows what acts unseen in %j', (text, shown) => {
    expect(escapeHtml(text)).toBe(shown);
  });

  test.each(HOSTILE.map((text) => [text]))('data in a script gives %j back, and ends no script', (text) => {
    const script = jsonScript('x', { [text]: [text] }).text;
    const [, json = ''] = /^<script [^>]*>([^<]*)<\/script>$/.exec(script) ?? [];
    expect(JSON.parse(json)).toEqual({ [text]: [text] });
  });
});

describe('colours', () => {
  test.each([
    ['/etc/nginx/nginx.conf', '  listen 80; # all', 'c'],
    ['/etc/x.yml', 'key: "value" # why', 'c'],
    ['/etc/ssh/sshd_config', '# no', 'c'],
    ['/etc/systemd/system/x.service', 'User=root', 'a'],
    ['/usr/local/bin/x.sh', 'if true; then echo "x"; fi', 'k'],
  ])('of a line of %s are found', (path, line, sort) => {
    const found = highlighterFor(path)(line);
    expect(found.map((range) => range.sort)).toContain(sort);
    for (const { from, to } of found) expect([from >= 0, to <= line.length, from < to]).toEqual([true, true, true]);
  });

  test('of words mark what differs in lines that have something in common', () => {
    const lines = [
      { kind: 'context', text: 'a' },
      { kind: 'removed', text: 'timeout 65s;' },
      { kind: 'removed', text: 'something else' },
      { kind: 'mark', text: ' No newline at end of file' },
      { kind: 'added', text: 'timeout 30s;' },
      { kind: 'added', text: 'not alike' },
    ] as const;
    expect(wordMarks(lines)).toEqual([[], [{ from: 8, to: 11, sort: 'w' }], [], [], [{ from: 8, to: 11, sort: 'w' }], []]);
  });
});

describe('the page', () => {
  const page = renderHtml(reportOf(fiveHundred()));

  test('of 500 hosts is small and names those that are not like the others', () => {
    expect(page.length).toBeLessThan(500_000);
    for (const name of ['web042', 'web137', 'web404', 'web250', 'web333']) expect(page).toContain(name);
    expect(page.match(/class="card /g)).toHaveLength(4);
    expect(page.indexOf('id="attention"')).toBeLessThan(page.indexOf('id="changes"'));
    expect(page).toContain('Address already in use');
  });

  test('asks for nothing from elsewhere, and its policy lets nothing in', () => {
    expect(page).toContain('default-src &#39;none&#39;; style-src &#39;sha256-');
    expect(page).not.toMatch(/\b(?:src|srcset|action|formaction|poster)=|@import|url\(|style="|\son[a-z]+="/);
    expect(
      [...page.matchAll(/href="([^"]*)"/g)].map(([, href]) => href).filter((href) => href !== 'data:,' && !href?.startsWith('#')),
    ).toEqual([]);
  });

  test('has every text that comes from outside as text', () => {
    const hostile = renderHtml(reportOf(hostileRun()));
    const shown = hostile.replace(/<script type="application[\s\S]*?<\/script>/, '');
    expect(shown).not.toMatch(/onmouseover='/);
    expect(hostile).not.toMatch(/<img|<h1>owned|<script>alert|[\u0000-\u0008\u202e\u200b]/);
    expect(hostile.match(/<script/g)).toHaveLength(2);
    expect(hostile.match(/<h1>/g)).toHaveLength(1);
    expect(hostile).toContain('&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;');
  });

  test('stays small where each of 500 hosts has a long file of its own', () => {
    const hosts = names(500).map((name, index): HostRecord => {
      const lines = Array.from(
        { length: 100 },
        (_, number) => `${number} ${name}.example.com 192.0.2.${index % 250} and words that are alike\n`,
      );
      const changes = [{ field: 'content', before: null, after: content(lines.join('')) }];
      return host(name, { outcome: 'changed', steps: [step('a/file[/etc/long]', { outcome: 'changed', changes })] });
    });
    expect(renderHtml(reportOf(run(hosts))).length).toBeLessThan(1_000_000);
  });

  test('is complete without hosts, and where nothing is known of times', () => {
    expect(renderHtml(reportOf(run([])))).toContain('0 hosts ok, nothing to change');
    const timeless = renderHtml(reportOf(run([host('a', { durationMs: 0 }), host('b')], { durationMs: 0 })));
    expect(timeless.slice(timeless.indexOf('<body>'), timeless.lastIndexOf('<script'))).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('is the same whenever it is made', () => {
    expect(renderHtml(reportOf(fiveHundred()))).toBe(page);
  });
});
