import { readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Connection } from '../../../src/model/transport.ts';
import { createLocalTransport } from '../../../src/transport/local/local-transport.ts';
import { execCases } from '../exec-cases.ts';
import { connected, eventually, folder, hostWith, isRunning, run, trouble } from '../world.ts';

describe('the local transport', () => {
  const connect = (): Promise<Connection> => connected(createLocalTransport(), hostWith({ transport: 'local' }));

  execCases(connect);

  it('ends a script that ignores TERM', async () => {
    const file = join(folder(), 'pid');
    const error = await trouble(run(await connect(), `trap '' TERM; echo $$ >${file}; while :; do sleep 1; done`, { deadlineMs: 200 }));
    expect([error.phase, error.deadline]).toEqual(['exec', true]);
    await eventually(() => !isRunning(Number(readFileSync(file, 'utf8'))), 'end of the script');
  });

  it('starts in the home directory, as no SSH login', async () => {
    process.env.SSH_CONNECTION = '192.0.2.1 1 192.0.2.2 22';
    const result = await run(await connect(), 'echo "$PWD|$SSH_CONNECTION"');
    delete process.env.SSH_CONNECTION;
    expect(result.stdout.toString()).toBe(`${homedir()}|\n`);
  });

  it.each(['/nonexistent', '/dev/null'])('starts in the root directory where the home directory is %s', async (home) => {
    const { HOME } = process.env;
    process.env.HOME = home;
    const result = await run(await connect(), 'pwd').finally(() => {
      process.env.HOME = HOME;
    });
    expect(result.stdout.toString()).toBe('/\n');
  });

  it('is not connected once the signal is aborted', async () => {
    const error = await trouble(createLocalTransport().connect(hostWith(), AbortSignal.abort()));
    expect(error.phase).toBe('aborted');
  });
});
