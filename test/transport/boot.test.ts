import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { BECOME_METHODS, type Become } from '../../src/model/host.ts';
import { FROM_TERMINAL, RAW_TERMINAL } from '../../src/transport/become/terminal-program.ts';
import { BOOT, bootScript, type Start } from '../../src/transport/boot.ts';

const SHELLS: readonly (readonly [string, readonly string[]])[] = [
  ['/bin/dash', []],
  ['/bin/bash', []],
  ['/bin/bash', ['--posix']],
  ['/bin/busybox', ['sh']],
];
const present = SHELLS.filter(([shell]) => existsSync(shell));
for (const [shell] of SHELLS.filter((each) => !present.includes(each))) console.warn(`skipped: boot under ${shell}: it is not installed`);

const USERS: readonly (Become | null)[] = [null, ...BECOME_METHODS.map((method) => ({ method, user: 'root' }))];
const STARTS: readonly Start[] = USERS.flatMap((become) =>
  (become === null ? [false] : [false, true]).map((onTerminal) => ({ become, mayAsk: true, onTerminal })),
);

describe.each(STARTS)('the boot program, %j', (start) => {
  it('has nothing that a login shell could take for its own', () => {
    for (const program of [BOOT, FROM_TERMINAL, RAW_TERMINAL]) expect(program).not.toContain("'");
    expect(bootScript('', start).command).not.toMatch(/[!\\\n\r]/);
  });

  it('stays below the word length of old csh', () => {
    const words = bootScript('', start).command.split("'");
    expect(Math.max(...words.map(({ length }) => length))).toBeLessThan(1_024);
  });

  it('keeps the script out of the command', () => {
    const boot = bootScript('echo TOP-SECRET', start);
    expect(boot.command).not.toContain('TOP-SECRET');
    expect(boot.body.toString()).toContain('TOP-SECRET');
  });
});

