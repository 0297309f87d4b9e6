import { spawn } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { type EmbeddedFleet, startEmbeddedFleet } from '../embedded/fleet.ts';
import { changedSteps, latestReport, managedFile, summary } from './report.ts';
import { DROVER, makeWorkspace, missing } from './workspace.ts';

const HOSTS = ['web1', 'web2', 'db1'];
const DRIFTING = 'web2';
const WIDTH = 78;

/** The demo did not show what it promises. */
class DemoFailure extends Error {}

function say(...lines: readonly string[]): void {
  for (const line of lines) process.stdout.write(`${line}\n`);
}

function headline(text: string): void {
  say('', `== ${text} ${'='.repeat(Math.max(0, WIDTH - text.length - 4))}`);
}

/** Breaks a sentence at blanks into lines that fit 80 columns. */
function wrap(text: string): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= WIDTH) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}

/** Runs drover as a user would, in the project folder, and fails unless it ends with the expected exit code. */
async function drover(directory: string, args: readonly string[], expected: number): Promise<void> {
  say(`$ drover ${args.join(' ')}`);
  // The fleet's key is in its inventory; whoever runs the demo keeps the keys in an agent to other purposes.
  const { SSH_AUTH_SOCK: _, ...env } = process.env;
  const child = spawn(process.execPath, [DROVER, ...args], { cwd: directory, env, stdio: ['ignore', 'inherit', 'inherit'] });
  const code = await new Promise<number | null>((resolve, reject) => void child.once('error', reject).once('close', resolve));
  say(`(exit code ${code})`);
  if (code !== expected) throw new DemoFailure(`drover ${args[0]} ended with exit code ${code}; ${expected} was expected`);
}

/** Changes a managed file behind drover's back, and says on which host and which file. */
async function drift(fleet: EmbeddedFleet, file: string): Promise<void> {
  const command = `echo 'somebody was here' >> '${file.replaceAll("'", `'\\''`)}'`;
  say(`${DRIFTING}# ${command}`);
  const { exitCode, stderr } = await fleet.exec(DRIFTING, command);
  if (exitCode !== 0) throw new DemoFailure(`the drift could not be made: ${stderr}`);
}

function expectSteps(directory: string, expected: (steps: readonly string[]) => boolean, wanted: string): void {
  const steps = changedSteps(latestReport(directory).report);
  if (!expected(steps)) throw new DemoFailure(`${wanted} was expected to change, but the report says: ${steps.join(', ') || 'nothing'}`);
}

async function show(fleet: EmbeddedFleet, directory: string, playbook: string): Promise<void> {
  const inputs = [playbook, '-i', 'inventory.yml'];
  headline('1. Plan: what would change, as a diff; nothing is written');
  await drover(directory, ['plan', ...inputs], 0);

  headline('2. Apply');
  await drover(directory, ['apply', ...inputs, '--yes'], 0);
  expectSteps(directory, (steps) => HOSTS.every((host) => steps.some((step) => step.startsWith(`${host}: `))), 'every host');

  headline('3. Change report');
  const { report, path } = latestReport(directory);
  say(path, ...summary(report));

  headline('4. The second plan is empty');
  await drover(directory, ['check', ...inputs], 0);
  expectSteps(directory, (steps) => steps.length === 0, 'nothing');

  headline(`5. ${DRIFTING} drifts: somebody edits a file by hand`);
  const file = managedFile(report, DRIFTING);
  if (file === null) throw new DemoFailure(`${playbook} manages no file on ${DRIFTING}`);
  await drift(fleet, file);

  headline('6. Check finds exactly that');
  await drover(directory, ['check', ...inputs], 3);
  expectSteps(directory, (steps) => steps.length === 1 && steps[0]?.startsWith(`${DRIFTING}: `) === true, `one step on ${DRIFTING}`);
}

async function main(): Promise<void> {
  const started = performance.now();
  const fleet = await startEmbeddedFleet({ hosts: HOSTS });
  try {
    const playbook = fleet.isolation === 'folder' ? 'playbooks/demo-folder.yml' : 'playbooks/demo.yml';
    const trouble = missing(playbook);
    if (trouble !== null) throw new DemoFailure(trouble);
    const directory = makeWorkspace();
    symlinkSync(fleet.inventoryFile, join(directory, 'inventory.yml'));
    headline('Three hosts behind SSH servers inside this process');
    say(...fleet.hosts.map(({ name, port }) => `${name.padEnd(6)} 127.0.0.1:${port}`), ...wrap(fleet.isolationReason));
    await show(fleet, directory, playbook);
  } finally {
    await fleet.stop();
  }
  headline('Done');
  say(`All as promised in ${((performance.now() - started) / 1000).toFixed(1)} s. The hosts, their changes and the reports are gone.`);
}

try {
  await main();
} catch (error) {
  if (!(error instanceof Error)) throw error;
  process.stderr.write(`\nThe demo failed: ${error instanceof DemoFailure ? error.message : (error.stack ?? error.message)}\n`);
  process.exitCode = 1;
}
