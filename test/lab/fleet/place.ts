import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { networkInterfaces, tmpdir } from 'node:os';
import { join } from 'node:path';
import { mustRun } from './command.ts';
import { FLEET_SCRIPT } from './machine.ts';

/** Where fleets keep their state: one folder per fleet, named after its number. */
const STATE = join(tmpdir(), 'drover-lab');

/** How many fleets fit on one machine, which is also the highest fleet number. */
const MAX_FLEETS = 99;

/** A fleet's place on this machine, and the guard that clears it. */
export interface Place {
  readonly number: number;
  readonly directory: string;
  readonly bridge: string;
  readonly gateway: string;
  /** Ends the guard's wait and resolves when everything of the fleet is gone. */
  readonly clear: () => Promise<void>;
}

/**
 * Claims a free number, starts its guard, then makes the bridge and the memory disk of the hosts. The guard is a process of its own that waits for the
 * end of a pipe which only this process holds: it clears the place on `clear()`, and as well when this process ends in any other way.
 */
export async function claimPlace(): Promise<Place> {
  await clearStalePlaces();
  const number = claimNumber();
  const directory = join(STATE, String(number));
  const guard = startGuard(directory);
  const place = { number, directory, bridge: `dl${number}`, gateway: `10.213.${number}.1`, clear: () => clear(guard, directory) };
  try {
    await furnish(place);
  } catch (error) {
    await place.clear();
    throw error;
  }
  return place;
}

async function furnish(place: Place): Promise<void> {
  const hosts = join(place.directory, 'hosts');
  mkdirSync(hosts);
  await mustRun(['mount', '-t', 'tmpfs', '-o', 'mode=755', `lab-dl${place.number}`, hosts]);
  // Without a fixed address the bridge would change its own whenever a host comes or goes.
  const hardware = `02:d7:00:00:00:${place.number.toString(16).padStart(2, '0')}`;
  await mustRun(['ip', 'link', 'add', place.bridge, 'address', hardware, 'type', 'bridge']);
  await mustRun(['ip', 'address', 'add', `${place.gateway}/24`, 'dev', place.bridge]);
  await mustRun(['ip', 'link', 'set', place.bridge, 'up']);
}

/** mkdir is the lock: it succeeds for one claimant only. */
function claimNumber(): number {
  mkdirSync(STATE, { recursive: true, mode: 0o755 });
  const taken = Object.values(networkInterfaces()).flatMap((addresses) => (addresses ?? []).map((each) => each.address));
  for (let number = 1; number <= MAX_FLEETS; number += 1) {
    if (taken.some((address) => address.startsWith(`10.213.${number}.`))) continue;
    try {
      mkdirSync(join(STATE, String(number)), { mode: 0o755 });
      return number;
    } catch {
      // Somebody else's.
    }
  }
  throw new Error(`all ${MAX_FLEETS} places for lab fleets are taken: see ${STATE}`);
}

function startGuard(directory: string): ChildProcess {
  const log = openSync(join(directory, 'guard.log'), 'w');
  const guard = spawn('sh', [FLEET_SCRIPT, 'guard', directory], { detached: true, cwd: '/', stdio: ['pipe', log, log] });
  closeSync(log);
  writeFileSync(join(directory, 'guard.pid'), `${guard.pid}\n`);
  guard.unref();
  return guard;
}

async function clear(guard: ChildProcess, directory: string): Promise<void> {
  const ended = new Promise((resolve) => guard.once('exit', resolve));
  guard.ref();
  const isRunning = guard.exitCode === null && guard.signalCode === null;
  guard.stdin?.destroy();
  if (isRunning) await ended;
  // Only if somebody killed the guard.
  if (existsSync(directory)) await mustRun(['sh', FLEET_SCRIPT, 'clean', directory]);
}

/** Removes what fleets left whose guard is gone too: after a reboot of this machine, or when somebody killed the guard. */
async function clearStalePlaces(): Promise<void> {
  if (!existsSync(STATE)) return;
  for (const name of readdirSync(STATE)) {
    const directory = join(STATE, name);
    if (/^\d+$/.test(name) && !isGuarded(directory)) await mustRun(['sh', FLEET_SCRIPT, 'clean', directory]);
  }
}

function isGuarded(directory: string): boolean {
  const pid = textOf(join(directory, 'guard.pid'))?.trim();
  // Claimed a moment ago, and its guard not noted yet.
  if (pid === undefined || pid === '') return Date.now() - (statSync(directory, { throwIfNoEntry: false })?.mtimeMs ?? 0) < 10_000;
  return textOf(`/proc/${pid}/cmdline`)?.includes(`guard\0${directory}\0`) === true;
}

/** A file's text, undefined where there is none. */
function textOf(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
