import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** Two servers and their balancer; what is done in one lane touches no other, so that several rollouts can be killed at the same time. */
interface Lane {
  readonly servers: readonly [string, string];
  readonly balancer: string;
}

const LANES: readonly Lane[] = [
  { servers: ['web03', 'web04'], balancer: 'db04' },
  { servers: ['web01', 'web02'], balancer: 'busybox' },
  { servers: ['db01', 'db02'], balancer: 'db03' },
];

/**
 * A configuration file whose handler restarts a service, and a command that takes a moment; around them the balancer's file, whose handler reloads
 * it. The service, the commands and the reload leave a line for every time that they ran.
 */
const playbook = ({
  servers,
  balancer,
}: Lane): string => `import { command, definePlaybook, defineRole, file, line, service, verify, z } from 'drover';
const schema = defineRole({
  name: 'schema', description: 'd', platforms: 'any', params: z.strictObject({}),
  steps: () => ({ steps: [command({ command: 'echo ran >>/srv/schema-runs; touch /srv/schema', creates: '/srv/schema', affects: [] })] }),
});
const app = defineRole({
  name: 'app', description: 'd', platforms: 'any', params: z.strictObject({}),
  steps: () => ({
    steps: [
      file({ path: '/etc/killed.conf', content: 'two\\n', notify: 'restart' }),
      command({ name: 'index', command: 'echo ran >>/srv/index-runs; sleep 0.3; touch /srv/index', creates: '/srv/index', affects: [] }),
    ],
    handlers: { restart: service({ name: 'killed', state: 'restarted' }) },
  }),
});
const server = defineRole({
  name: 'server', description: 'd', platforms: 'any', params: z.strictObject({ name: z.string(), state: z.enum(['up', 'down']) }),
  steps: ({ params: { name, state } }) => ({
    steps: [line({ path: '/srv/balancer', match: name + ' ', line: name + ' ' + state, notify: 'reload' })],
    handlers: { reload: command({ command: 'echo reload >>/srv/reloads', always: true }) },
  }),
});
const serves = defineRole({
  name: 'serves', description: 'd', platforms: 'any', params: z.strictObject({}),
  steps: () => ({ steps: [verify({ name: 'serves', command: 'systemctl is-active killed && cmp /etc/killed.conf /run/killed.loaded' })] }),
});
const turn = (state) => [{ role: server, on: '${balancer}', params: { name: '{{ inventory_hostname }}', state } }];
export default definePlaybook([{
  hosts: '${servers.join(':')}', become: true, serial: 1, roles: [app],
  once: [{ role: schema, per: 'run', on: '${balancer}' }], before: turn('down'), after: turn('up'), gate: [{ role: serves }],
}]);
`;

/** Ends its own process by SIGKILL before or after its n-th write to a journal: a preload, of which the product knows nothing. */
const KILLER = `import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
const { appendFileSync, readlinkSync } = fs;
const { KILL_AT, KILL_WHEN } = process.env;
let writes = 0;
fs.appendFileSync = (file, ...rest) => {
  if (typeof file === 'number' && readlinkSync('/proc/self/fd/' + file).endsWith('/journal.jsonl')) writes += 1;
  const isIt = String(writes) === KILL_AT;
  if (isIt && KILL_WHEN === 'before') process.kill(process.pid, 'SIGKILL');
  appendFileSync(file, ...rest);
  if (isIt && KILL_WHEN === 'after') process.kill(process.pid, 'SIGKILL');
};
syncBuiltinESMExports();
`;

/** Before or after which line of its journal drover is killed, counted from 1. */
interface Kill {
  readonly at: number;
  readonly when: 'before' | 'after';
}

/** A service that counts its starts and keeps the configuration that it was started with. */
const UNIT = `cat >/etc/systemd/system/killed.service <<'END'
[Unit]
StartLimitIntervalSec=0
[Service]
ExecStartPre=/bin/sh -c "echo started >>/srv/starts; cp /etc/killed.conf /run/killed.loaded"
ExecStart=/bin/sleep infinity
END
systemctl daemon-reload`;

