import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { createLocalTransport } from '../../../src/transport/local/local-transport.ts';
import { connected, folder, hostWith, run, trouble } from '../world.ts';

const OTHER = { method: 'sudo', user: 'somebody-else' } as const;

describe('become by a program that is found in PATH', () => {
  const connect = (password: string | null, becomeMs = 5_000): Promise<Connection> => {
    const becomePassword = password === null ? null : new Secret(password);
    return connected(createLocalTransport(), hostWith({ transport: 'local', becomePassword, deadlines: { becomeMs } }));
  };

  it('is refused where there is no sudo', async () => {
    const bin = folder();
    symlinkSync('/usr/bin/id', join(bin, 'id'));
    path(bin);
    const error = await trouble(run(await connect(null), ':', { become: OTHER }));
    expect(error.phase).toBe('become');
    expect(error.message).toMatch(/sudo.*not found/);
  });

  it('fails at the deadline when sudo says nothing', async () => {
    sudo('sleep 2');
    const error = await trouble(run(await connect(null, 200), ':', { become: OTHER }));
    expect([error.phase, error.message, error.deadline]).toEqual(['become', 'no shell from sudo within 200 ms', true]);
  });

  it('answers a prompt in any words around the nonce, in pieces, after a lecture', async () => {
    sudo(
      'while [ "$1" != -p ]; do shift; done; prompt=$2; while [ "$1" != -- ]; do shift; done; shift',
      'echo "We trust you have received the usual lecture" >&2; printf "[sudo: %s" "${prompt%????}" >&2; sleep 0.1',
      'printf "%s] Passwort:" "${prompt#"${prompt%????}"}" >&2; read -r word; [ "$word" = "p w\'\\\\x" ] || exit 1; exec "$@"',
    );
    const { stdout, stderr } = await run(await connect("p w'\\x"), 'echo out; echo err >&2', { become: OTHER });
    expect([stdout.toString(), stderr.toString()]).toEqual(['out\n', 'err\n']);
  });

  it('asks not to be asked where no password is known', async () => {
    sudo('[ "$1 $2 $3 $4" = "-n -u somebody-else --" ] || exit 9; shift 4; exec "$@"');
    expect((await run(await connect(null), 'echo out', { become: OTHER })).stdout.toString()).toBe('out\n');
  });

  it('says what to do where sudo wants a terminal: there is none here', async () => {
    sudo('echo "sudo: sorry, you must have a tty to run sudo" >&2', 'exit 1');
    const error = await trouble(run(await connect('pw'), ':', { become: OTHER }));
    expect([error.phase, error.message]).toEqual(['become', 'sudo: sorry, you must have a tty to run sudo']);
    expect(error.hint).toBe('drover has a terminal for sudo over SSH only: take requiretty out of sudoers');
  });

  it('does not wait for a password that nobody knows', async () => {
    program('su', 'printf "Password: " >&2; read -r word; exit 1');
    const error = await trouble(run(await connect(null), ':', { become: { method: 'su', user: 'somebody-else' } }));
    expect([error.message, error.deadline]).toEqual(['su wants a password (that of somebody-else), and none is known', false]);
  });

  it('gives su the password when it asks, on either output, and nothing before', async () => {
    for (const output of ['1', '2']) {
      program(
        'su',
        `printf "Password: " >&${output}; read -r word; [ "$word" = pw ] || exit 1`,
        '[ "$1 $2 $3 $4 $5" = "-s /bin/sh -- somebody-else -c" ] || exit 9; shift 4; exec /bin/sh "$@"',
      );
      const { stdout, stderr } = await run(await connect('pw'), 'echo out; echo err >&2', {
        become: { method: 'su', user: 'somebody-else' },
      });
      expect([stdout.toString(), stderr.toString()]).toEqual(['out\n', 'err\n']);
    }
  });

  it('lets doas do without a password, for it asks at a terminal only', async () => {
    program('doas', '[ "$1 $2 $3 $4" = "-n -u somebody-else --" ] || exit 9; shift 4; exec "$@"');
    const become = { method: 'doas', user: 'somebody-else' } as const;
    expect((await run(await connect('pw'), 'echo out', { become })).stdout.toString()).toBe('out\n');
    program('doas', 'echo "doas: Authentication required" >&2', 'exit 1');
    const error = await trouble(run(await connect('pw'), ':', { become }));
    expect([error.message, error.hint]).toEqual([
      'doas: Authentication required',
      'drover has a terminal for doas over SSH only: permit the user without a password (nopass in doas.conf)',
    ]);
  });
});

function path(value: string): void {
  const before = process.env.PATH;
  process.env.PATH = value;
  onTestFinished(() => {
    process.env.PATH = before;
  });
}

/** Puts a `sudo` first in PATH. */
function sudo(...lines: readonly string[]): void {
  program('sudo', ...lines);
}

/** Puts a program first in PATH. */
function program(name: string, ...lines: readonly string[]): void {
  const bin = folder();
  writeFileSync(join(bin, name), `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(join(bin, name), 0o755);
  path(`${bin}:${process.env.PATH}`);
}
