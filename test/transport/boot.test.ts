import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { BOOT, bootScript } from '../../src/transport/boot.ts';

const SHELLS: readonly (readonly [string, readonly string[]])[] = [
  ['/bin/dash', []],
  ['/bin/bash', []],
  ['/bin/bash', ['--posix']],
  ['/bin/busybox', ['sh']],
];
const present = SHELLS.filter(([shell]) => existsSync(shell));
for (const [shell] of SHELLS.filter((each) => !present.includes(each))) console.warn(`skipped: boot under ${shell}: it is not installed`);

describe('the boot program', () => {
  it.each([null, { method: 'sudo', user: 'root' }] as const)(
    'has nothing that a login shell could take for its own (become %o)',
    (become) => {
      expect(BOOT).not.toContain("'");
      expect(bootScript('', { become, mayAsk: true, onTerminal: false }).command).not.toMatch(/[!\\\n\r]/);
    },
  );

  it('stays below the word length of old csh', () => {
    expect(bootScript('', { become: { method: 'sudo', user: 'root' }, mayAsk: true, onTerminal: false }).command.length).toBeLessThan(
      1_024,
    );
  });

  it.each([null, { method: 'sudo', user: 'root' }] as const)('keeps the script out of the command (become %o)', (become) => {
    const boot = bootScript('echo TOP-SECRET', { become, mayAsk: true, onTerminal: false });
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

const LOGIN_SHELLS = ['/bin/sh', '/bin/bash', '/bin/tcsh', '/usr/bin/fish', '/usr/bin/zsh', '/usr/bin/ksh'];

describe.each(LOGIN_SHELLS)('the command for the login shell, to %s', (shell) => {
  if (!existsSync(shell)) console.warn(`skipped: ${shell} as a login shell: it is not installed`);

  it.skipIf(!existsSync(shell))('means what it means to sh', () => {
    const { command, body, marker } = bootScript(`printf %s 'a!b\\c$HOME"'`, { become: null, mayAsk: false, onTerminal: false });
    const { stdout } = spawnSync(shell, ['-c', command], { input: body });
    expect(stdout.toString()).toBe(`${marker}\na!b\\c$HOME"`);
  });
});