describe.each(present)('a script under %s %j', (shell, options) => {
  /** Feeds the body, or only the first bytes of it, and closes standard input. */
  const boot = (text: string | Buffer, more: { cut?: number; env?: NodeJS.ProcessEnv } = {}) => {
    const body = Buffer.concat([Buffer.from(text), Buffer.from('\n#')]);
    const input = body.subarray(0, more.cut ?? body.length);
    // Without SHLVL bash takes the socket that Node gives it for a login by rsh, and reads ~/.bashrc.
    const env = { PATH: process.env.PATH, LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8', SHLVL: '2', ...more.env };
    const result = spawnSync(shell, [...options, '-c', BOOT, 'drover', 'MARK', `${body.length}`], { input, env, maxBuffer: 1e8 });
    const strip = (output: Buffer): Buffer => {
      expect(output.subarray(0, 5).toString()).toBe('MARK\n');
      return output.subarray(5);
    };
    return { status: result.status, signal: result.signal, stdout: strip(result.stdout), stderr: strip(result.stderr) };
  };

  it.each([
    ['exit 3', 3],
    ['false', 1],
    ['true', 0],
    ['', 0],
    ['(exit 7)\n\n', 7],
    ["cat <<'END'\nx\nEND", 0],
    ['#!/bin/sh\nexit 4', 4],
    ['exec sh -c "exit 9"', 9],
  ])('%j ends with %i', (text, status) => {
    expect(boot(text).status).toBe(status);
  });

  it('keeps every byte but NUL, in any locale', () => {
    const bytes = Buffer.from(Array.from({ length: 255 }, (_, index) => index + 1).filter((byte) => byte !== 0x27));
    const script = Buffer.concat([Buffer.from("printf %s '"), bytes, Buffer.from("'")]);
    expect(boot(script).stdout).toEqual(bytes);
  });

  it('may be megabytes long', () => {
    const lines = `${'x'.repeat(99)}\n`.repeat(30_000);
    expect(boot(`cat <<'END' | wc -c\n${lines}END`).stdout.toString().trim()).toBe('3000000');
  });

  it('finds standard input empty, no arguments, the C locale and the directories of the administrator', () => {
    const { stdout } = boot('cat; wait; echo "$#|$LC_ALL|$PATH|${drover_script-none}"; env | grep -c ^drover', {
      env: { drover_script: 'x' },
    });
    expect(stdout.toString()).toBe(`0|C|${process.env.PATH}:/usr/local/sbin:/usr/sbin:/sbin|none\n0\n`);
  });

  it('is not begun when it arrives in part', () => {
    const { status, stdout } = boot('echo begun\necho ended', { cut: 15 });
    expect([status, stdout.toString()]).toEqual([125, '']);
  });
});

describe.each(present)('what stands between a terminal and the boot program, under %s %j', (shell, options) => {
  const between = (text: string, env: NodeJS.ProcessEnv = {}) => {
    const body = `${text}\n#`;
    const words = [...options, '-c', FROM_TERMINAL, 'drover', BOOT, 'MARK', `${Buffer.byteLength(body)}`, '192.0.2.1 1 192.0.2.2 22'];
    return spawnSync(shell, words, { input: body, env: { PATH: process.env.PATH, SHLVL: '2', ...env } });
  };

  it.each([
    ['echo out; echo err >&2; exit 3', 'out\n', 'err\n', 3],
    ['printf out; printf err >&2; false', 'out', 'err', 1],
    ['echo "$SSH_CONNECTION"', '192.0.2.1 1 192.0.2.2 22\n', '', 0],
    ['kill -KILL $$', '', '', 137],
    ['exec sh -c "echo other; exit 9"', 'other\n', '', 9],
  ])('%j: the outputs one after the other, then the status', (text, out, err, status) => {
    const { stdout, stderr } = between(text);
    expect(stdout.toString()).toBe(`MARK\n${out}MARK-err\nMARK\n${err}MARK-end ${status}\n`);
    expect(stderr.toString()).toBe('');
  });

  it('makes do with /tmp where TMPDIR is of no use', () => {
    expect(between('echo err >&2', { TMPDIR: '/nowhere' }).stdout.toString()).toBe('MARK\nMARK-err\nMARK\nerr\nMARK-end 0\n');
  });

  it('leaves the script in a session of its own', () => {
    const { stdout } = between('read -r a b c d e f x </proc/$$/stat; echo "$$ $f"');
    const [pid, session] = (stdout.toString().split('\n')[1] ?? '').split(' ');
    expect(session).toBe(pid);
  });
});

const LOGIN_SHELLS = ['/bin/sh', '/bin/bash', '/bin/tcsh', '/usr/bin/fish', '/usr/bin/zsh', '/usr/bin/ksh'];

describe.each(LOGIN_SHELLS)('the command for the login shell, to %s', (shell) => {
  if (!existsSync(shell)) console.warn(`skipped: ${shell} as a login shell: it is not installed`);

  it.skipIf(!existsSync(shell))('means what it means to sh', () => {
    const { command, body, marker } = bootScript(`printf %s 'a!b\\c$HOME"'`, { become: null, mayAsk: false, onTerminal: false });
    const { stdout } = spawnSync(shell, ['-c', command], { input: body });
    expect(stdout.toString()).toBe(`${marker}\na!b\\c$HOME"`);
  });

  it.skipIf(!existsSync(shell)).each(BECOME_METHODS)('means what it means to sh, for a terminal and %s', (method) => {
    const become = { method, user: userInfo().username };
    const { command, body, marker } = bootScript(`printf %s 'a!b\\c$HOME"'`, { become, mayAsk: true, onTerminal: true });
    const { stdout } = spawnSync(shell, ['-c', command], { input: body });
    expect(stdout.toString()).toBe(`${marker}\na!b\\c$HOME"${marker}-err\n${marker}\n${marker}-end 0\n`);
  });
});