const CLEAN = 'rm -rf /run/drover.lock* /var/lib/drover /srv/*; mkdir -p /srv';
const RESET_SERVER = `${CLEAN}; echo one >/etc/killed.conf; systemctl restart killed; : >/srv/starts; : >/srv/index-runs`;
const RESET_BALANCER = `${CLEAN}; : >/srv/reloads; : >/srv/schema-runs`;

/** Locks and notifications that are left, and files that were being written. */
const LEFT = 'ls -d /run/drover.lock* /var/lib/drover/notified/* /etc/.drover-* /srv/.drover-* 2>/dev/null || :';
const LOOK_SERVER = `cat /etc/killed.conf /run/killed.loaded; systemctl is-active killed; wc -l </srv/starts; wc -l </srv/index-runs; ${LEFT}`;
const LOOK_BALANCER = `cat /srv/balancer; wc -l </srv/reloads; wc -l </srv/schema-runs; ${LEFT}`;

/** The new configuration, and the service that runs with it and was started once; a reload for every change of the balancer's file. */
const END = ({ servers }: Lane): readonly string[] => [
  'two\ntwo\nactive\n1\n1\n',
  'two\ntwo\nactive\n1\n1\n',
  `${servers[0]} up\n${servers[1]} up\n4\n1\n`,
];

/** Rollouts of a lane, in a folder of their own. */
class Rollouts {
  readonly lane: Lane;
  readonly #work: Awaited<ReturnType<typeof workspace>>;

  constructor(lane: Lane, work: Awaited<ReturnType<typeof workspace>>) {
    this.lane = lane;
    this.#work = work;
  }

