import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { expect, onTestFinished, test, vi } from 'vitest';
import { stillRuns, thisProcess } from '../src/process-mark.ts';

/** Boot and start time as the kernel tells them. */
const bornOf = (pid: number): string => {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? [];
  return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${fields[19]}`;
};

test('this process runs, and has the start time that the kernel tells', () => {
  expect(thisProcess()).toEqual({ pid: process.pid, machine: hostname(), born: bornOf(process.pid) });
  expect(stillRuns(thisProcess())).toBe(true);
});

test.each([
  ['with another start time is a later one', { ...thisProcess(), born: 'another boot 1' }, false],
  ['that is gone does not run', { ...thisProcess(), pid: 2 ** 22 + 1 }, false],
  ['of another machine is not known', { ...thisProcess(), machine: 'elsewhere.example.com' }, null],
  ['without a start time runs while its number is taken', { ...thisProcess(), born: null }, true],
  ['without a start time and number does not run', { pid: 2 ** 22 + 1, machine: hostname(), born: null }, false],
] as const)('a process %s', (_title, mark, runs) => {
  expect(stillRuns(mark)).toBe(runs);
});

test('a zombie does not run: nobody has asked for its end yet', async () => {
  // The shell leaves its child to a program that never waits for it.
  const parent = spawn('sh', ['-c', 'sleep 1000 & echo $!; exec sleep 1000'], { stdio: ['ignore', 'pipe', 'ignore'] });
  onTestFinished(() => void parent.kill('SIGKILL'));
  const pid = Number(await new Promise<string>((resolve) => parent.stdout.once('data', (chunk: Buffer) => resolve(String(chunk)))));
  await vi.waitFor(() => expect(readFileSync(`/proc/${parent.pid}/comm`, 'utf8')).toBe('sleep\n'));
  const mark = { pid, machine: hostname(), born: bornOf(pid) };
  expect(stillRuns(mark)).toBe(true);
  process.kill(pid, 'SIGKILL');
  await vi.waitFor(() => expect(readFileSync(`/proc/${pid}/stat`, 'utf8')).toContain(') Z '));
  expect(stillRuns(mark)).toBe(false);
});
