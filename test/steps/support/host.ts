import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { compileAction } from '../../../src/actions/compile.ts';
import { compileWrite, ProgressParser } from '../../../src/actions/script.ts';
import { compileRead } from '../../../src/facts/batch.ts';
import type { Action } from '../../../src/model/action.ts';
import type { BaseFacts, FactRequest, FactState } from '../../../src/model/fact.ts';
import type { ActionEvent } from '../../../src/model/ports.ts';
import type { Step, StepPlan } from '../../../src/model/step.ts';
import { broken, verifyRequests } from '../../../src/plan/verify.ts';
import { viewOf } from './view.ts';

/** This machine with one shell: runs the compiled scripts for real, in temporary directories. */
export interface TestHost {
  readonly name: string;
  readonly base: BaseFacts;
  /** Standard output of a script. */
  run(text: string): Buffer;
  /** `tamper` changes the script before it runs. */
  read(requests: readonly FactRequest[], tamper?: (text: string) => string): Map<string, FactState>;
  write(actions: readonly Action[], tamper?: (text: string) => string): ActionEvent[];
  /** Reads, plans, acts, and compares with the prediction, as the engine does. */
  apply(step: Step): Applied;
}

export interface Applied {
  readonly plan: StepPlan;
  /** Exit status and output of the action that failed, null when none did. */
  readonly failure: string | null;
  /** What the re-read found that was not predicted. */
  readonly broken: readonly string[];
}

const folders: string[] = [];
// For the file that imports this: a worker of Vitest has no end of its own.
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const applets = mkdtempSync(join(tmpdir(), 'drover-busybox-'));
folders.push(applets);

function linkApplets(busybox: string): string {
  for (const name of execFileSync(busybox, ['--list'], { encoding: 'utf8' }).trim().split('\n')) {
    if (!name.includes('/')) symlinkSync(busybox, join(applets, name));
  }
  return applets;
}

const { username, uid, homedir } = userInfo();

export function testBase(busybox: boolean): BaseFacts {
  return {
    hostname: 'here',
    kernel: { name: 'Linux', release: '6.1.0', machine: 'x86_64' },
    os: { family: 'debian', id: 'debian', idLike: [], version: '12', codename: 'bookworm', name: 'Debian 12' },
    init: 'none',
    packageManager: 'none',
    network: 'unknown',
    addresses: [],
    bootId: 'boot',
    sshConnection: null,
    as: { user: username, group: execFileSync('id', ['-gn'], { encoding: 'utf8' }).trim(), uid, home: homedir },
    busybox,
  };
}

let count = 0;
const nonce = (): string => {
  count += 1;
  return `n0nce${process.pid}x${count}`;
};

function makeHost(name: string, shell: readonly [string, ...string[]], path: string | undefined): TestHost {
  const base = testBase(path !== undefined);
  const env = { ...process.env, LC_ALL: 'C', ...(path === undefined ? {} : { PATH: path }) };
  const run = (text: string): Buffer => {
    const [program, ...args] = shell;
    const result = spawnSync(program, args, { input: text, env, maxBuffer: 1 << 28 });
    if (result.error !== undefined) throw result.error;
    if (result.stderr.length > 0) throw new Error(`${name} wrote to standard error: ${result.stderr}`);
    return result.stdout;
  };
  const read: TestHost['read'] = (requests, tamper = (text) => text) => {
    const batch = compileRead(requests, base, nonce());
    return batch.parse(run(tamper(batch.script.text)));
  };
  const write: TestHost['write'] = (actions, tamper = (text) => text) => {
    const events: ActionEvent[] = [];
    const id = nonce();
    const parser = new ProgressParser(id, (event) => events.push(event));
    const compiled = actions.map((action) => compileAction(action, base));
    parser.feed(run(tamper(compileWrite(compiled, id).text)));
    return events;
  };
  return { name, base, run, read, write, apply: (step) => applyStep(step, { base, read, write }) };
}

function applyStep(step: Step, { base, read, write }: Pick<TestHost, 'base' | 'read' | 'write'>): Applied {
  const plan = step.plan(viewOf(read(step.reads), base));
  if (plan.result !== 'change') return { plan, failure: null, broken: [] };
  const events = write(plan.actions);
  for (const event of events) {
    if (event.kind === 'end' && event.exitCode !== 0) return { plan, failure: `${event.exitCode}: ${event.output}`, broken: [] };
  }
  const promised = plan.predicted.map((prediction) => ({ prediction, by: step.subject }));
  return { plan, failure: null, broken: broken(promised, read(verifyRequests(promised))).map((each) => each.reason) };
}

function busyboxHosts(): TestHost[] {
  const busybox = spawnSync('sh', ['-c', 'command -v busybox'], { encoding: 'utf8' }).stdout.trim();
  if (busybox !== '') return [makeHost('busybox', ['busybox', 'sh'], linkApplets(busybox))];
  console.warn('left out: scripts under busybox alone: it is not installed');
  return [];
}

/** dash with coreutils, and busybox alone where it is installed. */
export const hosts: readonly TestHost[] = [makeHost('dash', ['dash'], undefined), ...busyboxHosts()];

/** A temporary directory (0700), removed behind the tests of the file. */
export function scratchDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'drover-test-'));
  folders.push(directory);
  return directory;
}
