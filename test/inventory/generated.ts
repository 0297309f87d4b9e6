import fc from 'fast-check';

/** Files of an inventory by path; `one.ini`, `two.yml` and `three.ini` are its sources, in this order. */
export type InventoryFiles = { readonly [path: string]: string };

export const SOURCES: readonly string[] = ['one.ini', 'two.yml', 'three.ini'];

/**
 * An inventory of many small ones that know nothing of each other, each with names of its own: a run of ansible-inventory takes a second however
 * much there is to read. Vars of `group_vars` are named otherwise than those of sources: there Ansible lets the folder win over nearer groups, and
 * drover does not.
 */
export function inventories(): fc.Arbitrary<InventoryFiles> {
  return fc.array(world(), { minLength: 6, maxLength: 10 }).map((worlds) => joined(worlds.map((make, index) => make(`w${index}`))));
}

const GROUPS = 5;

interface Statement {
  readonly group: number;
  readonly hosts: readonly HostEntry[];
  readonly children: readonly number[];
  readonly vars: readonly Assignment[];
}

interface HostEntry {
  readonly name: string;
  readonly port: number | null;
  readonly vars: readonly Assignment[];
}

/** A var and its value as it is written: as a word of a line with hosts, as the rest of a line of its own, or in YAML. */
interface Assignment {
  readonly name: string;
  readonly word: string;
  readonly line: string;
  readonly yaml: string;
}

const WORDS: readonly string[] = [
  ...['5', '-3', '1.5', '1e3', '.5', '0x1F', '0o17', '007', '1_000', 'True', 'False', 'None', 'true', 'yes', '"5"', `'"5"'`],
  ...[
    'hello',
    '"hello world"',
    'a=b',
    'http://example.com/?a=1&b=2',
    '[1,2]',
    '(1,2)',
    '{}',
    `"{'k': 'v w'}"`,
    '"say \\"hi\\""',
    "''",
    '""',
  ],
  ...['~', "'#no'", '"{{ other }}"', 'é', '+7', '1.', '[1', 'None,', '1,2', "'a'b", 'a\\ b', '-', '1+1', '"[1, \'x\', None, [2.50]]"'],
];

const LINES: readonly string[] = [
  ...[
    '5',
    '-3',
    '1.5',
    '0x1F',
    '007',
    'True',
    'None',
    'yes',
    'hello world',
    '"quoted text"',
    "'it'",
    '[1, 2]',
    'x=y',
    "{'a': 'b c', 'd': [None, True]}",
  ],
  ...['("a", 1)', '"a" "b"', '{{ other }}', '~/path', 'a "b" c', "it's", '[1, 2', 'http://example.com/', '5 apples', '""', '"5"', 'true'],
];

const YAML: readonly string[] = [
  ...[
    '5',
    '-3',
    '1.5',
    '.5',
    '0x1F',
    'true',
    'True',
    'yes',
    'no',
    'on',
    'OFF',
    '~',
    'null',
    'Null',
    '',
    '"yes"',
    "'5'",
    'hello world',
    '"a\\tb\\u00e9"',
  ],
  ...[
    '[1, two, 3.0]',
    '{a: 1, b: [x, y]}',
    '2001-01-01',
    '"{{ other }}"',
    "'it''s'",
    'a#b',
    'a # comment',
    '12e03',
    '1e3',
    '1.0e+3',

    '+5',
  ],
  ...['y', 'n', '!!str 5'],
];

const value = fc.record({ word: fc.constantFrom(...WORDS), line: fc.constantFrom(...LINES), yaml: fc.constantFrom(...YAML) });

const { json } = fc.letrec<{ json: unknown; leaf: unknown }>((tie) => ({
  leaf: fc.oneof(
    fc.constantFrom(null, true, false),
    fc.integer({ min: -9999, max: 99_999 }),
    fc.integer({ min: -999, max: 999 }).map((hundredths) => hundredths / 100),
    fc.string({ unit: fc.constantFrom(...'ab 0_-.:#{}[]\'",=\\é'), maxLength: 6 }),
  ),
  json: fc.oneof(
    { maxDepth: 2 },
    tie('leaf'),
    fc.array(tie('json'), { maxLength: 3 }),
    fc.dictionary(fc.string({ maxLength: 3 }), tie('json'), { maxKeys: 3 }),
  ),
}));

/** The same value in both languages: as a Python literal, and as JSON, which is YAML. */
const literal = json.map((any) => {
  const text = JSON.stringify(any);
  const python = text.replaceAll(
    /"(?:\\.|[^"\\])*"|true|false|null/g,
    (token) => ({ true: 'True', false: 'False', null: 'None' })[token] ?? token,
  );
  return { word: quotedWord(python), line: python, yaml: text };
});

const structured = fc.oneof({ weight: 3, arbitrary: value }, { weight: 1, arbitrary: literal });

/** As shlex takes it apart again. */
function quotedWord(text: string): string {
  return `'${text.replaceAll("'", `'"'"'`)}'`;
}

function assignments(prefix: string): fc.Arbitrary<readonly Assignment[]> {
  const names = ['0', '1', '2'].map((digit) => `${prefix}${digit}`);
  return fc.uniqueArray(
    fc.tuple(fc.constantFrom(...names), structured).map(([name, written]) => ({ name, ...written })),
    { maxLength: 3, selector: ({ name }) => name },
  );
}

