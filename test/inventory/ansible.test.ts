import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { selectHosts } from '../../src/inventory/select-hosts.ts';
import { ansibleHosts, ansibleList, ansibleSelections, differences, droverList, noAnsible } from './ansible.ts';
import { type Folder, folderOf } from './folder.ts';
import { inventories, SOURCES } from './generated.ts';
import { PATTERN_INVENTORY, patterns } from './generated-patterns.ts';
import { CASES } from './inventory-cases.ts';

if (noAnsible !== null) process.stderr.write(`drover's inventories are not held against Ansible's: ${noAnsible}\n`);

/** Another one tries other inventories: `DROVER_SEED=7 npx vitest …`. */
const SEED = Number(process.env.DROVER_SEED ?? 5);

/** A run of ansible-inventory takes a second, and much more where the machine is busy. */
const TIMEOUT_MS = 120_000;

describe.skipIf(noAnsible !== null)('drover inventory --list is ansible-inventory --list', { timeout: TIMEOUT_MS }, () => {
  async function differ(folder: Folder, sources: readonly string[], playbookDirectory: string | null = null): Promise<readonly string[]> {
    const paths = sources.map((source) => (source.includes(',') ? source : folder.path(source)));
    const flags = playbookDirectory === null ? [] : ['--playbook-dir', folder.path(playbookDirectory)];
    const [drover, ansible] = await Promise.all([droverList(paths, flags), ansibleList(paths, flags)]);
    return differences(drover, ansible);
  }

  test.each(CASES)('of $title', async ({ files, sources, playbookDirectory }) => {
    expect(await differ(await folderOf(files), sources, playbookDirectory)).toEqual([]);
  });

  const generated = fc.sample(inventories(), { seed: SEED, numRuns: 10 }).map((files, number) => ({ number: `${number}`, files }));

  test.each(generated)(`of generated inventories (seed ${SEED}, number $number)`, async ({ files }) => {
    expect(await differ(await folderOf(files), SOURCES)).toEqual([]);
  });

  test('except where drover differs on purpose', async () => {
    const folder = await folderOf({
      'hosts.yml': 'web: { hosts: { h: }, vars: { near: group, octal: 0644, minutes: 12:30, grouped: 1_000, off: 1 } }\n',
      'group_vars/all.yml': 'near: all\n',
    });
    const found = await differ(folder, ['hosts.yml']);
    expect([...found].sort()).toEqual([
      // Names of vars are text, as YAML 1.2 has it.
      '/_meta/hostvars/h/false: drover nothing, ansible 1',
      '/_meta/hostvars/h/grouped: drover "1_000", ansible 1000',
      '/_meta/hostvars/h/minutes: drover "12:30", ansible 750',
      // The nearer group wins, wherever it is written.
      '/_meta/hostvars/h/near: drover "group", ansible "all"',
      // Numbers of YAML 1.2; Ansible reads YAML 1.1.
      '/_meta/hostvars/h/octal: drover "0644", ansible 420',
      '/_meta/hostvars/h/off: drover 1, ansible nothing',
    ]);
  });
});

describe.skipIf(noAnsible !== null)('patterns select what they select in Ansible', { timeout: TIMEOUT_MS }, () => {
  /** What drover selects, with what it complains of. */
  async function selected(folder: Folder, pattern: string, lines = ''): Promise<readonly string[]> {
    const { value, problems } = selectHosts(await folder.inventory(['hosts.ini']), pattern, { readPatterns: () => lines });
    return [...value.map(({ name }) => name), ...problems.map(({ message }) => message)];
  }

  async function compare(wanted: readonly string[]): Promise<void> {
    const plays = wanted.map((pattern) => `- { hosts: ${JSON.stringify(pattern)}, gather_facts: false }\n`);
    const folder = await folderOf({ 'hosts.ini': PATTERN_INVENTORY, 'plays.yml': plays.join('') });
    const ansible = await ansibleSelections([folder.path('hosts.ini')], folder.path('plays.yml'));
    const drover = await Promise.all(wanted.map(async (pattern) => ({ pattern, hosts: [...(await selected(folder, pattern))].sort() })));
    expect(drover).toEqual(wanted.map((pattern, index) => ({ pattern, hosts: ansible[index] })));
  }

  test('of every kind', () =>
    compare([
      ...['all', '*', 'web', 'web1', 'prod', 'ungrouped', 'lonely', 'none'],
      ...['web:db', 'db:web', 'db,web1', 'web:&canary', '&canary:web', 'web:!web1', '!web', '&canary', '!web1:web:&prod:db', 'all:!prod'],
      ...['web*', '*.example.com', 'mx?.example.com', 'w*:&canary', 'mx[12].example.com', 'we[!x]*', 'all:!old*'],
      ...['~web[12]', '~(web|db).*', '~.*example', '~web[0-9]:!web1', '~db0[13]$'],
      ...[
        'web[0]',
        'web[-1]',
        'web[1]',
        'web[0:1]',
        'web[1:]',
        'db[1:2]',
        'db[1-2]',
        'prod[0]',
        'prod[3:5]',
        'all[0]',
        'w*[1]',
        'db[0]:web[0]',
      ],
      ...['web3:web1:web2', 'web1:web', 'canary:web', 'db03,db01', 'web:web:web1', 'prod:!web[0]', 'all[3:]:&db'],
    ]));

  test('that are generated', () => compare(fc.sample(patterns, { seed: SEED, numRuns: 150 })));

  test.each(['all', 'db:web', 'web1:canary:w*', '!web', 'prod:&*[1:]'])('and in its order: %s', async (pattern) => {
    const folder = await folderOf({ 'hosts.ini': PATTERN_INVENTORY });
    expect(await selected(folder, pattern)).toEqual(await ansibleHosts([folder.path('hosts.ini')], pattern));
  });

  test.each(['db02\nweb1\n', '\n!web\n', '&prod\n  web*  \n\n!web1\n'])('and lines of a file: %j', async (lines) => {
    const folder = await folderOf({ 'hosts.ini': PATTERN_INVENTORY, 'limit.txt': lines });
    const ansible = await ansibleHosts([folder.path('hosts.ini')], 'all', ['--limit', `@${folder.path('limit.txt')}`]);
    expect([...(await selected(folder, '@limit.txt', lines))].sort()).toEqual([...ansible].sort());
  });
});
