import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { renderDiagnostics } from '../../src/errors/render.ts';
import { selectHosts } from '../../src/inventory/select-hosts.ts';
import { inventoryOf } from './build.ts';

const inventory = await inventoryOf(`
web: { hosts: { "web[01:05]": } }
db: { hosts: { db1.example.com: , db2.example.com: } }
prod: { children: { web: , db: } }
canary: { hosts: { web03: , db2.example.com: } }
mixed: { children: { late: } }
late: { hosts: { web02: , web01: } }
empty:
v6: { hosts: { "2001:db8::1": } }
`);
const web = ['web01', 'web02', 'web03', 'web04', 'web05'];
const dbs = ['db1.example.com', 'db2.example.com'];
/** As Ansible counts: what groups at the top name themselves (canary, v6), then what those below them do. */
const all = ['web03', 'db2.example.com', '2001:db8::1', 'web01', 'web02', 'web04', 'web05', 'db1.example.com'];
const select = (pattern: string) => selectHosts(inventory, pattern);

describe('selectHosts', () => {
  test.each([
    ['all', all],
    ['*', all],
    ['web03', ['web03']],
    ['db', ['db1.example.com', 'db2.example.com']],
    ['db:web01', [...dbs, 'web01']],
    ['db,web01', [...dbs, 'web01']],
    [' db , web01 ', [...dbs, 'web01']],
    ['web:&canary', ['web03']],
    ['&canary:web', ['web03']],
    ['web:!web03', ['web01', 'web02', 'web04', 'web05']],
    ['!web', ['db2.example.com', '2001:db8::1', 'db1.example.com']],
    ['&canary', ['web03', 'db2.example.com']],
    ['!web03:web:&prod:db', ['web01', 'web02', 'web04', 'web05', 'db1.example.com', 'db2.example.com']],
    ['web0[12]', ['web01', 'web02']],
    ['web0[!1-3]', ['web04', 'web05']],
    ['web0?', web],
    ['*.example.com', ['db1.example.com', 'db2.example.com']],
    ['can*', ['web03', 'db2.example.com']],
    ['~web0(1|4)', ['web01', 'web04']],
    ['~.*[24]$', ['web02', 'web04']],
    ['web0[1-2]', ['web01', 'web02']],
    ['~web0[1-2]:!web02', ['web01']],
    ['~(?i)WEB0[12]', ['web01', 'web02']],
    ['web01:web02:!~.*2\\Z', ['web01']],
    ['~(?P<name>web)01', ['web01']],
    ['web05:web01', ['web05', 'web01']],
    ['mixed', ['web02', 'web01']],
    ['mixed[0]', ['web02']],
    ['all[0]', ['web03']],
    ['web[0]', ['web01']],
    ['web[-1]', ['web05']],
    ['web[1:2]', ['web02', 'web03']],
    ['web[3:]', ['web04', 'web05']],
    ['web[1-2]', ['web02', 'web03']],
    ['web0*[0]', ['web01']],
    ['web0[02:03]', null],
    ['web[02:03]', ['web03', 'web04']],
    ['db[1:2].example.com', ['db1.example.com', 'db2.example.com']],
    ['2001:db8::1', ['2001:db8::1']],
    ['2001:db8::1,web01', ['2001:db8::1', 'web01']],
    ['all:!2001:db8::1,!prod', null],
    ['empty', []],
    ['web:&empty', []],
    ['all:!old*', all],
  ])('%s', (pattern, names) => {
    const { value, problems } = select(pattern);
    expect(names === null ? problems.length > 0 : value.map(({ name }) => name)).toEqual(names === null ? true : names);
    if (names !== null) expect(problems).toEqual([]);
  });

  test.each([
    ['wbe', 'host-unknown', 'no host or group is named "wbe"', 'did you mean "web"?'],
    ['web:&prd', 'host-unknown', 'no host or group is named "prd"', 'did you mean "prod"?'],
    ['web:!web3', 'host-unknown', 'no host or group is named "web3"', 'did you mean "web"?'],
    ['localhost', 'host-unknown', 'no host or group is named "localhost"', null],
    ['mail*', 'pattern-empty', 'no host or group matches "mail*"', null],
    ['~mail', 'pattern-empty', 'no host or group matches "~mail"', null],
    ['web[9]', 'pattern-empty', '"web[9]" is outside the 5 hosts there are; the first has number 0', null],
    ['web:!web[9]', 'pattern-empty', '"web[9]" is outside the 5 hosts there are; the first has number 0', null],
    ['', 'pattern-syntax', 'host pattern "": the pattern is empty', null],
    ['web:', 'pattern-syntax', 'host pattern "web:": a name is missing', null],
    ['web::db', 'pattern-syntax', 'host pattern "web::db": a name is missing', null],
    ['web:!', 'pattern-syntax', 'host pattern "web:!": a name is missing', null],
    ['~web(', 'pattern-syntax', 'host pattern "~web(": a bracket of "~web(" has no partner', null],
    ['~web[z-a]', 'pattern-syntax', '"~web[z-a]" is not a regular expression: Range out of order in character class', null],
    ['db[1:9].example.com', 'host-unknown', 'no host or group is named "db3.example.com"', 'did you mean "db1.example.com"?'],
  ])('refuses %s', (pattern, code, message, hint) => {
    expect(select(pattern).problems.map((problem) => [problem.code, problem.message, problem.hint])).toEqual([[code, message, hint]]);
    expect(select(pattern).value).toEqual([]);
  });

  test('puts the caret under the part that is wrong', () => {
    const place = { file: 'site.yaml', line: 3, column: 10, length: 20 };
    const source = '  hosts: "web:&prd:!webb"';
    const { problems } = selectHosts(inventory, 'web:&prd:!webb', { place, source });
    expect(renderDiagnostics(problems)).toBe(
      [
        'site.yaml:3:16  error host-unknown  no host or group is named "prd"',
        '  3 |   hosts: "web:&prd:!webb"',
        '    |                ^^^',
        '  hint: did you mean "prod"?',
        '',
        'site.yaml:3:21  error host-unknown  no host or group is named "webb"',
        '  3 |   hosts: "web:&prd:!webb"',
        '    |                     ^^^^',
        '  hint: did you mean "web"?',
      ].join('\n'),
    );
  });

  describe('@file', () => {
    const files: Readonly<Record<string, string>> = {
      'retry.txt': '\n# failed yesterday\nweb02\n  db \r\n!db1.example.com\n',
      'more.txt': 'web05\n@retry.txt\n',
      'wrong.txt': 'web01\n  web:&prd\n',
      'empty.txt': '\n',
    };
    const from = (pattern: string) => selectHosts(inventory, pattern, { readPatterns: (path) => files[path] ?? null, allowEmpty: false });

    test.each([
      ['@retry.txt', ['web02', 'db2.example.com']],
      ['@retry.txt:web01', ['web02', 'db2.example.com', 'web01']],
      ['web01,@retry.txt:!web02', ['web01', 'db2.example.com']],
    ])('%s', (pattern, names) => {
      const { value, problems } = from(pattern);
      expect(problems).toEqual([]);
      expect(value.map(({ name }) => name)).toEqual(names);
    });

    test('a mistake in the file is shown there', () => {
      expect(renderDiagnostics(from('@wrong.txt').problems)).toBe(
        [
          'wrong.txt:2:8  error host-unknown  no host or group is named "prd"',
          '  2 |   web:&prd',
          '    |        ^^^',
          '  hint: did you mean "prod"?',
        ].join('\n'),
      );
    });

    test.each([
      ['@none.txt', 'file-missing', 'there is no file "none.txt" of patterns that can be read'],
      ['web:!@retry.txt', 'pattern-syntax', '"@retry.txt" cannot stand behind & or !'],
      ['@more.txt', 'pattern-syntax', '"@retry.txt" names a file of patterns'],
      ['@empty.txt:!web', 'pattern-empty', 'the file "empty.txt" holds no pattern'],
      ['@empty.txt', 'pattern-empty', 'the file "empty.txt" holds no pattern'],
    ])('refuses %s', (pattern, code, message) => {
      expect(from(pattern).problems.map((problem) => [problem.code, problem.message])).toEqual([[code, message]]);
    });

    test('is refused in a playbook, whose hosts are written there', () => {
      expect(select('@retry.txt').problems.map(({ message }) => message)).toEqual(['"@retry.txt" names a file of patterns']);
    });
  });

  test('reports a pattern that leaves no host only where that is asked for', () => {
    expect(selectHosts(inventory, 'web:&db', { allowEmpty: false }).problems.map(({ message }) => message)).toEqual([
      'host pattern "web:&db" selects no host',
    ]);
    expect(selectHosts(inventory, 'web:&db').problems).toEqual([]);
  });
});

