import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { type CliResult, spawnCli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab } from './lab.ts';
import { inventoryOf, type Reached, reached } from './reach.ts';

const HOSTS = ['web01', 'web02', 'web03', 'web04', 'db01', 'db02', 'db03', 'db04'];
const COUNT = 300;
const WATCH = new URL('./loop-watch.mjs', import.meta.url).href;

/** sshd's own limits, in place of the lab's. */
const DEFAULTS = `sed -i /MaxStartups/d /etc/ssh/sshd_config.d/lab.conf; systemctl restart ssh
sshd -T | grep -i '^maxstartups'; mkfifo -m 644 /run/gate`;

interface Watched {
  readonly sockets: number;
  readonly longestStallMs: number;
  /** The longest stall of which the machine gave nothing to others. */
  readonly busiestMs: number;
  readonly p99StallMs: number;
  readonly maxRssKb: number;
}

interface Held {
  readonly rssKb: number;
  readonly heapKb: number;
  readonly externalKb: number;
}

interface Figures {
  readonly result: CliResult;
  readonly hosts: readonly Reached[];
  readonly watched: Watched;
  readonly held: Held;
  /** From the start of drover until all connections were there. */
  readonly connectedMs: number;
}

/** Runs a command on so many hosts that waits on all of them at once, looks at the drover process meanwhile, and lets it end. */
async function hold(count: number): Promise<Figures> {
  const names = Array.from({ length: count }, (_, index) => [`n${index + 1}`, reached(HOSTS[index % HOSTS.length] ?? '')]);
  const work = await workspace({ 'hosts.yml': inventoryOf(Object.fromEntries(names)) });
  const file = join(work.path, 'watch.json');
  const startedMs = performance.now();
  try {
    const { child, done } = spawnCli(
      work.path,
      ['run', 'all', '-i', 'hosts.yml', '--forks', String(COUNT), '--json', '--', 'cat /run/gate; hostname'],
      { NODE_OPTIONS: `--import=${WATCH}`, LOOP_WATCH_FILE: file },
    );
    try {
      await vi.waitFor(async () => expect(await waiting()).toBe(count), { timeout: 120_000, interval: 500 });
      const connectedMs = performance.now() - startedMs;
      expect(await connections()).toBe(count);
      child.kill('SIGUSR2');
      await vi.waitFor(() => expect(existsSync(`${file}.held`)).toBe(true), { timeout: 10_000 });
      const held: Held = JSON.parse(readFileSync(`${file}.held`, 'utf8'));
      await Promise.all(HOSTS.map((name) => release(name)));
      const result = await done;
      return { result, hosts: JSON.parse(result.stdout), watched: JSON.parse(readFileSync(file, 'utf8')), held, connectedMs };
    } finally {
      child.kill('SIGKILL');
      await done;
    }
  } finally {
    await work.remove();
  }
}

const sum = (numbers: readonly string[]): number => numbers.reduce((total, each) => total + Number(each), 0);

/** Processes on the hosts that wait at the gate. */
async function waiting(): Promise<number> {
  return sum(await Promise.all(HOSTS.map((name) => sh(name, 'pgrep -xc cat || :'))));
}

/** SSH connections, as the hosts' kernels count them. */
async function connections(): Promise<number> {
  return sum(await Promise.all(HOSTS.map((name) => sh(name, "ss -Htn state established 'sport = :22' | wc -l"))));
}

/** Opening the gate for writing and closing it lets go of all readers; with none there it would wait. */
async function release(name: string): Promise<void> {
  await sh(name, 'if pgrep -x cat >/dev/null; then : >/run/gate; fi');
}

describeLab(
  `${COUNT} connections at once`,
  () => {
    test('all succeed within the limits that sshd has by default, and none keeps the event loop for long', async () => {
      expect(await Promise.all(HOSTS.map((name) => sh(name, DEFAULTS)))).toEqual(HOSTS.map(() => 'maxstartups 10:30:100\n'));
      const one = await hold(1);
      const all = await hold(COUNT);
      const wrong = all.hosts.filter(({ outcome, exitCode }) => outcome !== 'ok' || exitCode !== 0);
      expect(wrong).toEqual([]);
      expect([all.result.code, all.result.stderr.match(/Warning/), all.hosts.length, all.watched.sockets >= COUNT]).toEqual([
        0,
        null,
        COUNT,
        true,
      ]);
      expect(all.hosts.map(({ stdout }) => stdout.trim())).toEqual(all.hosts.map((_, index) => HOSTS[index % HOSTS.length]));
      // sshd says so once when it begins to drop connections.
      const dropped = await Promise.all(HOSTS.map((name) => sh(name, 'journalctl -q -t sshd | grep -ci maxstartups || :')));
      expect(dropped.map(Number)).toEqual(HOSTS.map(() => 0));
      const each = (of: (held: Held) => number): string => ((of(all.held) - of(one.held)) / (COUNT - 1)).toFixed(0);
      const ms = (figure: number): string => `${figure.toFixed(0)} ms`;
      console.info(
        [
          `${COUNT} connections after ${ms(all.connectedMs)} (1 after ${ms(one.connectedMs)})`,
          `longest stall of the event loop ${ms(all.watched.longestStallMs)} (${ms(all.watched.busiestMs)} with its own work; 99th percentile ${ms(all.watched.p99StallMs)}; 1 connection: ${ms(one.watched.longestStallMs)})`,
          `resident at most ${(all.watched.maxRssKb / 1024).toFixed(0)} MiB (1 connection: ${(one.watched.maxRssKb / 1024).toFixed(0)} MiB)`,
          `each idle connection: ${each(({ rssKb }) => rssKb)} KiB resident, of them ${each(({ heapKb }) => heapKb)} KiB in the heap and ${each(({ externalKb }) => externalKb)} KiB in buffers`,
        ].join('\n'),
      );
      // What others on the machine took is not drover's.
      expect(all.watched.busiestMs).toBeLessThan(500);
    });
  },
  HOSTS,
);
