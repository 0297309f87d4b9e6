import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { compileAction } from '../../../src/actions/compile.ts';
import { compileWrite, ProgressParser } from '../../../src/actions/script.ts';
import { compileRead } from '../../../src/facts/batch.ts';
import type { Action } from '../../../src/model/action.ts';
import type { BaseFacts, FactRequest, FactState } from '../../../src/model/fact.ts';
import type { ActionEvent } from '../../../src/model/ports.ts';
import type { Step, StepPlan } from '../../../src/model/step.ts';
import { broken, verifyRequests } from '../../../src/plan/verify.ts';
import { viewOf } from '../../steps/support/view.ts';

/** Why there can be no private root here; null when there can. */
export const noPrivateRoot: string | null =
  spawnSync('unshare', ['-mn', 'true']).status === 0 && process.getuid?.() === 0 ? null : 'needs root and unshare(1)';
if (noPrivateRoot !== null) console.warn(`skipped: tests on a private root: ${noPrivateRoot}`);

/** A copy on write of this machine's root, with a network of its own; nothing that happens in it outlives it. */
export interface PrivateRoot {
  /** Runs a script with the full set of tools, or with busybox alone. */
  sh(script: string, tools?: Tools): { readonly stdout: Buffer; readonly stderr: string; readonly code: number | null };
  read(requests: readonly FactRequest[], base: BaseFacts, tools?: Tools): Map<string, FactState>;
  write(actions: readonly Action[], base: BaseFacts, tools?: Tools): ActionEvent[];
  /** Reads, plans, acts, and compares with the prediction, as the engine does. */
  apply(step: Step, base: BaseFacts, tools?: Tools): Applied;
  close(): Promise<void>;
}

export type Tools = 'all' | 'busybox';

interface Applied {
  readonly plan: StepPlan;
  /** Output of the action that failed, null when none did. */
  readonly failure: string | null;
  /** What the re-read found that was not predicted. */
  readonly broken: readonly string[];
}

const HOLD = `
set -eu
mount -t tmpfs tmpfs "$1"
mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
for d in proc sys dev; do mount --rbind "/$d" "$1/root/$d"; done
mount -t tmpfs -o mode=1777 tmpfs "$1/root/tmp"
mkdir "$1/root/busybox"
for name in $(busybox --list); do ln -s /usr/bin/busybox "$1/root/busybox/$name"; done
ip link set lo up
echo ready
exec cat >/dev/null`;

let count = 0;

export async function openPrivateRoot(): Promise<PrivateRoot> {
  const place = mkdtempSync(join(tmpdir(), 'drover-root-'));
  const holder = spawn('unshare', ['-mn', 'sh', '-c', HOLD, 'sh', place], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise<void>((resolve) => holder.once('exit', () => resolve()));
  const answer = await Promise.race([new Promise<string>((resolve) => holder.stdout.once('data', (data) => resolve(String(data)))), ended]);
  if (answer?.trim() !== 'ready') throw new Error('the private root could not be made');
  const sh: PrivateRoot['sh'] = (script, tools = 'all') => {
    const enter = ['-m', '-n', '-t', String(holder.pid), 'chroot', `${place}/root`];
    const shell = tools === 'all' ? ['dash'] : ['/usr/bin/env', 'PATH=/busybox', '/busybox/sh'];
    const { stdout, stderr, status } = spawnSync('nsenter', [...enter, ...shell], { input: script, env: { ...process.env, LC_ALL: 'C' } });
    return { stdout, stderr: String(stderr), code: status };
  };
  const nonce = (): string => `n0nce${process.pid}x${count++}`;
  const read: PrivateRoot['read'] = (requests, base, tools) => {
    const batch = compileRead(requests, base, nonce());
    return batch.parse(sh(batch.script.text, tools).stdout);
  };
  const write: PrivateRoot['write'] = (actions, base, tools) => {
    const events: ActionEvent[] = [];
    const id = nonce();
    const script = compileWrite(
      actions.map((action) => compileAction(action, base)),
      id,
    );
    new ProgressParser(id, (event) => events.push(event)).feed(sh(script.text, tools).stdout);
    return events;
  };
  const apply: PrivateRoot['apply'] = (step, base, tools) => {
    const plan = step.plan(viewOf(read(step.reads, base, tools), base));
    if (plan.result !== 'change') return { plan, failure: null, broken: [] };
    const ends = write(plan.actions, base, tools).filter((event) => event.kind === 'end');
    const failed = ends.find((event) => event.exitCode !== 0);
    if (failed !== undefined || ends.length < plan.actions.length) return { plan, failure: String(failed?.output), broken: [] };
    const promised = plan.predicted.map((prediction) => ({ prediction, by: step.subject }));
    const found = read(verifyRequests(promised), base, tools);
    return { plan, failure: null, broken: broken(promised, found).map((each) => each.reason) };
  };
  const close = async (): Promise<void> => {
    holder.stdin.end();
    await ended;
    rmdirSync(place);
  };
  return { sh, read, write, apply, close };
}