describe('patterns as sets', () => {
  const sets: Readonly<Record<string, readonly string[]>> = {
    all,
    web,
    db: dbs,
    prod: [...web, ...dbs],
    canary: ['web03', 'db2.example.com'],
    empty: [],
    web01: ['web01'],
    'web0?': web,
    '*': all,
  };
  const term = fc.record({ sign: fc.constantFrom('', '&', '!'), name: fc.constantFrom(...Object.keys(sets)) });

  test('unions, then intersections, then exclusions, whatever their order and separators', () => {
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 6 }), fc.constantFrom(':', ','), (terms, separator) => {
        const of = (sign: string) => terms.filter((one) => one.sign === sign).map(({ name }) => new Set(sets[name]));
        const start = of('').length === 0 ? new Set(all) : new Set(of('').flatMap((set) => [...set]));
        const expected = [...start].filter((name) => of('&').every((set) => set.has(name)) && !of('!').some((set) => set.has(name)));
        const pattern = terms.map(({ sign, name }) => `${sign}${name}`).join(separator);
        expect(select(pattern).value.map(({ name }) => name)).toEqual(expected);
      }),
    );
  });

  test('any text gives hosts of the inventory or a problem, never an exception', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'web0123[]():,&!~*?^$\\.-{}|+ d'), maxLength: 16 }), (pattern) => {
        const { value, problems } = select(pattern);
        expect(problems.length === 0 || value.length === 0).toBe(true);
      }),
    );
  });
});
