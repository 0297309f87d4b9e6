import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { REPORT_FORMATS, renderFormat } from '../../src/report/formats.ts';
import { renderJson, reportOf } from '../../src/report/json.ts';
import { createRedactor } from '../../src/report/redact.ts';
import { redactJson } from '../../src/report/redact-json.ts';
import { reportSchema } from '../../src/report/report-schema.ts';
import { renderRun } from '../../src/report/text.ts';
import { commandLine } from '../../src/shell/quote.ts';
import { content, host, run, step } from './records.ts';

const SECRET = 'tr0ub4dor "&3"';

const LEAKY = run([
  host('web1', {
    outcome: 'failed',
    error: { phase: 'action', message: `sudo said ${SECRET}`, hint: SECRET },
    steps: [
      step('a/file[/etc/x]', {
        outcome: 'changed',
        changes: [
          { field: 'content', before: null, after: content(`password=${SECRET}\n`) },
          { field: 'groups', before: [], after: [SECRET] },
        ],
      }),
      step('a/command[x]', { outcome: 'failed', failure: { action: SECRET, exitCode: 1, output: `> ${SECRET}\n`, durationMs: 1 } }),
    ],
  }),
]);

describe('known secrets', () => {
  test('are in no form of a report, contents and outputs included', async () => {
    const safe = createRedactor([SECRET]).run(LEAKY);
    const forms = await Promise.all(REPORT_FORMATS.map((format) => renderFormat(reportOf(safe), format, { verbose: 1 })));
    const shown = [renderRun(safe, { colours: 0, width: 80, show: 'result', verbose: 1 }), ...forms];
    for (const text of shown) {
      expect(text).not.toContain('tr0ub4dor');
      expect(text).toContain('[secret]');
    }
  });

  test('leave all else as it was', () => {
    expect(createRedactor(['something else']).run(LEAKY)).toEqual(LEAKY);
  });

  test('the longer of two that begin alike is replaced as a whole', () => {
    expect(createRedactor(['abcd', 'abcdef']).text('abcdef abcd')).toBe('[secret] [secret]');
  });

  test.each(['changed', 'null', 'true', '2026', 'apply', 'failed', 'none', 'done'])(
    'that are drover\'s own word "%s" leave a report that can be read',
    (secret) => {
      const redactor = createRedactor([secret]);
      const report = reportSchema.parse(JSON.parse(renderJson(redactor.run(LEAKY))));
      expect(report.hosts[0]?.outcome).toBe('failed');
      expect(report.run).toMatchObject({ id: LEAKY.header.id, startedAt: LEAKY.header.startedAt });
      const shown = redactJson(
        JSON.stringify({ outcome: 'changed', ok: true, size: 2026, none: null, said: `it is ${secret}`, 'a-host': [secret] }),
        redactor.text,
      );
      expect(JSON.parse(shown)).toEqual({
        outcome: 'changed',
        ok: true,
        size: 2026,
        none: null,
        said: 'it is [secret]',
        'a-host': ['[secret]'],
      });
    },
  );

  test('show of a list that gets one not what goes for it, and no number that is one', () => {
    const changes = [
      { field: 'options', before: ['a', 'key=old and unknown'], after: ['a', `key=${SECRET}`] },
      { field: 'uid', before: 1, after: 735192 },
    ];
    const safe = createRedactor([SECRET, '735192']).run(run([host('web1', { steps: [step('a/b[x]', { outcome: 'changed', changes })] })]));
    expect(safe.hosts[0]?.steps[0]?.changes).toEqual([
      { field: 'options', before: ['a', '[secret]'], after: ['a', 'key=[secret]'] },
      { field: 'uid', before: 1, after: '[secret]' },
    ]);
  });

  test('of less than four characters are left alone', () => {
    expect(createRedactor(['a', '']).text('banana')).toBe('banana');
  });
});

