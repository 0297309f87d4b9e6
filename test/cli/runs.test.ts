import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import type { Report } from '../../src/report/report.ts';
import { reportSchema } from '../../src/report/report-schema.ts';
import { generateKeyPair } from '../embedded/keys.ts';
import { folder } from './folder.ts';
import { project } from './project.ts';
import { type TestIo, type TestIoOptions, testIo } from './test-io.ts';

/** Runs drover to its end in a folder. */
async function drover(cwd: string, argv: readonly string[], options: TestIoOptions = {}): Promise<{ io: TestIo; code: number }> {
  const io = testIo({ cwd, ...options });
  return { io, code: await main(argv, io) };
}

/** The reports in a folder, in the order of their runs' ids. */
async function reports(root: string): Promise<readonly Report[]> {
  const runs = join(root, '.drover', 'runs');
  const names = (await readdir(runs)).sort();
  return Promise.all(names.map(async (name) => reportSchema.parse(JSON.parse(await readFile(join(runs, name, 'report.json'), 'utf8')))));
}

/** Text in which times, sizes, ids and folders that differ between runs are replaced. */
function steady(text: string, root: string): string {
  return text
    .replaceAll(root, 'ROOT')
    .replace(/\d{8}T\d{6}\.\d{3}Z-[0-9a-f]{4}/g, 'ID')
    .replace(/[\d.]+ (?:ms|s)\b/g, 'TIME')
    .replace(/owner: [^,]+, group: \S+/g, 'owner: USER, group: GROUP')
    .replace(/ +TIME/g, ' TIME')
    .replace(/ +time/g, ' time')
    .replace(/[\d.]+ k?B/g, 'SIZE');
}

