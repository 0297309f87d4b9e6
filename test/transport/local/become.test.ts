import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Secret } from '../../../src/model/secret.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { createLocalTransport } from '../../../src/transport/local/local-transport.ts';
import { connected, folder, hostWith, run, trouble } from '../world.ts';

const OTHER = { method: 'sudo', user: 'somebody-else' } as const;

describe('become by a sudo that is found in PATH', () => {
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
  const bin = folder();
  writeFileSync(join(bin, 'sudo'), `#!/bin/sh\n${lines.join('\n')}\n`);
  chmodSync(join(bin, 'sudo'), 0o755);
  path(`${bin}:${process.env.PATH}`);
}
