import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { describeHardware } from './hardware.ts';

const GUARD = new URL('./vm/guard.sh', import.meta.url).pathname;

describeHardware('the guard of the virtual machine', () => {
  let directory: string;
  let guard: ChildProcess;
  let machine: number;
  let tpm: number;

  /** In place of QEMU a program that does nothing. */
  beforeEach(async () => {
    directory = mkdtempSync(join(tmpdir(), 'drover-guard-'));
    guard = spawn('sh', [GUARD, directory, 'sleep', '600'], { stdio: ['pipe', 'ignore', 'ignore'] });
    machine = await vi.waitFor(() => Number(/^\d+$/m.exec(readFileSync(join(directory, 'qemu.pid'), 'utf8'))?.[0] ?? 'none yet'), 20_000);
    // Not setpriv any more, which has asked for the kernel's signal by then.
    await vi.waitFor(() => expect(readFileSync(`/proc/${machine}/comm`, 'utf8')).toBe('sleep\n'), 20_000);
    const children = readFileSync(`/proc/${guard.pid}/task/${guard.pid}/children`, 'utf8').trim().split(' ').map(Number);
    tpm = children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'swtpm\n') ?? Number.NaN;
    expect([machine, tpm].every(isRunning)).toBe(true);
  });
  afterEach(() => {
    guard.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });

  const isRunning = (pid: number): boolean => existsSync(`/proc/${pid}`);

  test('survives what ends a test run by hand, and ends all of it with the pipe that the test process holds', async () => {
    const ended = new Promise((resolve) => guard.once('exit', (code, signal) => resolve([code, signal])));
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) guard.kill(signal);
    guard.stdin?.destroy();
    expect(await ended).toEqual([0, null]);
    expect([machine, tpm].some(isRunning)).toBe(false);
    expect(existsSync(directory)).toBe(false);
  });

  test('takes both along when it is killed itself', async () => {
    guard.kill('SIGKILL');
    await vi.waitFor(() => expect([machine, tpm].some(isRunning)).toBe(false), 10_000);
  });
});
