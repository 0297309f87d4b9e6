import { createHash } from 'node:crypto';
import { type BigIntStats, lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import type { CommandResult } from './command.ts';
import { hasSystemd, type LabHost } from './types.ts';

/** A host at one moment: path → what is there, and unit → its states. */
export interface Snapshot {
  readonly files: ReadonlyMap<string, string>;
  readonly units: ReadonlyMap<string, string>;
}

/** What a snapshot leaves out beyond what a login writes. */
export interface SnapshotOptions {
  /** Paths whose trees are left out, besides LOGIN_WRITES. Default: none. */
  readonly exclude?: readonly string[];
}

/** The host as the snapshot needs it. */
export interface SnapshotSource {
  readonly host: LabHost;
  readonly leader: number;
  readonly exec: (argv: readonly string[]) => Promise<CommandResult>;
}

/** Kernel's file systems, this machine's own binds, and devices: no files of the host. */
const NOT_FILES = ['/proc', '/sys', '/dev', '/run/host'];

/** Found by control experiment (fleet.test.ts repeats it): what a login and a sudo write on their own, with nothing asked of the host. */
const LOGIN_WRITES: readonly string[] = [
  // journald: sshd's and sudo's lines.
  '/var/log/journal',
  // pam_motd of sshd, at each login.
  '/run/motd.dynamic',
  // sudo's time stamps, where it asked for a password.
  '/run/sudo/ts',
  // getty's console, shortly after booting.
  '/run/agetty.reload',
];

/** Folders whose time of change follows from LOGIN_WRITES; everything else about them, and what is in them, counts. */
const LOGIN_TOUCHES: ReadonlySet<string> = new Set(['/run', '/run/sudo']);

/** Reads every file of a host through its own mounts (so /run and /tmp too), and where there is systemd the state of all units. Waits for the end of booting first. */
export async function takeSnapshot(source: SnapshotSource, options: SnapshotOptions = {}): Promise<Snapshot> {
  const isBooted = hasSystemd(source.host.kind);
  // Its exit code says "degraded" on hosts where a unit failed, which is no matter here.
  if (isBooted) await source.exec(['systemctl', 'is-system-running', '--wait']);
  const units = isBooted ? await readUnits(source) : new Map<string, string>();
  const files = new Map<string, string>();
  const excluded = new Set([...NOT_FILES, ...LOGIN_WRITES, ...(options.exclude ?? [])]);
  walk({ root: `/proc/${source.leader}/root`, excluded, files }, '/');
  return { files, units };
}

/** One line per difference, `path: before → after`; empty when the snapshots are equal. */
export function differences(before: Snapshot, after: Snapshot): string[] {
  return [...mapDifferences(before.files, after.files), ...mapDifferences(before.units, after.units)];
}

function mapDifferences(before: ReadonlyMap<string, string>, after: ReadonlyMap<string, string>): string[] {
  const keys = [...new Set([...before.keys(), ...after.keys()])].sort();
  return keys
    .filter((key) => before.get(key) !== after.get(key))
    .map((key) => `${key}: ${before.get(key) ?? 'absent'} → ${after.get(key) ?? 'absent'}`);
}

interface Walk {
  readonly root: string;
  readonly excluded: ReadonlySet<string>;
  readonly files: Map<string, string>;
}

function walk(state: Walk, path: string): void {
  if (state.excluded.has(path)) return;
  const stats = lstatSync(state.root + path, { bigint: true, throwIfNoEntry: false });
  if (!stats) return;
  state.files.set(path, LOGIN_TOUCHES.has(path) ? `directory ${stats.mode} ${stats.uid}:${stats.gid}` : describe(state.root + path, stats));
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(state.root + path)) walk(state, path === '/' ? `/${name}` : `${path}/${name}`);
}

/** Kind, mode, owner, times and content in one line. */
function describe(path: string, stats: BigIntStats): string {
  const common = `${(stats.mode & 0o7777n).toString(8).padStart(4, '0')} ${stats.uid}:${stats.gid} ${stats.mtimeNs}`;
  if (stats.isFile()) return `file ${common} ${stats.size} ${digestOf(path, stats)}`;
  if (stats.isSymbolicLink()) return `link ${common} ${readlinkSync(path)}`;
  if (stats.isDirectory()) return `directory ${common}`;
  return `special ${(stats.mode & 0o170000n).toString(8)} ${common} ${stats.rdev}`;
}

const digests = new Map<string, string>();

/** A file is read again unless its ctime, which no program can set, stands still and is old enough that a later write would have moved it. */
function digestOf(path: string, stats: BigIntStats): string {
  const key = [path, stats.dev, stats.ino, stats.size, stats.ctimeNs].join();
  const known = digests.get(key);
  if (known) return known;
  const digest = createHash('sha256').update(readFileSync(path)).digest('hex');
  if (Date.now() - Number(stats.ctimeMs) > 1_000) digests.set(key, digest);
  return digest;
}

async function readUnits(source: SnapshotSource): Promise<Map<string, string>> {
  const plain = ['--no-legend', '--no-pager', '--plain', '--full'];
  const files = await source.exec(['systemctl', 'list-unit-files', ...plain]);
  const units = await source.exec(['systemctl', 'list-units', '--all', ...plain]);
  return new Map([...keyed(files.stdout, 'unit file'), ...keyed(units.stdout, 'unit')]);
}

function keyed(output: string, kind: string): [string, string][] {
  return output
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [name = '', ...states] = line.trim().split(/\s+/);
      return [`${kind} ${name}`, states.slice(0, 3).join(' ')];
    });
}
