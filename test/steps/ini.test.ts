import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type IniOptions, ini } from '../../src/steps/ini.ts';
import { edit, planEdit } from './support/edits.ts';
import { hosts, scratchDirectory } from './support/host.ts';

const at = (options: Omit<IniOptions, 'path'>) => ini({ path: '/etc/f', ...options });

describe('a setting', () => {
  test.each([
    ['is added at the end of a file without sections', 'a=1\n', { key: 'b', value: 2 }, 'a=1\nb=2\n'],
    ['is added before the first section', 'a=1\n\n[s]\nb=1\n', { key: 'b', value: '2' }, 'a=1\nb=2\n\n[s]\nb=1\n'],
    ['is added at the end of its section', '[s]\na=1\n\n[t]\na=1\n', { section: 's', key: 'b', value: '2' }, '[s]\na=1\nb=2\n\n[t]\na=1\n'],
    ['brings its section', 'x\n', { section: 's', key: 'b', value: '2' }, 'x\n\n[s]\nb=2\n'],
    ['brings its section into an empty file', '', { section: 's', key: 'b', value: true }, '[s]\nb=true\n'],
    ['is set where it stands, with its spacing', '[s]\n  a  =  1\n', { section: 's', key: 'a', value: '2' }, '[s]\n  a  =  2\n'],
    ['is put behind a commented-out default', '# about a\n#a=1\nb=1\n', { key: 'a', value: '2' }, '# about a\n#a=1\na=2\nb=1\n'],
    ['is set in the last place, the others go', 'a=1\nb=1\na=2\na=3\n', { key: 'a', value: '9' }, 'b=1\na=9\n'],
    [
      'is set in the last part of a section',
      '[s]\na=1\n[t]\na=1\n[s]\nb=1\n',
      { section: 's', key: 'b', value: '2' },
      '[s]\na=1\n[t]\na=1\n[s]\nb=2\n',
    ],
    ['is told from longer and shorter names', 'ab=1\nb=1\n', { key: 'a', value: '2' }, 'ab=1\nb=1\na=2\n'],
    ['is removed, the comment stays', '#a=1\na=1\nb=1\n', { key: 'a', state: 'absent' }, '#a=1\nb=1\n'],
    ['takes another separator', 'x : 1\n', { key: 'a', value: '2', separator: ' : ' }, 'x : 1\na : 2\n'],
    [
      'may be separated by a space',
      'Port 22\n#Banner none\n',
      { key: 'Banner', value: '/etc/x', separator: ' ' },
      'Port 22\n#Banner none\nBanner /etc/x\n',
    ],
    ['may be empty', '[Service]\nExecStart=/bin/x\n', { section: 'Service', key: 'ExecStart', value: '' }, '[Service]\nExecStart=\n'],
    ['takes the place of continued lines', '[s]\na=1 \\\n  2 \\\n  3\nb=1\n', { section: 's', key: 'a', value: '4' }, '[s]\na=4\nb=1\n'],
    ['keeps CRLF', '[s]\r\na=1\r\n', { section: 's', key: 'b', value: 'ü' }, '[s]\r\na=1\r\nb=ü\r\n'],
    ['holds any text', '', { key: 'a', value: `it's "$HOME" \`id\` \\x -y` }, `a=it's "$HOME" \`id\` \\x -y\n`],
    ['is quoted for the shell where needed', 'A=1\n', { key: 'B', value: "it's $x", style: 'shell' }, 'A=1\nB="it\'s \\$x"\n'],
    ['is not quoted where not needed', '', { key: 'B', value: 'a,b', style: 'shell' }, 'B=a,b\n'],
    ['is empty in the shell', '', { key: 'B', value: '', style: 'shell' }, 'B=""\n'],
    ['counts as right whatever its quotes', `A='x y'\n`, { key: 'A', value: 'x y', style: 'shell' }, `A='x y'\n`],
    [
      'keeps export and a comment in the shell',
      'export A="1" # why\n',
      { key: 'A', value: '2 3', style: 'shell' },
      'export A="2 3" # why\n',
    ],
    ['is not fooled by a test command', '[ -f x ]\nA=1\n', { key: 'A', value: '2', style: 'shell' }, '[ -f x ]\nA=2\n'],
    ['is literal where the shell would look up a variable', 'A="$B"\n', { key: 'A', value: '$B', style: 'shell' }, 'A="\\$B"\n'],
  ] as const)('%s', (_, before, options, after) => {
    expect(edit(at(options), before)).toBe(after);
    expect(planEdit(at(options), after)).toEqual({ result: 'ok' });
  });

  test.each([
    [{ section: 's', key: 'a', value: '2' }, '[s]\na = 1\n', { field: 's.a', before: '1', after: '2' }],
    [{ key: 'a', value: '2' }, '', { field: 'a', before: null, after: '2' }],
    [{ key: 'a', state: 'absent' as const }, 'a=1\n', { field: 'a', before: '1', after: null }],
    [{ key: 'A', value: '2', style: 'shell' as const }, "A='1 1'\n", { field: 'A', before: '1 1', after: '2' }],
    [{ key: 'A', value: '2', style: 'shell' as const }, 'A=$(id)x\n', { result: 'refused' }],
    [{ key: 'A', value: '2', style: 'shell' as const }, 'A="$(id)"\n', { field: 'A', before: '"$(id)"', after: '2' }],
  ])('%j on %j shows the field', (options, before, change) => {
    const plan = planEdit(at(options), before);
    expect(plan.result === 'change' ? plan.changes[0] : { result: plan.result }).toEqual(change);
  });

  test('a value over several lines or with a second command is refused', () => {
    for (const content of ['A="1\n2"\n', 'A=1 B=2\n', 'A=1; id\n']) {
      expect(planEdit(at({ key: 'A', value: '3', style: 'shell' }), content)).toMatchObject({ result: 'refused' });
    }
  });

  test.each([
    [{ key: '', value: '1' }, /would not be read/],
    [{ key: '#a', value: '1' }, /would not be read/],
    [{ key: 'a=b', value: '1' }, /separator/],
    [{ key: 'a' }, /needs value/],
    [{ key: 'a', value: 'x\ny' }, /one line/],
    [{ key: 'a', value: ' x' }, /space around/],
    [{ key: 'a', value: 'x\\' }, /next line/],
    [{ key: 'a', value: '', separator: ' ' }, /empty value/],
    [{ key: 'a', value: '1', separator: '->' }, /separator/],
    [{ key: 'a b', value: '1', style: 'shell' as const }, /shell variable/],
    [{ key: 'a', value: '1', style: 'shell' as const, separator: ' = ' }, /separator is =/],
    [{ key: 'a', value: '1', section: 'x]' }, /section/],
  ])('wrong arguments %j are refused', (options, message) => {
    expect(() => at(options)).toThrow(message);
  });

  test('the plan of its own result is empty', () => {
    const piece = fc.constantFrom('a=1', 'a = 2', ' a', '[s]', '[t]', '#a=', '; x', '\\', '\n', '\n', '\n', '\r\n', 'ü', 'b=1', '"');
    const text = fc.array(piece, { maxLength: 25 }).map((parts) => parts.join(''));
    const value = fc.string({ unit: fc.constantFrom('x', '1', ' ', '"', "'", '$', '`', '\\', '#', ';', 'ü', '='), maxLength: 6 });
    fc.assert(
      fc.property(
        text,
        value,
        fc.constantFrom(null, 's', 't'),
        fc.constantFrom('plain' as const, 'shell' as const),
        (before, raw, section, style) => {
          const wanted = style === 'plain' ? raw.trim().replace(/\\+$/, '') : raw;
          const step = at({ key: 'a', value: wanted.trim() === wanted ? wanted : 'x', section, style });
          if (planEdit(step, before).result === 'refused') return;
          const after = edit(step, before);
          expect(planEdit(step, after)).toEqual({ result: 'ok' });
          const gone = at({ key: 'a', state: 'absent', section, style });
          expect(planEdit(gone, edit(gone, after))).toEqual({ result: 'ok' });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe.each(hosts)('a setting on $name', (host) => {
  const root = scratchDirectory();

  test('comes out of the shell as it went in', () => {
    const path = join(root, 'default');
    writeFileSync(path, '# defaults\nA=1\n');
    for (const value of ["it's", '$HOME', '`id`', 'a"b', 'back\\slash', ' spaced ', '', '#x', 'Ünï', '!']) {
      expect(host.apply(ini({ path, key: 'A', value, style: 'shell' })), value).toMatchObject({ failure: null, broken: [] });
      expect(execFileSync('sh', ['-c', `. ${path}; printf %s "$A"`], { encoding: 'utf8' })).toBe(value);
    }
    expect(readFileSync(path, 'utf8')).toMatch(/^# defaults\nA=/);
  });
});
