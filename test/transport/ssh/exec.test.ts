import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Host } from '../../../src/model/host.ts';
import type { Connection } from '../../../src/model/transport.ts';
import { createSshTransport } from '../../../src/transport/ssh/ssh-transport.ts';
import { execCases } from '../exec-cases.ts';
import { connected, eventually, folder, hostWith, isRunning, routes, run, trouble } from '../world.ts';
import { noSshd, type Sshd, startSshd } from './sshd.ts';

describe.skipIf(noSshd !== null)('scripts over a real sshd', () => {
  let sshd: Sshd;
  beforeAll(async () => {
    sshd = await startSshd({ config: ['MaxSessions 4'] });
  });
  afterAll(() => sshd.stop());

  const host = (): Host => hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts] });
  const connect = (): Promise<Connection> => connected(createSshTransport(routes()), host());

  execCases(connect);

  it('does not wait for a daemon that holds the outputs open', async () => {
    const file = join(folder(), 'pid');
    const result = await run(await connect(), `sleep 600 & echo $! >${file}; echo started`);
    process.kill(Number(readFileSync(file, 'utf8')));
    expect([result.exitCode, result.stdout.toString()]).toEqual([0, 'started\n']);
  });

  it('keeps the script out of every command line of the host', async () => {
    const marker = 'needle-in-the-script';
    const result = await run(await connect(), `cat /proc/[0-9]*/cmdline 2>/dev/null | tr '\\0' ' ' | grep -c ${marker.slice(0, -1)}[t]`);
    expect(result.stdout.toString()).toBe('0\n');
  });

  it('fails a script with phase link when the connection dies under it', async () => {
    const connection = await connect();
    const pid: string[] = [];
    const running = trouble(run(connection, 'echo $PPID; sleep 5', { onStdout: (chunk) => void pid.push(chunk.toString()) }));
    await eventually(() => pid.join('').endsWith('\n'), 'process id of the session');
    process.kill(Number(pid.join('')), 'SIGKILL');
    const error = await running;
    expect([error.phase, error.deadline]).toEqual(['link', false]);
    expect(error.message).toMatch(/^the connection was lost: /);
    expect((await trouble(run(connection, ':'))).phase).toBe('link');
  });

  it('leaves a script running when only the connection dies', async () => {
    const connection = await connect();
    const pids: string[] = [];
    const running = trouble(run(connection, 'echo $$ $PPID; sleep 600', { onStdout: (chunk) => void pids.push(chunk.toString()) }));
    await eventually(() => pids.join('').endsWith('\n'), 'process ids');
    const [shell, session] = pids.join('').trim().split(' ').map(Number);
    process.kill(session!, 'SIGKILL');
    await running;
    expect(isRunning(shell!)).toBe(true);
    process.kill(-shell!);
  });

  it('names the limit when sshd opens no further channel', async () => {
    const connection = await connect();
    const running = Array.from({ length: 4 }, () => run(connection, 'sleep 0.5'));
    const error = await trouble(run(connection, ':'));
    expect([error.phase, error.message]).toEqual(['channel', 'the host refused a channel: open failed']);
    expect(error.hint).toContain('MaxSessions');
    await Promise.all(running);
    expect((await run(connection, 'echo again')).stdout.toString()).toBe('again\n');
  });
});

describe.skipIf(noSshd !== null)('login shells', () => {
  const withForced = async (command: string): Promise<{ connection: Connection; sshd: Sshd }> => {
    const sshd = await startSshd({ config: [`ForceCommand ${command}`] });
    const host = hostWith({ port: sshd.port, keyFiles: [sshd.keyFile], knownHostsFiles: [sshd.knownHosts], deadlines: { channelMs: 700 } });
    return { sshd, connection: await connected(createSshTransport(routes()), host) };
  };

  it.each([
    [
      'that refuse',
      'echo This account is closed >&2; exit 1',
      'the login shell ended with exit code 1 and ran nothing: This account is closed',
      false,
    ],
    ['that say nothing', 'sleep 5', 'no shell within 700 ms', true],
  ])('%s are trouble with the channel', async (_, command, message, deadline) => {
    const { sshd, connection } = await withForced(command);
    const error = await trouble(run(connection, 'echo never'));
    expect([error.phase, error.message, error.deadline]).toEqual(['channel', message, deadline]);
    await sshd.stop();
  });

  it('may chat before the script', async () => {
    const { sshd, connection } = await withForced('echo Welcome; echo Hi >&2; eval "$SSH_ORIGINAL_COMMAND"');
    const { stdout, stderr } = await run(connection, 'echo out; echo err >&2');
    expect([stdout.toString(), stderr.toString()]).toEqual(['out\n', 'err\n']);
    await sshd.stop();
  });
});