  /** Hosts as they are at the start, and no run recorded. */
  async reset(): Promise<void> {
    const { servers, balancer } = this.lane;
    const lines = servers.map((name) => `${name} up\\n`).join('');
    await Promise.all([
      ...servers.map((name) => sh(name, RESET_SERVER)),
      sh(balancer, `${RESET_BALANCER}; printf '${lines}' >/srv/balancer`),
    ]);
    await rm(this.#runs, { recursive: true, force: true });
  }

  apply(kill?: Kill): Promise<CliResult> {
    return this.#drover(['play.ts', '-i', lab().inventoryFile], kill);
  }

  resume(kill?: Kill): Promise<CliResult> {
    return this.#drover(['--resume', 'last'], kill);
  }

  #drover(args: readonly string[], kill?: Kill): Promise<CliResult> {
    const preload = `--import=${join(this.#work.path, 'kill.mjs')}`;
    const env = kill === undefined ? {} : { KILL_AT: String(kill.at), KILL_WHEN: kill.when, NODE_OPTIONS: preload };
    return cli(this.#work.path, ['apply', '--yes', ...args], env);
  }

  get #runs(): string {
    return join(this.#work.path, '.drover', 'runs');
  }

  /** Lines of the journal of the only run. */
  async journalled(): Promise<number> {
    const [run = '', ...more] = await readdir(this.#runs);
    expect(more).toEqual([]);
    return (await readFile(join(this.#runs, run, 'journal.jsonl'), 'utf8')).split('\n').length - 1;
  }

  /** What the hosts are like in the end. */
  look(): Promise<readonly string[]> {
    const { servers, balancer } = this.lane;
    return Promise.all([...servers.map((name) => sh(name, LOOK_SERVER)), sh(balancer, LOOK_BALANCER)]);
  }

  /** What the hosts are like at once behind a kill: from their disks, which takes no time. */
  async glance(): Promise<string> {
    const { servers, balancer } = this.lane;
    const files = ['etc/killed.conf', 'srv/starts', 'srv/index-runs', 'srv/index', 'srv/balancer', 'srv/reloads', 'srv/schema'];
    const found = [...servers, balancer].flatMap((name) => [
      ...files.map((path) => readFile(join(lab().root(name), path), 'utf8').catch(() => null)),
      readdir(join(lab().root(name), 'var/lib/drover/notified')).then(String, () => ''),
    ]);
    return JSON.stringify(await Promise.all(found))
      .replaceAll(servers[0], 'one')
      .replaceAll(servers[1], 'two');
  }

  async close(): Promise<void> {
    await this.#work.remove();
  }
}

async function openRollouts(lane: Lane): Promise<Rollouts> {
  await Promise.all(lane.servers.map((name) => sh(name, UNIT)));
  return new Rollouts(lane, await workspace({ 'play.ts': playbook(lane), 'kill.mjs': KILLER }));
}

/**
 * A kill for every number of lines that a journal can have: right behind the last of them, or right before the next, with all that was done in
 * between. Alternately, and for the second server the other way round: of each event both are seen. Both for each are as many seconds again.
 */
function killsOf(lines: number): readonly Kill[] {
  return Array.from({ length: lines + 1 }, (_, kept): Kill => {
    const isAtOnce = kept > 0 && (kept === lines || kept % 2 === (kept > lines / 2 ? 1 : 0));
    return isAtOnce ? { at: kept, when: 'after' } : { at: kept + 1, when: 'before' };
  });
}

describeLab(
  'a rollout that is ended by SIGKILL',
  () => {
    let all: readonly Rollouts[];
    /** Lines of the journal of a run that nobody kills. */
    let lines = 0;

    beforeAll(async () => {
      all = await Promise.all(LANES.map(openRollouts));
    });
    afterAll(async () => {
      await Promise.all(all.map((each) => each.close()));
    });

    /** Takes the next case in each lane that is free. Resolves to the cases in which the end is not that of a run that nobody kills. */
    async function wrongEnds<T>(
      cases: readonly T[],
      run: (rollouts: Rollouts, each: T) => Promise<CliResult>,
    ): Promise<readonly unknown[]> {
      const left = [...cases];
      const wrong: unknown[] = [];
      const goThrough = async (rollouts: Rollouts): Promise<void> => {
        for (let each = left.shift(); each !== undefined; each = left.shift()) {
          await rollouts.reset();
          const last = await run(rollouts, each);
          const end = await rollouts.look();
          if (last.code !== 0 || JSON.stringify(end) !== JSON.stringify(END(rollouts.lane))) wrong.push({ each, end, last });
        }
      };
      await Promise.all(all.map(goThrough));
      return wrong;
    }

    test('and one that is not: the new state, with one start of each service', async () => {
      const counts: number[] = [];
      const wrong = await wrongEnds(all, async (rollouts) => {
        const result = await rollouts.apply();
        counts.push(await rollouts.journalled());
        return result;
      });
      expect(wrong).toEqual([]);
      [lines = 0] = counts;
      expect(lines).toBeGreaterThan(30);
      expect(counts).toEqual(all.map(() => lines));
    });

    test('at any line of its journal is resumed to the same end, with as many starts', async () => {
      const ways = new Set<string>();
      const wrong = await wrongEnds(killsOf(lines), async (rollouts, kill) => {
        const { at, when } = kill;
        const kept = when === 'before' ? at - 1 : at;
        const killed = await rollouts.apply(kill);
        expect([killed.code, await rollouts.journalled()], killed.stdout + killed.stderr).toEqual([null, kept]);
        ways.add(await rollouts.glance());
        const resumed = await rollouts.resume();
        if (kept > 0) return resumed;
        // Before its first line a run has contacted nobody.
        expect([resumed.code, resumed.stderr]).toEqual([5, expect.stringContaining('drover apply PLAYBOOK goes through all hosts again')]);
        return rollouts.apply();
      });
      expect(wrong).toEqual([]);
      // What a host was told it finishes: on a busy machine several of these looks find the same.
      expect(ways.size).toBeGreaterThan(7);
    }, 600_000);

    test('twice, the second time while it is resumed, is resumed to the same end too', async () => {
      const kills = Array.from({ length: 6 }, (_, index): readonly [Kill, Kill] => [
        { at: 4 + 6 * index, when: index % 2 === 0 ? 'before' : 'after' },
        { at: 2 + ((5 * index) % 12), when: 'after' },
      ]);
      const wrong = await wrongEnds(kills, async (rollouts, [first, second]) => {
        expect((await rollouts.apply(first)).code).toBeNull();
        expect((await rollouts.resume(second)).code).toBeNull();
        return rollouts.resume();
      });
      expect(wrong).toEqual([]);
    }, 600_000);
  },
  LANES.flatMap(({ servers, balancer }) => [...servers, balancer]),
);