describe('plan and check', () => {
  test('plan shows what would change, changes nothing, and ends with 0', async () => {
    const { root, args } = await project(['one', 'two']);
    const { io, code } = await drover(root, ['plan', ...args]);
    expect(code).toBe(0);
    expect(io.err()).toBe('');
    expect(steady(io.out(), root)).toMatchInlineSnapshot(`
      "plan of ROOT/site.yml on 2 hosts

      one, two: 1 would change
        + note/file[ROOT/‹host›.txt]
            type: file, mode: 0644, owner: USER, group: GROUP
            content:
              @@ -0,0 +1 @@
              +hello

      host  outcome       ok  would change time
      one   would change   -             1 TIME
      two   would change   -             1 TIME

      hosts   2 would change
      steps   2 would change
      took TIME, 4 round trips, SIZE sent, SIZE received
      report  .drover/runs/ID/report.json
      "
    `);
    expect((await readdir(root)).sort()).toEqual(['.drover', 'hosts.yml', 'roles', 'site.yml']);
  });

  test('check ends with 3 where something would change, and with 0 where nothing would', async () => {
    const { root, args } = await project(['one']);
    expect((await drover(root, ['check', ...args])).code).toBe(3);
    await drover(root, ['apply', ...args, '--yes']);
    const { io, code } = await drover(root, ['check', ...args]);
    expect(code).toBe(0);
    expect(io.out()).toContain('one: ok, nothing to change');
  });

  test('with --json standard output is the report of the run and nothing else', async () => {
    const { root, args } = await project(['one']);
    const { io } = await drover(root, ['plan', ...args, '--json', '--limit', 'one']);
    const report = reportSchema.parse(JSON.parse(io.out()));
    expect(report.run).toMatchObject({ mode: 'plan', argv: ['plan', ...args, '--json', '--limit', 'one'], limit: 'one', exitCode: 0 });
    expect(report).toEqual((await reports(root))[0]);
  });

  test('the report file is for its owner alone', async () => {
    const { root, args } = await project(['one']);
    await drover(root, ['plan', ...args]);
    const [id = ''] = await readdir(join(root, '.drover', 'runs'));
    const modes = await Promise.all(
      ['.drover', '.drover/runs', `.drover/runs/${id}`, `.drover/runs/${id}/report.json`].map(
        async (path) => (await stat(join(root, path))).mode & 0o777,
      ),
    );
    expect(modes).toEqual([0o700, 0o700, 0o700, 0o600]);
    expect(await readdir(join(root, '.drover', 'runs', id))).toEqual(['report.json']);
  });

  test('a report that cannot be written is a warning, and the outcome stays', async () => {
    const { root, args } = await project(['one'], { '.drover': 'a file in the way' });
    const { io, code } = await drover(root, ['check', ...args]);
    expect(code).toBe(3);
    expect(io.err()).toMatch(/^warning: the change report could not be written: /);
    expect(io.out()).toContain('1 would change');
  });

  test('the inventory may come from the environment', async () => {
    const { root, args } = await project(['one']);
    const { code } = await drover(root, ['plan', args[0] ?? ''], { env: { DROVER_INVENTORY: args[2] ?? '' } });
    expect(code).toBe(0);
  });

  test('no escape codes without a terminal, with NO_COLOR or on a dumb one; with FORCE_COLOR everywhere', async () => {
    const { root, args } = await project(['one']);
    const shown = async (options: TestIoOptions): Promise<string> => {
      const { io } = await drover(root, ['plan', ...args], options);
      return io.out() + io.err();
    };
    expect(await shown({})).not.toContain('\x1b');
    expect(await shown({ terminal: true, env: { NO_COLOR: '1' } })).not.toContain('\x1b');
    expect(await shown({ terminal: true, env: { TERM: 'dumb' } })).not.toContain('\x1b');
    expect(await shown({ terminal: true })).toContain('\x1b[33m');
    expect(await shown({ env: { FORCE_COLOR: '1' } })).toContain('\x1b[33m');
  });

  test('a password from the environment is taken out of it', async () => {
    const { root, args } = await project(['one']);
    const { io } = await drover(root, ['plan', ...args], { env: { DROVER_BECOME_PASSWORD: 'correct horse' } });
    expect(io.env).toEqual({});
    expect(JSON.stringify(await reports(root))).not.toContain('correct horse');
  });

  test('a reader that goes away ends the writing, not the run', async () => {
    const { root, args } = await project(['one']);
    const io = testIo({ cwd: root });
    io.stdout._write = (_chunk, _encoding, done) => done(Object.assign(new Error('write EPIPE'), { code: 'EPIPE' }));
    expect(await main(['check', ...args], io)).toBe(3);
    expect(await reports(root)).toHaveLength(1);
  });
});

