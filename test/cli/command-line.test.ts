import { describe, expect, test } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { createOutput } from '../../src/cli/output.ts';
import { createProgram } from '../../src/cli/program.ts';
import { testIo } from './test-io.ts';

const COMMANDS = ['plan', 'check', 'apply', 'run', 'facts', 'inventory', 'roles', 'schema'];

async function drover(
  argv: readonly string[],
  options: Parameters<typeof testIo>[0] = {},
): Promise<{ code: number; out: string; err: string }> {
  const io = testIo(options);
  const code = await main(argv, io);
  return { code, out: io.out(), err: io.err() };
}

describe('help', () => {
  test('lists every command and the exit codes on standard output', async () => {
    const { code, out, err } = await drover(['--help']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    for (const command of COMMANDS) expect(out).toMatch(new RegExp(`^  ${command} `, 'm'));
    expect(out).toContain('3  check found pending changes');
  });

  test.each(COMMANDS)('of %s has an example, by flag and by command', async (command) => {
    const { code, out } = await drover([command, '--help']);
    expect(code).toBe(0);
    expect(out).toMatch(new RegExp(`Examples?:\n  drover ${command}\\b`));
    expect((await drover(['help', command])).out).toBe(out);
  });

  test.each([
    [['help', 'history', 'prune'], ['history', 'prune', '--help'], 0],
    [['help', 'history', 'nothing', '--keep', '1'], ['history', '--help'], 0],
    [['help'], ['--help'], 0],
    [['help', 'aply'], ['aply'], 5],
  ])('%j is as %j', async (words, flagged, code) => {
    const { out, err, ...ended } = await drover(words);
    expect(ended.code).toBe(code);
    expect({ out, err }).toMatchObject(await drover(flagged).then(({ out: text, err: problem }) => ({ out: text, err: problem })));
  });

  test('is what a call without arguments gets, as a mistake', async () => {
    const { code, out, err } = await drover([]);
    expect({ code, out }).toEqual({ code: 5, out: '' });
    expect(err).toContain('Usage: drover COMMAND');
  });

  test('has no line wider than 100 columns', () => {
    const io = testIo();
    const program = createProgram({ io, output: createOutput(io), argv: [], finish: () => {} });
    for (const command of [program, ...program.commands]) {
      for (const line of command.helpInformation().split('\n')) expect(line.length).toBeLessThanOrEqual(100);
    }
  });

  test('of the version is the version alone', async () => {
    expect((await drover(['--version'])).out).toMatch(/^\d+\.\d+\.\d+\n$/);
  });
});

describe('a mistake on the command line ends with exit code 5, nothing on standard output, and', () => {
  test.each<[string, readonly string[], string]>([
    ['names the nearest command', ['aply', 'x.yml'], 'error argument  there is no command "aply"\n  hint: did you mean "apply"?\n'],
    [
      'names the nearest flag',
      ['plan', 'x.yml', '--limt', 'a'],
      'error argument  drover plan has no flag --limt\n  hint: did you mean "--limit"?\n',
    ],
    [
      'points to the help where nothing is near',
      ['plan', '--zzzzzzzz'],
      'error argument  drover plan has no flag --zzzzzzzz\n  hint: drover plan --help shows what it takes\n',
    ],
    [
      'names the missing argument',
      ['check'],
      'error argument  drover check needs PLAYBOOK\n  hint: drover check --help shows what it takes\n',
    ],
    [
      'names it before it speaks of --yes',
      ['apply'],
      'error argument  drover apply needs PLAYBOOK\n  hint: drover apply --help shows what it takes\n',
    ],
    [
      'names the flag without a value',
      ['plan', 'x.yml', '-i'],
      'error argument  -i, --inventory needs a value\n  hint: drover plan --help shows what it takes\n',
    ],
    [
      'refuses more arguments than there are',
      ['plan', 'a.yml', 'b.yml'],
      'error argument  too many arguments for drover plan\n  hint: drover plan --help shows what it takes\n',
    ],
    [
      'checks numbers',
      ['plan', 'x.yml', '--forks', '0'],
      'error argument  --forks: must be a whole number from 1 to 9999, found "0"\n  hint: drover plan --help shows what it takes\n',
    ],
    [
      'checks tags',
      ['plan', 'x.yml', '--tags', ','],
      'error argument  --tags: must name tags, separated by commas, found ","\n  hint: drover plan --help shows what it takes\n',
    ],
    [
      'asks for an inventory',
      ['plan', 'x.yml'],
      'error argument  no inventory is given\n  hint: name one with -i FILE, or in the environment as DROVER_INVENTORY\n',
    ],
    [
      'explains -- to run',
      ['run', 'web', 'ls', '-a'],
      'error argument  drover run has no flag -a\n  hint: put -- before the command: drover run PATTERN -- COMMAND\n',
    ],
    [
      'knows the ways to become somebody',
      ['run', 'web', '--become', '--become-method', 'sduo', '--', 'ls'],
      'error argument  --become-method: must be sudo, doas or su, found "sduo"\n  hint: did you mean "sudo"?\n',
    ],
    [
      'becomes nobody without being told to',
      ['run', 'web', '--become-user', 'www', '--', 'ls'],
      'error argument  --become-user has no effect without --become\n  hint: add --become\n',
    ],
    ['needs a command to run', ['run', 'web'], 'error argument  drover run needs COMMAND\n  hint: drover run --help shows what it takes\n'],
    [
      'shows one thing of the inventory',
      ['inventory', '--list', '--graph', '-i', 'x'],
      'error argument  --graph, --list, --host and --explain exclude each other\n',
    ],
    ['knows two schemas', ['schema', 'hosts'], 'error argument  there is no schema "hosts"\n  hint: say playbook or report\n'],
    [
      'needs --yes where nobody can be asked',
      ['apply', 'x.yml', '-i', 'y'],
      'error argument  apply asks before it changes anything, and there is no terminal to ask at\n  hint: add --yes to apply without a question\n',
    ],
    [
      'asks for no password where nobody can be asked',
      ['plan', 'x.yml', '-i', 'y', '--ask-become-pass'],
      'error argument  --ask-become-pass needs a terminal to ask at\n  hint: set DROVER_BECOME_PASSWORD in the environment instead\n',
    ],
    [
      'names the nearest transport',
      ['run', 'all', '-i', 'y', '--transport', 'opensh', '--', 'true'],
      'error argument  --transport: must be ssh or openssh, found "opensh"\n  hint: did you mean "openssh"?\n',
    ],
    [
      'leaves it to the inventory which hosts are this machine',
      ['run', 'all', '-i', 'y', '--transport', 'local', '--', 'true'],
      'error argument  --transport: must be ssh or openssh, found "local"\n',
    ],
    [
      'names the nearest wait',
      ['plan', 'x.yml', '-i', 'y', '--timeout', 'conect=5'],
      'error argument  --timeout: there is no wait "conect"\n  hint: did you mean "connect"?\n',
    ],
    [
      'names all waits where none is near',
      ['facts', 'all', '-i', 'y', '--timeout', 'x=5'],
      'error argument  --timeout: there is no wait "x"\n  hint: waits are connect, authenticate, channel, become, read, action\n',
    ],
    [
      'needs a wait and its seconds',
      ['plan', 'x.yml', '-i', 'y', '--timeout', '5'],
      'error argument  --timeout: must be WHAT=SECONDS such as connect=5, found "5"\n',
    ],
    [
      'needs seconds',
      ['plan', 'x.yml', '-i', 'y', '--timeout', 'read=0'],
      'error argument  --timeout: read needs seconds above 0 and at most 86400, found "0"\n',
    ],
    [
      'needs seconds in digits',
      ['plan', 'x.yml', '-i', 'y', '--timeout', 'read=1m'],
      'error argument  --timeout: read needs seconds above 0 and at most 86400, found "1m"\n',
    ],
    [
      'asks for no login password where nobody can be asked',
      ['plan', 'x.yml', '-i', 'y', '-k'],
      'error argument  --ask-pass needs a terminal to ask at\n  hint: set DROVER_PASSWORD in the environment instead\n',
    ],
    [
      'all missing files are named at once',
      ['plan', '/nowhere/x.yml', '-i', '/nowhere/y.yml', '-i', '/nowhere/z.yml'],
      'error file-missing  there is no inventory file "/nowhere/y.yml"\n\nerror file-missing  there is no inventory file "/nowhere/z.yml"\n\nerror file-missing  there is no playbook "/nowhere/x.yml"\n\n3 problems; no host was contacted\n',
    ],
  ])('%s', async (_, argv, err) => {
    expect(await drover(argv)).toEqual({ code: 5, out: '', err });
  });
});

describe('a defect', () => {
  const broken = (env: Record<string, string> = {}): ReturnType<typeof testIo> => {
    const io = testIo({ env });
    return Object.defineProperty(io, 'cwd', {
      get: () => {
        throw new Error('out of cheese');
      },
    });
  };

  test('ends with exit code 1, a short text and a request to report it', async () => {
    const io = broken();
    expect(await main(['roles'], io)).toBe(1);
    expect(io.err()).toBe(
      'drover met a defect of its own: out of cheese\nPlease report it, with the command and this text.\nDROVER_DEBUG=1 shows where it happened.\n',
    );
  });

  test('shows its stack with DROVER_DEBUG', async () => {
    const io = broken({ DROVER_DEBUG: '1' });
    await main(['roles'], io);
    expect(io.err()).toMatch(/out of cheese\n {4}at /);
  });
});
