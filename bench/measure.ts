import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/** One measured process. */
export interface Measured {
  readonly wallMs: number;
  readonly cpuMs: number;
  readonly peakMiB: number;
  readonly stdout: string;
}

const USAGE = new URL('./usage.mjs', import.meta.url).href;

/** Runs a node program in a folder and measures it; rejects unless it ends with 0. */
export async function measure(directory: string, args: readonly string[]): Promise<Measured> {
  const usageFile = join(directory, 'usage.json');
  const startedMs = performance.now();
  const child = spawn(process.execPath, ['--import', USAGE, ...args], {
    cwd: directory,
    env: { PATH: process.env.PATH, HOME: directory, BENCH_USAGE: usageFile },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const wallMs = Math.round(performance.now() - startedMs);
  if (code !== 0) throw new Error(`${args.join(' ')} ended with ${code}: ${stderr}${stdout}`);
  return { wallMs, ...JSON.parse(readFileSync(usageFile, 'utf8')), stdout };
}

/** The median of several runs by wall time. */
export async function median(times: number, run: () => Promise<Measured>): Promise<Measured> {
  const all: Measured[] = [];
  for (let each = 0; each < times; each += 1) all.push(await run());
  const sorted = all.toSorted((a, b) => a.wallMs - b.wallMs);
  const middle = sorted[Math.floor(sorted.length / 2)];
  if (middle === undefined) throw new Error('nothing was measured');
  return middle;
}
