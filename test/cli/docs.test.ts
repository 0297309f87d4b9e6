import { readFile } from 'node:fs/promises';
import type { Command, Option } from 'commander';
import { describe, expect, test } from 'vitest';
import { createOutput } from '../../src/cli/output.ts';
import { createProgram } from '../../src/cli/program.ts';
import { EXIT } from '../../src/errors/exit-code.ts';
import { testIo } from './test-io.ts';

const page = await readFile(new URL('../../docs/commands.md', import.meta.url), 'utf8');
const io = testIo();
const program = createProgram({ io, output: createOutput(io), argv: [], finish: () => {} });

/** Flag and default of every row of the flag table in a section. */
function documented(section: string): readonly string[] {
  const text = new RegExp(`^## ${section}\\n([\\s\\S]*?)(?=^## )`, 'm').exec(page)?.[1] ?? '';
  return [...text.matchAll(/^\| (`-.*?) \| (.*?) \|/gm)].map(
    ([, flag = '', preset = '']) => `${flag.replaceAll('`', '')} = ${preset.replaceAll('`', '')}`,
  );
}

function declared(command: Command): readonly string[] {
  return command.options.map((option) => `${option.flags.replace(/[<>]/g, '')} = ${presetOf(option)}`);
}

function presetOf({ defaultValue, defaultValueDescription, long }: Option): string {
  if (defaultValueDescription !== undefined) return defaultValueDescription;
  if (defaultValue !== undefined) return String(defaultValue);
  if (long === '--limit') return 'all hosts of the plays';
  return long === '--graph' ? 'on' : 'off';
}

function commandNamed(name: string): Command {
  return name.split(' ').reduce((parent: Command, word) => {
    const found = parent.commands.find((command) => command.name() === word);
    if (found === undefined) throw new Error(`no command ${name}`);
    return found;
  }, program);
}

describe('docs/commands.md', () => {
  test.each([
    ['plan, check, apply', ['plan', 'apply']],
    ['report', ['report']],
    ['Saved plans', ['show']],
    ['report diff', ['report diff']],
    ['undo', ['undo']],
    ['history', ['history']],
    ['history prune', ['history prune']],
    ['run', ['run']],
    ['facts', ['facts']],
    ['inventory', ['inventory']],
  ])('under "%s" has every flag of %j with its default, and no other', (section, names) => {
    const flags = new Set(names.flatMap((name) => declared(commandNamed(name))));
    expect([...documented(section)].sort()).toEqual([...flags].sort());
  });

  test('plan and check have the flags of apply but its own', () => {
    const wanted = declared(commandNamed('apply')).filter((flag) => !/^--(?:yes|resume|retry-failed)\b/.test(flag));
    const plan = declared(commandNamed('plan'));
    expect([plan.filter((flag) => !flag.startsWith('--out ')), declared(commandNamed('check'))]).toEqual([wanted, wanted]);
  });

  test('roles and schema have no flags', () => {
    expect([declared(commandNamed('roles')), declared(commandNamed('schema'))]).toEqual([[], []]);
  });

  test('has a row for every command', () => {
    const rows = [...page.matchAll(/^\| `([a-z]+)\b.*` \| /gm)].map((match) => match[1]);
    expect(rows).toEqual(expect.arrayContaining(program.commands.map((command) => command.name())));
  });

  test('has every exit code', () => {
    const table = page.split('## Exit codes')[1] ?? '';
    for (const code of Object.values(EXIT)) expect(table).toMatch(new RegExp(`^\\| .*\\b${code}\\b.* \\|`, 'm'));
  });
});
