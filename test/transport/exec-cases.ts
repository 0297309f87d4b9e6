import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Connection, ExecResult } from '../../src/model/transport.ts';
import { eventually, folder, isRunning, run, trouble } from './world.ts';

/** What differs where something stands between drover and the script. */
interface Between {
  /** What is told of a script that SIGKILL ended. */
  readonly killed?: Pick<ExecResult, 'exitCode' | 'signal'>;
  /** Starts that come to nothing before the first script. */
  readonly vain?: number;
}

/** What scripts may rely on over every transport. */
export function execCases(
  connect: () => Promise<Connection>,
  { killed = { exitCode: null, signal: 'SIGKILL' }, vain = 0 }: Between = {},
): void {
  it('returns both outputs and the exit code', async () => {
    const result = await run(await connect(), 'echo out; echo err >&2; exit 3');
    expect({ ...result, stdout: result.stdout.toString(), stderr: result.stderr.toString() }).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 3,
      signal: null,
    });
  });

  it('returns the signal that ended a script', async () => {
    const result = await run(await connect(), 'kill -KILL $$');
    expect({ exitCode: result.exitCode, signal: result.signal }).toEqual(killed);
  });

  it('takes scripts of 3 MB and returns as much, byte for byte', async () => {
    const connection = await connect();
    const result = await run(connection, `printf %s '${'é!\\\n'.repeat(700_000)}' | wc -c; head -c 3000000 /dev/zero`);
    expect(result.stdout.subarray(0, 8).toString().trim()).toBe('3500000');
    expect(result.stdout.subarray(8).equals(Buffer.alloc(3_000_000))).toBe(true);
  });

  it('gives scripts an empty standard input', async () => {
    const result = await run(await connect(), 'cat\necho after\nread x || echo end');
    expect(result.stdout.toString()).toBe('after\nend\n');
  });

  it('reports output as it comes', async () => {
    const file = join(folder(), 'go');
    const chunks: string[] = [];
    const done = run(await connect(), `echo first; until [ -e ${file} ]; do sleep 0.02; done; echo second`, {
      onStdout: (chunk) => void chunks.push(chunk.toString()),
    });
    await eventually(() => chunks.length > 0, 'first chunk');
    expect(chunks).toEqual(['first\n']);
    writeFileSync(file, '');
    await done;
    expect(chunks.join('')).toBe('first\nsecond\n');
  });

  it('ends the whole process group of a script that passes its deadline', async () => {
    const file = join(folder(), 'pid');
    const error = await trouble(run(await connect(), `sleep 600 & echo $! >${file}; sleep 601`, { deadlineMs: 300 }));
    expect([error.phase, error.deadline, error.message]).toEqual(['exec', true, 'the script did not end within 300 ms']);
    await eventually(() => !isRunning(Number(readFileSync(file, 'utf8'))), 'end of the background process');
  });

  it('ends a script whose signal is aborted', async () => {
    const file = join(folder(), 'pid');
    const stop = new AbortController();
    const done = trouble(run(await connect(), `echo $$ >${file}; sleep 600`, { signal: stop.signal }));
    await eventually(() => existsSync(file) && readFileSync(file, 'utf8') !== '', 'start of the script');
    stop.abort();
    expect((await done).phase).toBe('aborted');
    await eventually(() => !isRunning(Number(readFileSync(file, 'utf8'))), 'end of the script');
  });

  it('starts nothing when the signal is aborted already', async () => {
    const file = join(folder(), 'ran');
    const connection = await connect();
    expect((await trouble(run(connection, `: >${file}`, { signal: AbortSignal.abort() }))).phase).toBe('aborted');
    await run(connection, ':');
    expect(existsSync(file)).toBe(false);
  });

  it('fails a script that writes more than it may', async () => {
    const error = await trouble(run(await connect(), 'yes', { maxOutputBytes: 100_000 }));
    expect([error.phase, error.message]).toEqual(['exec', 'the script wrote more than 100000 bytes']);
  });

  it('counts scripts and bytes', async () => {
    const connection = await connect();
    await run(connection, 'echo out');
    await run(connection, 'echo err >&2');
    expect(connection.stats()).toMatchObject({ roundTrips: 2 + vain, bytesSent: 24 + 10 * vain, bytesReceived: 8 });
  });

  it('runs several scripts at once', async () => {
    const connection = await connect();
    const results = await Promise.all([1, 2, 3, 4].map((n) => run(connection, `sleep 0.1; echo ${n}`)));
    expect(results.map(({ stdout }) => stdout.toString())).toEqual(['1\n', '2\n', '3\n', '4\n']);
  });

  it('fails what runs, and what is asked later, once it is closed; closing twice is no error', async () => {
    const connection = await connect();
    const begun: Buffer[] = [];
    const running = trouble(run(connection, 'echo begun; sleep 1', { onStdout: (chunk) => void begun.push(chunk) }));
    await eventually(() => begun.length > 0, 'start of the script');
    await Promise.all([connection.close(), connection.close()]);
    expect((await running).phase).toBe('link');
    expect((await trouble(run(connection, ':'))).phase).toBe('link');
    await connection.close();
  });
}