describe('secrets in other forms', () => {
  const ENCODERS: Readonly<Record<string, (secret: string) => string>> = {
    'as JSON': (secret) => JSON.stringify({ secret }),
    'in a URL': (secret) => `https://u:${encodeURIComponent(secret)}@example.com`,
    'in a form': (secret) => new URLSearchParams({ secret }).toString(),
    'in hexadecimal': (secret) => Buffer.from(secret).toString('hex'),
    'in base64': (secret) => Buffer.from(secret).toString('base64'),
    'in base64 behind a user name': (secret) => Buffer.from(`user1:${secret}\n`).toString('base64'),
    'in base64 for URLs': (secret) => Buffer.from(`x=${secret}`).toString('base64url'),
    'in base64 of several lines': (secret) =>
      Buffer.from(`${'x'.repeat(50)}${secret}`)
        .toString('base64')
        .replaceAll(/.{20}/g, '$&\n'),
    'quoted for a shell': (secret) => commandLine(['login', secret]),
    'in XML': (secret) =>
      `<p a="${secret.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')}"/>`,
    'over two lines of a diff': (secret) => `+ ${secret.slice(0, 5)}\n+ ${secret.slice(5)}`,
    'over two lines in JSON': (secret) => JSON.stringify(`a ${secret.slice(0, 4)}\n${secret.slice(4)} b`),
    'over many lines': (secret) => [...secret].join('\n'),
  };
  const secrets = fc
    .string({ unit: fc.constantFrom(...'abcXYZ0189_$"\'&<>/ é+='), minLength: 8, maxLength: 40 })
    .filter((text) => text.trim() === text);

  test.each([
    ['by Python', `p"4'x\\y\n`, `'p"4\\'x\\\\y\\n'`],
    ["in SQL and in YAML's single quotes", "pass'word", "'pass''word'"],
    ['in CSV', 'pass"word', '"pass""word"'],
    ['by printf %q of bash', '100%sure?&=+#', String.raw`100%sure\?\&=+#`],
    ["by bash, in $''", 'one\ttwo', String.raw`$'one\ttwo'`],
    ['by ls', 'one\ttwo', `'one'$'\\t''two'`],
    ['for sed', 'ab/c&d.e', String.raw`s/x/ab\/c\&d\.e/`],
    ['as a regular expression', 'a.b*c[d]', String.raw`a\.b\*c\[d\]`],
    ['in a systemd unit', 'a%b$c$d', 'ExecStart=/bin/x a%%b$$c$$d'],
    ['in a URL, only what must be', `p"4'x!y$z`, `http://user:p%224'x!y$z@example.com/`],
    ['in a URL in a URL', 'a b/c?d', '?next=%3Fp%3Da%2520b%252Fc%253Fd'],
    ['as JSON in a URL', 'p"4xy', encodeURIComponent(JSON.stringify({ password: 'p"4xy' }))],
    ['as JSON in JSON in JSON', 'a"b\tcd', JSON.stringify(JSON.stringify(JSON.stringify('a"b\tcd')))],
    ['as JSON by Go', 'Zq&<7!x', String.raw`"Zq\u0026\u003c7!x"`],
    ['as JSON in capitals', 'päßword', String.raw`"p\u00E4\u00DFword"`],
    ['as bytes', 'päßword', String.raw`b'p\xc3\xa4\xc3\x9fword' p\303\244\303\237word`],
    ['as hexadecimal escapes', 'abcd1', String.raw`\x61\x62\x63\x64\x31`],
    ['in XML, by number', 'a&b/c é', 'a&#38;b&#47;c&#32;&#xe9;'],
    ['by syslog', 'one\ttwo', 'one#011two'],
    ['in colours', 'hunter22', '\u001b[01;31m\u001b[Khun\u001b[m\u001b[Kter22'],
    ['in colours, shown', 'hunter22', String.raw`hun\x1b[0mter22 hun\u001b[0mter22`],
    ['behind a carriage return', 'hunter22', 'hun\rter22'],
    ['as JSON in base64', 'p"4\\x/y', Buffer.from(JSON.stringify({ password: 'p"4\\x/y' })).toString('base64')],
    ['in base64 in base64', 'hunter22', Buffer.from(`{"auth":"${Buffer.from('user:hunter22').toString('base64')}"}`).toString('base64')],
  ])('spelled %s', (_, secret, spelled) => {
    const shown = createRedactor([secret]).text(`before ${spelled} behind`);
    expect(shown).toContain('[secret]');
    expect(shown).toMatch(/^before .* behind$/s);
    const pieces = shown.replaceAll(
      /\[secret\]|before|behind|password|user|next|http|example\.com|ExecStart=\/bin|%3Fp%3D|\u001b\[[0-9;]*/g,
      '',
    );
    // Where base64 is taken from longer data it has more than the secret.
    if (!/^[A-Za-z0-9+/=]{20,}$/.test(spelled)) expect(pieces).not.toMatch(/[A-Za-z0-9]{3}/);
  });

  test('in whatever mixture of spellings', () => {
    const hex = (character: string): string => character.charCodeAt(0).toString(16).padStart(2, '0');
    const spellings: readonly ((character: string) => string)[] = [
      (character) => character,
      (character) => `\\${character}`,
      (character) => `%${hex(character)}`,
      (character) => `&#${character.charCodeAt(0)};`,
      (character) => `\\u00${hex(character)}`,
      (character) => `'\\${character}'`,
    ];
    const characters = fc.array(fc.tuple(fc.constantFrom(...'abcXYZ0189_$"\'&<>/ =.*'), fc.nat(spellings.length - 1)), {
      minLength: 8,
      maxLength: 20,
    });
    fc.assert(
      fc.property(characters, (parts) => {
        const secret = parts.map(([character]) => character).join('');
        fc.pre(/^[a-z0-9].*[A-Za-z0-9]{4}$/i.test(secret));
        const spelled = parts
          .map(([character, how]) => (/\w/.test(character) ? character : (spellings[how] ?? String)(character)))
          .join('');
        const shown = createRedactor([secret]).text(`before ${spelled} behind`);
        expect(shown).toContain('[secret]');
        expect(shown.replaceAll(/\[secret\]|before|behind/g, '')).not.toMatch(/[A-Za-z0-9]{2}/);
      }),
    );
  });

  test('leave what only resembles them', () => {
    const text = `{"a": "pass", "b": 'word', "c": "100%", "d": "it's 5 + 5"}\nlast\n`;
    expect(createRedactor(['password', `5+5"x`, '100%c']).text(text)).toBe(text);
  });

  // What looks at each of them again takes minutes to hours for these, and longer than any test may.
  test.each(['\\', '%', '%25', '\\u', '\u001b[', '&#1', ' ', '\r\n+', "'"])('are looked for once in a long row of %j', (unit) => {
    const text = unit.repeat(200_000);
    expect(createRedactor([`a'b$c"d`]).text(text)).toBe(text);
  });

  test('that are words of the mask leave it whole, however often it is applied', () => {
    const redactor = createRedactor(['secret', 'cret]']);
    expect(redactor.text(redactor.text('the secret of [secret]'))).toBe('the [secret] of [secret]');
  });

  test.each(Object.entries(ENCODERS))('%s', (_, encode) => {
    fc.assert(
      fc.property(secrets, (secret) => {
        const shown = createRedactor([secret]).text(`before ${encode(secret)} behind`);
        expect(shown).toContain('[secret]');
        expect(traces(shown, secret)).toEqual([]);
      }),
      { numRuns: 200 },
    );
  });

  test('of a private key no line is left, wherever it stands', () => {
    const key = `-----BEGIN KEY-----\n${'QUJDREVGR0hJSktMTU5PUFFSU1RVVldYWVo'}\n${'MDEyMzQ1Njc4OUFCQ0RFRg'}\n-----END KEY-----\n`;
    const shown = createRedactor([key]).text(key.replaceAll('\n', '\n    + '));
    expect(shown).not.toMatch(/QUJD|MDEy/);
  });

  test('of a file that holds one neither diff nor digest is shown, though its old content holds none that is known', () => {
    const changes = [{ field: 'content', before: content('password=old and unknown\n'), after: content(`password=${SECRET}\n`) }];
    const safe = createRedactor([SECRET]).run(
      run([host('web1', { outcome: 'changed', steps: [step('a/file[/x]', { outcome: 'changed', changes })] })]),
    );
    const text = renderRun(safe, { colours: 0, width: 80, show: 'result' });
    expect(text).toContain('content: differs, not shown: it holds secrets; 25 → ');
    expect(text + renderJson(safe)).not.toMatch(/old and unknown|tr0ub/);
    expect(reportSchema.parse(JSON.parse(renderJson(safe))).hosts[0]?.steps[0]?.changes[0]?.after).toEqual({ size: 24, sha256: null });
  });
});

/** Where the secret can be read in a text after all: itself, or decoded, with line ends or without. */
function traces(shown: string, secret: string): readonly string[] {
  const texts = [shown, shown.replaceAll(/\s*\\?n?\n[ +]*/g, '')];
  const decoded = texts.flatMap((text) => [
    text,
    ...[...text.matchAll(/[A-Za-z0-9+/_-]{8,}/g)].map(([word]) => Buffer.from(word, 'base64').toString()),
  ]);
  return decoded.filter((text) => text.includes(secret) || text.includes(encodeURIComponent(secret)));
}
