import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { openInventory, systemTransport } from '../../src/engine.ts';
import { type PlannedRun, startRun } from '../../src/execute/run.ts';
import type { RunEvent } from '../../src/model/event.ts';
import type { Become, Host } from '../../src/model/host.ts';
import type { Role } from '../../src/model/role.ts';
import type { Run, RunMode, StepRecord } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { createPorts } from '../../src/ports.ts';
import type { Report } from '../../src/report/report.ts';
import { MAIN } from './built.ts';
import type { FleetData } from './fleet/types.ts';

export const ROOT: Become = { method: 'sudo', user: 'root' };

const OPERATOR = { cwd: tmpdir(), home: tmpdir(), username: 'nobody', agentSocket: null, hostKeyPolicy: null, becomePassword: null };

/** The fleet's hosts as drover's own inventory has them. */
export async function inventoryHosts(fleet: FleetData, names: readonly string[]): Promise<readonly Host[]> {
  const { value, problems } = await openInventory([fleet.inventoryFile], OPERATOR);
  if (problems.length > 0) throw new Error(JSON.stringify(problems));
  return value.hosts.filter((host) => names.includes(host.name));
}

export interface Driven {
  readonly handlers?: Readonly<Record<string, Step>>;
  readonly mode?: RunMode;
  /** Default: root by sudo; null: the login user. */
  readonly become?: Become | null;
  readonly emit?: (event: RunEvent) => void;
}

/** Plans steps on lab hosts over real SSH, without playbook files. */
export async function planSteps(
  hosts: readonly Host[],
  stepsOf: (host: Host) => readonly Step[],
  options: Driven = {},
): Promise<PlannedRun> {
  const { handlers = {}, mode = 'apply', become = ROOT, emit = () => {} } = options;
  const role = (host: Host): Role => ({
    drover: 'role',
    name: 'lab',
    description: 'steps of a test',
    platforms: 'any',
    params: z.unknown(),
    steps: () => ({ steps: stepsOf(host), handlers }),
  });
  return startRun(
    hosts.map((host) => ({
      host,
      plays: [
        {
          index: 0,
          part: 'roles',
          name: 'lab',
          become,
          allow: { reboot: true, disconnect: true },
          roles: [{ role: role(host), params: {} }],
        },
      ],
    })),
    {
      header: { id: 'lab', mode, argv: [], startedAt: '', drover: '0', playbook: 'lab', inventory: [], limit: null, tags: [] },
      owner: 'tester@example.com',
      plays: [{ index: 0, name: 'lab', rollout: null }],
      forks: 20,
      ports: createPorts((await systemTransport(OPERATOR)).transport),
      emit,
      stop: { soft: new AbortController().signal, hard: new AbortController().signal },
    },
  );
}

/** Plans and carries out steps. */
export async function applySteps(
  hosts: readonly Host[],
  stepsOf: (host: Host) => readonly Step[],
  options: Driven = {},
): Promise<{ readonly plan: Run; readonly applied: Run }> {
  const planned = await planSteps(hosts, stepsOf, options);
  return { plan: planned.plan, applied: await planned.apply() };
}

/** What a run changed or would change, comparable: host, step, field, before, after. */
export function changesOf(run: Run, isWanted: (step: StepRecord) => boolean = () => true): unknown[] {
  return run.hosts.flatMap((host) =>
    host.steps
      .filter((step) => step.outcome === 'changed' && isWanted(step))
      .flatMap((step) =>
        step.changes.map(({ field, before, after }) => [host.name, step.id, field, comparable(before), comparable(after)]),
      ),
  );
}

function comparable(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'digest' in value ? value.digest : value;
}

/** Steps that failed, with why: for messages of assertions. */
export function failures(run: Run): unknown[] {
  return run.hosts.flatMap((host) => [
    ...(host.error === null ? [] : [[host.name, host.outcome, host.error.message]]),
    ...host.steps.filter((step) => step.outcome === 'failed').map((step) => [host.name, step.id, step.reason, step.failure?.output]),
  ]);
}

/** A folder for a command line run: its `.drover` and files; gone at the end. */
export async function workspace(files: Readonly<Record<string, string>> = {}): Promise<{ readonly path: string; remove(): Promise<void> }> {
  const path = await mkdtemp(join(tmpdir(), 'drover-lab-work-'));
  for (const [name, text] of Object.entries(files)) await writeFile(join(path, name), text);
  return { path, remove: () => rm(path, { recursive: true, force: true }) };
}

export interface CliResult {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Starts the drover command as a process of its own. */
export function spawnCli(
  cwd: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): { child: ChildProcess; done: Promise<CliResult> } {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { PATH: process.env.PATH, HOME: cwd, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  child.stdout?.on('data', (chunk: Buffer) => {
    stdout += chunk;
  });
  child.stderr?.on('data', (chunk: Buffer) => {
    stderr += chunk;
  });
  const done = new Promise<CliResult>((resolve) => child.once('close', (code) => resolve({ code, stdout, stderr })));
  return { child, done };
}

/** Runs the drover command to its end. */
export function cli(cwd: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<CliResult> {
  return spawnCli(cwd, args, env).done;
}

/** The report that the last run in this folder left. */
export async function lastReport(cwd: string): Promise<Report> {
  const runs = join(cwd, '.drover', 'runs');
  const last = (await readdir(runs)).sort().at(-1);
  if (last === undefined) throw new Error(`no run was recorded in ${runs}`);
  return JSON.parse(await readFile(join(runs, last, 'report.json'), 'utf8'));
}
