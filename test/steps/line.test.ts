import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type LineOptions, line } from '../../src/steps/line.ts';
import { edit, editBytes, planEdit } from './support/edits.ts';
import { hosts, scratchDirectory } from './support/host.ts';

const at = (options: Omit<LineOptions, 'path'>) => line({ path: '/etc/f', ...options });

describe('a line', () => {
  test.each([
    ['is added at the end', 'a\nb\n', { line: 'c' }, 'a\nb\nc\n'],
    ['stays where it is', 'a\nb\n', { line: 'a' }, 'a\nb\n'],
    ['is the only one of an empty file', '', { line: 'a', after: /x/ }, 'a\n'],
    ['gives a last line its missing end', 'a\nb', { line: 'c' }, 'a\nb\nc\n'],
    ['replaces the last that matches', '#x=1\nx=2\ny\nx=3\n', { line: 'x=4', match: /^#?x=/ }, '#x=1\nx=2\ny\nx=4\n'],
    ['replaces a last line without giving it an end', 'a\nx=3', { line: 'x=4', match: 'x=' }, 'a\nx=4'],
    ['goes behind the last anchor', 'a\n[s]\n[s]\nb\n', { line: 'x', after: /^\[s\]/ }, 'a\n[s]\n[s]\nx\nb\n'],
    ['goes before the first anchor', 'a\n[s]\n[s]\nb\n', { line: 'x', before: '[s]' }, 'a\nx\n[s]\n[s]\nb\n'],
    ['keeps CRLF', 'a\r\nb\r\n', { line: 'c' }, 'a\r\nb\r\nc\r\n'],
    ['is found in a CRLF file', 'a\r\nb\r\n', { line: 'b' }, 'a\r\nb\r\n'],
    ['is replaced in a CRLF file', 'a\r\nb=1\r\nc', { line: 'b=2', match: /^b=\d$/ }, 'a\r\nb=2\r\nc'],
    ['holds any text', '', { line: `it's "$HOME" \`id\` \\n -x Ünï %s` }, `it's "$HOME" \`id\` \\n -x Ünï %s\n`],
    ['is matched as text, not as bytes', 'größe 1\n', { line: 'größe 2', match: /^gr.ße \d$/ }, 'größe 2\n'],
    ['is not fooled by a sticky or global expression', 'x=1\nx=1\n', { line: 'x=2', match: /x=/gy }, 'x=1\nx=2\n'],
    [
      'is rewritten from what it is, with what others wrote in it',
      's a;\ns b weight=2; # old\n',
      { match: /^s b/, rewrite: (found: string): string => found.replace(/( down)?;/, ' down;') },
      's a;\ns b weight=2 down; # old\n',
    ],
    [
      'is added where there is none to rewrite',
      's a;\n',
      { line: 's b;', match: /^s b/, rewrite: (found: string): string => found },
      's a;\ns b;\n',
    ],
    ['goes away, all of them', 'a\nb\na\n', { line: 'a', state: 'absent' }, 'b\n'],
    ['goes away by its match', '#a\nb\n  #c', { match: /^\s*#/, state: 'absent' }, 'b\n'],
  ] as const)('%s', (_, before, options, after) => {
    const step = at(options);
    expect(edit(step, before)).toBe(after);
    expect(planEdit(step, after)).toEqual({ result: 'ok' });
  });

  test('bytes that are no UTF-8 stay as they are', () => {
    const before = Uint8Array.from([0xff, 0x0a, 0xc3, 0x0a, 0x00, 0x0a]);
    expect([...editBytes(at({ line: 'x' }), before)]).toEqual([...before, 0x78, 0x0a]);
  });

  test('a missing file is refused, made with create, and right without the line', () => {
    expect(planEdit(at({ line: 'x' }), null)).toMatchObject({ result: 'refused', reason: expect.stringContaining('create: true') });
    expect(edit(at({ line: 'x', create: true }), null)).toBe('x\n');
    expect(planEdit(at({ line: 'x', state: 'absent' }), null)).toEqual({ result: 'ok' });
  });

  test('an anchor that is not there is refused', () => {
    expect(planEdit(at({ line: 'x', after: /^none$/ }), 'a\n')).toMatchObject({
      result: 'refused',
      reason: expect.stringContaining('/^none$/'),
    });
  });

  test('a rewrite without a line to rewrite is refused, and one that would change at every run too', () => {
    const none = at({ match: /^s b/, rewrite: (found) => found });
    expect(planEdit(none, 's a;\n')).toMatchObject({ result: 'refused', reason: expect.stringContaining('no line matches /^s b/') });
    const growing = at({ match: /^s/, rewrite: (found) => `${found}!` });
    expect(planEdit(growing, 's\n')).toMatchObject({ result: 'refused', reason: expect.stringContaining('not leave alone') });
    const leaving = at({ match: /^s/, rewrite: () => 'gone' });
    expect(planEdit(leaving, 's\n')).toMatchObject({ result: 'refused', reason: expect.stringContaining('not leave alone') });
  });

  test('content and mode are changes of their own', () => {
    expect(planEdit(at({ line: 'x', mode: '0600' }), 'a\n')).toMatchObject({
      changes: [{ field: 'content' }, { field: 'mode', before: '0644', after: '0600' }],
    });
  });

  test.each([
    [{}, /needs line/],
    [{ line: 'a\nb' }, /one line/],
    [{ line: 'a\r' }, /one line/],
    [{ line: 'x = 1', match: /^y/ }, /does not match its own pattern/],
    [{ line: 'x = 1', match: 'y' }, /does not match its own pattern/],
    [{ line: 'x', after: 'a', before: 'b' }, /not both/],
    [{ state: 'absent' as const }, /needs line or match/],
    [{ line: 'x', rewrite: (): string => 'x' }, /rewrite goes with match/],
    [{ match: 'x', rewrite: (): string => 'x', state: 'absent' as const }, /rewrite goes with match/],
  ])('wrong arguments %j are refused', (options, message) => {
    expect(() => at(options)).toThrow(message);
  });

  const text = fc
    .array(fc.constantFrom('a', 'b', 'x=1', 'x=2', '#x', '', ' ', '\n', '\n', '\r\n', 'ü', '\u0000'), { maxLength: 25 })
    .map((parts) => parts.join(''));

  test('the plan of its own result is empty, and no other line changes', () => {
    const specs = fc.record(
      {
        line: fc.constantFrom('x=1', 'x=2', 'ü', 'a'),
        state: fc.constantFrom('present' as const, 'absent' as const),
        anchor: fc.constantFrom({}, { after: /a/ }, { before: /^/ }, { after: 'b' }),
        pattern: fc.constantFrom({}, { match: /^./ }, { match: /[=üa]/ }),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(text, specs, (before, { line: body, state, anchor, pattern }) => {
        const step = at({ line: body, state, ...anchor, ...pattern });
        const plan = planEdit(step, before);
        if (plan.result === 'refused') return;
        const after = edit(step, before);
        expect(planEdit(step, after)).toEqual({ result: 'ok' });
        if (state === 'present') expect(after.split(/\r?\n/)).toContain(body);
        else expect(after.split(/\r?\n/)).not.toContain(body);
      }),
      { numRuns: 400 },
    );
  });
});

describe.each(hosts)('a line on $name', (host) => {
  const root = scratchDirectory();

  test('is written as planned into a file with an odd name and odd bytes', () => {
    const path = join(root, "an 'odd' $name\n-");
    writeFileSync(path, Uint8Array.from([0xff, 0x00, 0x0d, 0x0a, 0x61]));
    const step = line({ path, line: "it's $x" });
    expect(host.apply(step)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect([...readFileSync(path)]).toEqual([0xff, 0x00, 0x0d, 0x0a, 0x61, 0x0d, 0x0a, ...Buffer.from("it's $x"), 0x0d, 0x0a]);
    expect(host.apply(step).plan).toEqual({ result: 'ok' });
  });

  test('is refused in a directory', () => {
    mkdirSync(join(root, 'd'));
    expect(host.apply(line({ path: join(root, 'd'), line: 'x' })).plan).toMatchObject({ result: 'refused' });
  });
});
