import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type BlockOptions, block } from '../../src/steps/block.ts';
import { edit, planEdit } from './support/edits.ts';
import { hosts, scratchDirectory } from './support/host.ts';

const at = (options: Omit<BlockOptions, 'path' | 'name'>) => block({ path: '/etc/f', name: 'web', ...options });
const own = (...lines: string[]): string => ['# BEGIN drover web', ...lines, '# END drover web', ''].join('\n');

describe('a block', () => {
  test.each([
    ['is added at the end', 'a\n', { block: 'x\ny\n' }, `a\n${own('x', 'y')}`],
    ['makes no difference between a final newline and none', 'a\n', { block: 'x\ny' }, `a\n${own('x', 'y')}`],
    ['may be empty', 'a', { block: '' }, `a\n${own()}`],
    ['keeps an empty line at its end', '', { block: 'x\n\n' }, own('x', '')],
    ['is replaced where it stands', `a\n${own('old')}b`, { block: 'x\n' }, `a\n${own('x')}b`],
    ['stays when it is right', `a\n${own('x')}b`, { block: 'x\n' }, `a\n${own('x')}b`],
    ['goes behind its anchor', 'a\nb\n', { block: 'x', after: /^a/ }, `a\n${own('x')}b\n`],
    ['goes before its anchor', 'a\nb\n', { block: 'x', before: 'b' }, `a\n${own('x')}b\n`],
    ['is removed with its markers', `a\n${own('x')}b\n`, { state: 'absent' }, 'a\nb\n'],
    ['takes CRLF from the file', 'a\r\n', { block: 'x\ny' }, `a\r\n${own('x', 'y').replaceAll('\n', '\r\n')}`],
    [
      'takes the comment signs of the format',
      '',
      { block: '<a/>', comment: ['<!--', '-->'] },
      '<!-- BEGIN drover web -->\n<a/>\n<!-- END drover web -->\n',
    ],
    ['holds any text', '', { block: "it's $HOME `id` \\n\n-x\nÜnï" }, own("it's $HOME `id` \\n", '-x', 'Ünï')],
  ] as const)('%s', (_, before, options, after) => {
    expect(edit(at(options), before)).toBe(after);
    expect(planEdit(at(options), after)).toEqual({ result: 'ok' });
  });

  test.each([
    ['no end', '# BEGIN drover web\nx\n'],
    ['no begin', 'x\n# END drover web\n'],
    ['the wrong order', '# END drover web\n# BEGIN drover web\n'],
    ['two blocks', own('x') + own('y')],
  ])('markers with %s are refused', (_, content) => {
    expect(planEdit(at({ block: 'x' }), content)).toMatchObject({ result: 'refused', reason: expect.stringContaining('damaged') });
    expect(planEdit(at({ state: 'absent' }), content)).toMatchObject({ result: 'refused' });
  });

  test.each([
    [{}, /needs block/],
    [{ block: 'a\n# END drover web\n' }, /own marker/],
    [{ block: 'a\0' }, /NUL/],
    [{ block: 'a', comment: '#\n' }, /one line/],
    [{ block: 'a', after: 'a', before: 'b' }, /not both/],
  ])('wrong arguments %j are refused', (options, message) => {
    expect(() => at(options)).toThrow(message);
    expect(() => block({ path: '/etc/f', name: ' x', block: '' })).toThrow(/space/);
  });

  test('the plan of its own result is empty, and what is around it stays', () => {
    const piece = fc.constantFrom('a', '', '\n', '\r\n', 'ü', '# BEGIN drover other\n', 'x\n');
    const text = fc.array(piece, { maxLength: 20 }).map((parts) => parts.join(''));
    fc.assert(
      fc.property(text, text, fc.constantFrom({}, { before: /^/ }, { after: 'a' }), (before, content, anchor) => {
        const step = at({ block: content, ...anchor });
        if (planEdit(step, before).result === 'refused') return;
        const after = edit(step, before);
        expect(planEdit(step, after)).toEqual({ result: 'ok' });
        const rest = edit(at({ state: 'absent' }), after);
        expect([before, `${before}\n`, `${before}\r\n`]).toContain(rest);
      }),
      { numRuns: 300 },
    );
  });
});

test.each(hosts)('a block on $name is written as planned', (host) => {
  const root = scratchDirectory();
  const step = block({ path: join(root, 'f'), name: 'a b', block: 'x\n', create: true, mode: '0600' });
  expect(host.apply(step)).toMatchObject({ failure: null, broken: [] });
  expect(readFileSync(join(root, 'f'), 'utf8')).toBe('# BEGIN drover a b\nx\n# END drover a b\n');
  expect(host.apply(step).plan).toEqual({ result: 'ok' });
});
