import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Fleet, startFleet } from '../test/lab/fleet/fleet.ts';
import { whyNoLab } from '../test/lab/fleet/requirements.ts';
import { floorScript } from './floor-script.ts';
import { type Measured, measure, median } from './measure.ts';

/** Benchmark on the lab: drover against the floor of the same run. `npm run bench [-- HOSTS [RUNS]]` */
const [hostCount = 20, runs = 5] = process.argv.slice(2).map(Number);
const here = (path: string): string => new URL(path, import.meta.url).pathname;
const DROVER = here('../dist/main.js');

interface Row {
  readonly what: string;
  readonly measured: Measured;
  readonly roundTrips: string;
  readonly floorMs: number;
}

async function main(): Promise<void> {
  const reason = await whyNoLab();
  if (reason !== null) throw new Error(`the benchmark needs the lab: ${reason}`);
  const fleet = await startFleet({ hosts: hostCount, busybox: false, name: 'bench', log: (line) => process.stderr.write(`${line}\n`) });
  const directory = mkdtempSync(join(tmpdir(), 'drover-bench-'));
  try {
    prepare(fleet, directory);
    print(await measureAll(directory));
  } finally {
    rmSync(directory, { recursive: true, force: true });
    await fleet.stop();
  }
}

function prepare(fleet: Fleet, directory: string): void {
  cpSync(here('./roles'), join(directory, 'roles'), { recursive: true });
  const hosts = fleet.hosts.map((host) => `    ${host.name}: { ansible_host: ${host.address} }`).join('\n');
  const vars = { ansible_user: 'root', ansible_ssh_private_key_file: fleet.keyFile, drover_known_hosts_file: fleet.knownHostsFile };
  writeFileSync(join(directory, 'inventory.yml'), `all:\n  vars: ${JSON.stringify(vars)}\n  hosts:\n${hosts}\n`);
  for (const times of [1, 10]) {
    const play = [{ name: 'bench', hosts: 'all', roles: [{ role: 'bench', params: { times } }] }];
    writeFileSync(join(directory, `bench${times}.yml`), JSON.stringify(play));
    const targets = fleet.hosts.map(({ address, port }) => ({ address, port, user: 'root' }));
    writeFileSync(
      join(directory, `floor${times}.json`),
      JSON.stringify({ hosts: targets, keyFile: fleet.keyFile, script: floorScript(times) }),
    );
  }
}

async function measureAll(directory: string): Promise<Row[]> {
  const floor = (times: number): Promise<Measured> =>
    median(runs, () => measure(directory, [here('./floor.mjs'), join(directory, `floor${times}.json`)]));
  const apply = (times: number): Promise<Measured> =>
    measure(directory, [DROVER, 'apply', '--yes', `bench${times}.yml`, '-i', 'inventory.yml', '--forks', '50']);
  const floor50 = await floor(1);
  const rows: Row[] = [{ what: 'floor, the facts of 50 steps', measured: floor50, roundTrips: '1', floorMs: floor50.wallMs }];
  const add = async (what: string, floorMs: number, run: () => Promise<Measured>): Promise<void> => {
    const measured = await run();
    rows.push({ what, measured, roundTrips: roundTrips(directory), floorMs });
  };
  await add('50 steps, first apply', floor50.wallMs, async () => apply(1));
  await add('50 steps, nothing to change', floor50.wallMs, () => median(runs, () => apply(1)));
  await add('500 steps, first apply', floor50.wallMs, () => apply(10));
  const floor500 = await floor(10);
  rows.push({ what: 'floor, the facts of 500 steps', measured: floor500, roundTrips: '1', floorMs: floor50.wallMs });
  await add('500 steps, nothing to change', floor50.wallMs, () => median(runs, () => apply(10)));
  return rows;
}

/** Fewest and most round trips of a host in the last run. */
function roundTrips(directory: string): string {
  const runsDirectory = join(directory, '.drover', 'runs');
  const last = readdirSync(runsDirectory).sort().at(-1) ?? '';
  const report: { hosts: { outcome: string; connection: { roundTrips: number } }[] } = JSON.parse(
    readFileSync(join(runsDirectory, last, 'report.json'), 'utf8'),
  );
  const counts = report.hosts.map((host) => host.connection.roundTrips);
  return [...new Set([Math.min(...counts), Math.max(...counts)])].join('–');
}

function print(rows: readonly Row[]): void {
  const table = rows.map(({ what, measured, roundTrips: trips, floorMs }) => [
    what,
    `${measured.wallMs} ms`,
    `${(measured.wallMs / floorMs).toFixed(2)} ×`,
    `${measured.cpuMs} ms`,
    `${measured.peakMiB} MiB`,
    trips,
  ]);
  const head = [`${hostCount} hosts, median of ${runs}`, 'wall', 'of floor', 'CPU', 'peak', 'round trips'];
  const widths = head.map((title, column) => Math.max(title.length, ...table.map((row) => row[column]?.length ?? 0)));
  for (const row of [head, ...table])
    process.stdout.write(
      `${row.map((cell, column) => (column === 0 ? cell.padEnd(widths[0] ?? 0) : cell.padStart(widths[column] ?? 0))).join('  ')}\n`,
    );
}

await main();