const hostNames = ['h1', 'h2', 'h3', 'h4', 'h[1:3]', 'h[01:03]', 'h[a:c]', 'h[1:9:4]', 'h[8:11]', 'x[1:2]-[a:b].example.com'];

const hostEntry: fc.Arbitrary<HostEntry> = fc.record({
  name: fc.constantFrom(...hostNames),
  port: fc.option(fc.constantFrom(22, 2222), { freq: 6 }),
  vars: assignments('i'),
});

/** Groups contain only groups of higher numbers: no cycles. */
const statement: fc.Arbitrary<Statement> = fc.nat(GROUPS - 1).chain((group) =>
  fc.record({
    group: fc.constant(group),
    hosts: fc.array(hostEntry, { maxLength: 3 }),
    children: fc.subarray(Array.from({ length: GROUPS - 1 - group }, (_, index) => group + 1 + index)).map((below) => below.slice(0, 2)),
    vars: assignments('i'),
  }),
);

function world(): fc.Arbitrary<(prefix: string) => InventoryFiles> {
  return fc
    .record({
      loose: fc.array(hostEntry, { maxLength: 2 }),
      one: fc.array(statement, { maxLength: 4 }),
      two: fc.uniqueArray(statement, { maxLength: 4, selector: ({ group }) => group }),
      three: fc.array(statement, { maxLength: 2 }),
      groupVars: fc.dictionary(fc.constantFrom('g0', 'g1', 'g2', 'g4'), assignments('f'), { maxKeys: 3 }),
      hostVars: fc.dictionary(fc.constantFrom('h1', 'h2', 'h01', 'ha'), assignments('i'), { maxKeys: 2 }),
      form: fc.constantFrom('.yml', '.yaml', '.json', '', '/vars.yml', '/deep/vars.yaml'),
    })
    .map(({ loose, one, two, three, groupVars, hostVars, form }) => (prefix) => ({
      'one.ini': [
        '[ungrouped]',
        ...loose.map((host) => iniHost(host, prefix)),
        ...one.flatMap((each) => iniGroup(each, prefix)),
        ...declared(one, prefix),
      ].join('\n'),
      'two.yml': two.flatMap((each) => yamlGroup(each, prefix)).join('\n'),
      'three.ini': [...three.flatMap((each) => iniGroup(each, prefix)), ...declared(three, prefix)].join('\n'),
      ...varsFiles('group_vars', { prefix, form, vars: groupVars }),
      ...varsFiles('host_vars', { prefix, form, vars: hostVars }),
    }));
}

function iniHost({ name, port, vars }: HostEntry, prefix: string): string {
  const words = vars.map((each) => `${each.name}=${each.word}`);
  return [`${prefix}${name}${port === null ? '' : `:${port}`}`, ...words].join(' ');
}

function iniGroup({ group, hosts, children, vars }: Statement, prefix: string): readonly string[] {
  const name = `${prefix}g${group}`;
  return [
    `[${name}]`,
    ...hosts.map((host) => iniHost(host, prefix)),
    ...(children.length === 0 ? [] : [`[${name}:children]`, ...children.map((child) => `${prefix}g${child}`)]),
    ...(vars.length === 0 ? [] : [`[${name}:vars]`, ...vars.map((each) => `${each.name}=${each.line}`)]),
  ];
}

/** An INI file must have a section for every group that it names as a child. */
function declared(statements: readonly Statement[], prefix: string): readonly string[] {
  return [...new Set(statements.flatMap(({ children }) => children))].map((child) => `[${prefix}g${child}]`);
}

function yamlGroup({ group, hosts, children, vars }: Statement, prefix: string): readonly string[] {
  const unique = [...new Map(hosts.map((host) => [host.name, host])).values()];
  return [
    `${prefix}g${group}:`,
    ...(unique.length === 0 ? [] : ['  hosts:']),
    ...unique.flatMap((host) => [
      `    ${prefix}${host.name}${host.port === null ? '' : `:${host.port}`}:`,
      ...yamlVars(host.vars, '      '),
    ]),
    ...(children.length === 0 ? [] : ['  children:', ...children.map((child) => `    ${prefix}g${child}:`)]),
    ...(vars.length === 0 ? [] : ['  vars:', ...yamlVars(vars, '    ')]),
  ];
}

function yamlVars(vars: readonly Assignment[], indent: string): readonly string[] {
  return vars.map(({ name, yaml }) => `${indent}${name}: ${yaml}`);
}

interface VarsFiles {
  readonly prefix: string;
  readonly form: string;
  readonly vars: { readonly [name: string]: readonly Assignment[] };
}

function varsFiles(folder: string, { prefix, form, vars }: VarsFiles): InventoryFiles {
  const files = Object.entries(vars).map(([name, own]) => [`${folder}/${prefix}${name}${form}`, `${yamlVars(own, '').join('\n')}\n`]);
  return Object.fromEntries(files);
}

/** The sources of all, one after the other. */
function joined(worlds: readonly InventoryFiles[]): InventoryFiles {
  const files: { [path: string]: string } = {};
  for (const world of worlds) {
    for (const [path, text] of Object.entries(world)) files[path] = SOURCES.includes(path) ? `${files[path] ?? ''}${text}\n` : text;
  }
  return files;
}