describe('apply', () => {
  test('with --yes carries the plan out, shows the end of each host and the change report', async () => {
    const { root, args } = await project(['one', 'two']);
    const { io, code } = await drover(root, ['apply', ...args, '--yes']);
    expect(code).toBe(0);
    expect(await readFile(join(root, 'two.txt'), 'utf8')).toBe('hello\n');
    expect(steady(io.err(), root).split('\n').sort()).toEqual(['', 'one: changed (TIME)', 'two: changed (TIME)']);
    expect(steady(io.out(), root)).toMatchInlineSnapshot(`
      "apply of ROOT/site.yml on 2 hosts

      one, two: 1 changed
        + note/file[ROOT/‹host›.txt]
            type: file, mode: 0644, owner: USER, group: GROUP
            content:
              @@ -0,0 +1 @@
              +hello

      host  outcome  ok  changed time
      one   changed   -        1 TIME
      two   changed   -        1 TIME

      hosts   2 changed
      steps   2 changed
      took TIME, 8 round trips, SIZE sent, SIZE received
      report  .drover/runs/ID/report.json
      "
    `);
    const [report, ...more] = await reports(root);
    expect(more).toEqual([]);
    expect(report?.hosts.map(({ outcome, steps }) => [outcome, steps[0]?.progress])).toEqual([
      ['changed', 'done'],
      ['changed', 'done'],
    ]);
  });

  test('with nothing to change says so and does not ask', async () => {
    const { root, args } = await project(['one']);
    await drover(root, ['apply', ...args, '--yes']);
    const { io, code } = await drover(root, ['apply', ...args], { terminal: true, env: { NO_COLOR: '1' } });
    expect(code).toBe(0);
    expect(io.err()).toBe('Nothing to change.\n');
  });

  test('at a terminal shows the plan, asks once, and applies after y', async () => {
    const { root, args } = await project(['one', 'two']);
    const io = testIo({ cwd: root, terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(['apply', ...args], io);
    await io.shows('Apply these changes to 2 hosts? [y/N] ');
    expect(io.out()).toContain('two: 1 would change');
    expect(await readdir(root)).not.toContain('one.txt');
    io.type('y\n');
    expect(await ended).toBe(0);
    expect(await readFile(join(root, 'one.txt'), 'utf8')).toBe('hello\n');
    expect(io.out()).toContain('two: 1 changed');
    expect(io.listeners()).toBe(0);
  });

  test.each([['n\n'], ['\n'], ['yess\n'], ['']])('the answer %j is no: nothing is changed, exit 0', async (answer) => {
    const { root, args } = await project(['one']);
    const io = testIo({ cwd: root, terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(['apply', ...args], io);
    await io.shows('[y/N] ');
    if (answer === '') io.stdin.end();
    else io.type(answer);
    expect(await ended).toBe(0);
    expect(io.err()).toContain('Nothing was changed.\n');
    expect(await readdir(root)).not.toContain('one.txt');
    expect((await reports(root))[0]?.hosts[0]?.steps[0]).toMatchObject({ outcome: 'changed', progress: 'planned' });
  });

  test.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('%s at the question changes nothing, and the report says so', async (signal, exitCode) => {
    const { root, args } = await project(['one']);
    const io = testIo({ cwd: root, terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(['apply', ...args], io);
    await io.shows('[y/N] ');
    io.signal(signal);
    expect(await ended).toBe(exitCode);
    expect(io.err()).not.toContain('finishing');
    expect(await readdir(root)).not.toContain('one.txt');
    expect((await reports(root))[0]?.run).toMatchObject({ interrupted: signal, exitCode });
    const history = testIo({ cwd: root });
    await main(['history'], history);
    expect(history.out()).toContain('interrupted: 1 would change');
    expect(io.listeners()).toBe(0);
  });

  test.each(['stdout', 'stderr'] as const)(
    'goes on to its end where %s cannot be written, and does not end as if all were well',
    async (name) => {
      const { root, args } = await project(['one']);
      const io = testIo({ cwd: root });
      io[name].destroy(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }));
      expect(await main(['apply', ...args, '--yes'], io)).toBe(1);
      expect(await readFile(join(root, 'one.txt'), 'utf8')).toBe('hello\n');
      expect((await reports(root))[0]?.hosts[0]).toMatchObject({ outcome: 'changed' });
      if (name === 'stdout') expect(io.err()).toContain('the output could not be written: ENOSPC: no space left on device, write\n');
    },
  );

  test('with --json at a terminal keeps the plan and the question off standard output', async () => {
    const { root, args } = await project(['one']);
    const io = testIo({ cwd: root, terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(['apply', ...args, '--json'], io);
    await io.shows('[y/N] ');
    expect(io.err()).toContain('one: 1 would change');
    io.type('yes\n');
    expect(await ended).toBe(0);
    expect(reportSchema.parse(JSON.parse(io.out())).hosts[0]?.outcome).toBe('changed');
  });

  test('asks once for the password, shows nothing of it, and no sink ever does', async () => {
    const { root, args } = await project(['one']);
    const io = testIo({ cwd: root, terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(['apply', ...args, '--ask-become-pass', '--yes', '-v'], io);
    await io.shows('password for sudo, doas or su: ');
    io.type('hell\x7fll');
    io.type('o there\r');
    expect(await ended).toBe(0);
    expect(io.err().match(/password for sudo, doas or su/g)).toHaveLength(1);
    expect(io.out() + io.err() + JSON.stringify(await reports(root))).not.toContain('helllo');
  });

  test('Ctrl-C at the question for the password ends with 130, nothing contacted', async () => {
    const { root, args } = await project(['one']);
    const io = testIo({ cwd: root, terminal: true, env: { NO_COLOR: '1' } });
    const ended = main(['apply', ...args, '--ask-become-pass'], io);
    await io.shows('password for sudo, doas or su: ');
    io.type('abc\x03');
    expect(await ended).toBe(130);
    expect(await readdir(root)).not.toContain('.drover');
  });
});

describe('an apply that is interrupted', () => {
  /** A role whose first step ends when a file `go` appears, and a second step behind it. */
  const SLOW = `import { command, defineRole, file, z } from 'drover';
export default defineRole({
  name: 'slow',
  description: 'Waits',
  platforms: 'any',
  params: z.strictObject({ root: z.string() }),
  steps: ({ params: { root } }) => ({
    steps: [
      command({ command: ['sh', '-c', 'echo working with correct horse; printf half; touch started; while [ ! -e go ]; do sleep 0.02; done; touch done'], creates: root + '/done', directory: root }),
      file({ path: root + '/after.txt', content: 'after' }),
    ],
  }),
});
`;

  async function slowProject(): Promise<{ readonly root: string; readonly args: readonly string[] }> {
    const { root, args } = await project(['one'], { 'roles/slow.ts': SLOW });
    await writeFile(join(root, 'site.yml'), JSON.stringify([{ hosts: 'all', roles: [{ role: 'slow', params: { root: '{{ root }}' } }] }]));
    return { root, args };
  }

  async function appears(path: string): Promise<void> {
    await vi.waitFor(() => stat(path), { timeout: 10_000, interval: 20 });
  }

  test('finishes the running step, begins no other, ends with 130, and the report says what is done and what not started', async () => {
    const { root, args } = await slowProject();
    const io = testIo({ cwd: root });
    const ended = main(['apply', ...args, '--yes'], io);
    await appears(join(root, 'started'));
    io.signal('SIGINT');
    await writeFile(join(root, 'go'), '');
    expect(await ended).toBe(130);
    expect(io.err()).toContain('stopping: finishing the running steps; Ctrl-C again drops the connections\n');
    expect(io.out()).toContain('interrupted by SIGINT\n');
    const [report] = await reports(root);
    expect(report?.run).toMatchObject({ interrupted: 'SIGINT', exitCode: 130 });
    expect(report?.hosts[0]?.steps.map(({ progress }) => progress)).toEqual(['done', 'not-started']);
    expect(await readdir(root)).not.toContain('after.txt');
  });

  test('twice drops the connections: the running step is in doubt', async () => {
    const { root, args } = await slowProject();
    const io = testIo({ cwd: root });
    const ended = main(['apply', ...args, '--yes'], io);
    await appears(join(root, 'started'));
    io.signal('SIGTERM');
    io.signal('SIGINT');
    expect(await ended).toBe(143);
    await writeFile(join(root, 'go'), '');
    expect(io.err()).toContain('dropping the connections\n');
    const [report] = await reports(root);
    expect(report?.run).toMatchObject({ interrupted: 'SIGTERM', exitCode: 143 });
    expect(report?.hosts[0]?.steps.map(({ progress }) => progress)).toEqual(['in-doubt', 'not-started']);
  });

  test('shows at a terminal which step runs, and takes the display away before the report', async () => {
    const { root, args } = await slowProject();
    const io = testIo({ cwd: root, terminal: true });
    const ended = main(['apply', ...args, '--yes'], io);
    await io.shows('one  applying slow/command[');
    await writeFile(join(root, 'go'), '');
    expect(await ended).toBe(0);
    expect(io.err()).toContain('applying: 0 of 1 host done');
    expect(io.err()).toMatch(/\x1b\[2A\r\x1b\[J$/);
  });

  test('shows the last whole line of a step that runs for long, without secrets', async () => {
    const { root, args } = await slowProject();
    const io = testIo({ cwd: root, terminal: true, env: { DROVER_BECOME_PASSWORD: 'correct horse' } });
    const ended = main(['apply', ...args, '--yes'], io);
    await io.shows('    | working with [secret]');
    await writeFile(join(root, 'go'), '');
    expect(await ended).toBe(0);
    expect(io.err()).not.toMatch(/correct|half\n/);
    const journal = join(root, '.drover', 'runs', (await reports(root))[0]?.run.id ?? '', 'journal.jsonl');
    expect(await readFile(journal, 'utf8')).not.toContain('action-output');
  }, 20_000);
});

describe('hosts that cannot be reached', () => {
  /** An inventory of this machine itself, `one`, and a host `far` behind a port. */
  async function withFarHost(port: number): Promise<{ readonly root: string; readonly args: readonly string[] }> {
    const { root, args } = await project(['one']);
    const key = join(root, 'key');
    await writeFile(key, generateKeyPair().privateKey, { mode: 0o600 });
    const far = { ansible_connection: 'ssh', ansible_host: '127.0.0.1', ansible_port: port, ansible_ssh_private_key_file: key };
    const inventory = { all: { vars: { root }, hosts: { one: { ansible_connection: 'local' }, far } } };
    await writeFile(join(root, 'hosts.yml'), JSON.stringify(inventory));
    return { root, args };
  }

  async function silentServer(): Promise<{ readonly port: number; readonly connected: Promise<void> }> {
    const server = createServer();
    const connected = new Promise<void>((resolve) => server.once('connection', () => resolve()));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    return { port: typeof address === 'object' && address !== null ? address.port : 0, connected };
  }

  test('end the command with 4, stand before the others, and change no other host', async () => {
    const { root, args } = await withFarHost(1);
    const { io, code } = await drover(root, ['apply', ...args, '--yes']);
    expect(code).toBe(4);
    expect(io.out()).toMatch(/^far: unreachable$[\s\S]*^one: 1 changed$/m);
    expect(await readFile(join(root, 'one.txt'), 'utf8')).toBe('hello\n');
    expect((await drover(root, ['run', 'far', ...args.slice(1), '--', 'true'])).code).toBe(4);
  });

  test('do not hold up Ctrl-C: exit 130 and a report of what was planned', async () => {
    const { port, connected } = await silentServer();
    const { root, args } = await withFarHost(port);
    const io = testIo({ cwd: root });
    const ended = main(['apply', ...args, '--yes'], io);
    await connected;
    io.signal('SIGINT');
    expect(await ended).toBe(130);
    const [report] = await reports(root);
    expect(report?.run).toMatchObject({ interrupted: 'SIGINT', exitCode: 130 });
    expect(report?.hosts.find(({ name }) => name === 'far')?.outcome).not.toBe('ok');
    expect(await readdir(root)).not.toContain('one.txt');
  });
});

describe('a file that holds the password', () => {
  test('is shown without it', async () => {
    const { root, args } = await project(['one']);
    await writeFile(join(root, 'one.txt'), 'key: correct horse\n');
    const { io } = await drover(root, ['plan', ...args], { env: { DROVER_BECOME_PASSWORD: 'correct horse' } });
    expect(io.out()).toContain('content: differs, not shown: it holds secrets; 19 → 6 bytes\n');
    expect(JSON.stringify(await reports(root))).not.toContain('correct horse');
  });
});

describe('commands on hosts', () => {
  test('run folds equal outputs; one word is text for sh', async () => {
    const { root, args } = await project(['one', 'two']);
    const { io, code } = await drover(root, ['run', 'all', ...args.slice(1), '--', 'echo up; echo well']);
    expect(code).toBe(0);
    expect(steady(io.out(), root)).toBe('one, two: ok (2 hosts)\n  up\n  well\n\n2 hosts: 2 ok, TIME\n');
  });

  test('run takes several words as they are, and ends with 2 where the command fails', async () => {
    const { root, args } = await project(['one']);
    const { io, code } = await drover(root, ['run', 'one', ...args.slice(1), '--', 'sh', '-c', 'echo "$1"; exit 3', '-', 'a;  b']);
    expect(code).toBe(2);
    expect(steady(io.out(), root)).toBe('one: exit status 3\n  a;  b\n\n1 host: 1 failed, TIME\n');
  });

  test('an unknown host is refused, with the nearest one', async () => {
    const { root, args } = await project(['one', 'two']);
    const { io, code } = await drover(root, ['run', 'onne', ...args.slice(1), '--', 'true']);
    expect(code).toBe(5);
    expect(io.err()).toContain('did you mean "one"?');
  });

  test('facts shows what it found, as text and as JSON', async () => {
    const { root, args } = await project(['one']);
    const text = await drover(root, ['facts', 'one', ...args.slice(1)]);
    expect(text.code).toBe(0);
    expect(text.io.out()).toMatch(/^one:\n {2}hostname {3}\S/);
    const json = await drover(root, ['facts', 'one', ...args.slice(1), '--json']);
    expect(JSON.parse(json.io.out())).toMatchObject({ one: { facts: { kernel: { name: 'Linux' } }, error: null } });
  });
});

describe('commands that contact nobody', () => {
  const INVENTORY = JSON.stringify({ web: { hosts: { web1: { db_password: 'hunter22', port: 80 } } } });

  test('inventory shows a tree, a list and a host, without secrets', async () => {
    const root = await folder({ 'hosts.yml': INVENTORY });
    const shown = async (...flags: readonly string[]): Promise<string> =>
      (await drover(root, ['inventory', '-i', join(root, 'hosts.yml'), ...flags])).io.out();
    expect(await shown()).toBe('@all:\n  |--@web:\n  |  |--web1\n');
    expect(JSON.parse(await shown('--list'))).toMatchObject({ web: { hosts: ['web1'] } });
    expect(JSON.parse(await shown('--host', 'web1'))).toEqual({ db_password: '[secret]', port: 80 });
    expect((await shown()) + (await shown('--list'))).not.toContain('hunter22');
  });

  test('inventory --host with an unknown name is refused', async () => {
    const root = await folder({ 'hosts.yml': INVENTORY });
    const { io, code } = await drover(root, ['inventory', '-i', join(root, 'hosts.yml'), '--host', 'web2']);
    expect([code, io.err()]).toEqual([5, 'error host-unknown  there is no host "web2"\n  hint: did you mean "web1"?\n']);
  });

  test("roles lists the project's roles, and describes one", async () => {
    const { root } = await project(['one']);
    expect((await drover(root, ['roles'])).io.out()).toMatch(/^note +A note with a text$/m);
    expect((await drover(root, ['roles', 'note'])).io.out()).toMatchInlineSnapshot(`
      "note: A note with a text
      file       roles/note.ts
      platforms  any

      parameters:
        path  text, required
            Where the note is kept
        text  text, default "hello"
            What it says
      "
    `);
    expect((await drover(root, ['roles', 'not'])).code).toBe(5);
  });

  test('schema prints the JSON Schema of playbooks with the roles, and of the report', async () => {
    const { root } = await project(['one']);
    expect(JSON.parse((await drover(root, ['schema'])).io.out())).toMatchObject({ type: 'array' });
    expect((await drover(root, ['schema'])).io.out()).toContain('"note"');
    expect(JSON.parse((await drover(root, ['schema', 'report'])).io.out())).toMatchObject({ title: 'drover change report' });
  });
});
