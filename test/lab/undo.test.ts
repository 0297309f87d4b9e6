import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { quote } from '../../src/shell/quote.ts';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { differences, type Snapshot } from './fleet/snapshot.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** A role whose steps are data: what was generated is carried out by the command as it ships. */
const ROLE = `import { absent, block, defineRole, directory, file, group, ini, line, link, service, sysctl, systemdUnit, user, z } from 'drover';
const make = { absent, block, directory, file, group, ini, line, link, service, sysctl, systemdUnit, user };
export default defineRole({
  name: 'generated',
  description: 'Steps of a test',
  platforms: 'any',
  params: z.object({ steps: z.array(z.object({ kind: z.string(), options: z.record(z.string(), z.any()) })) }),
  steps: ({ params }) => ({
    steps: params.steps.map(({ kind, options }) => make[kind]({ ...options, ...(typeof options.match === 'string' ? { match: new RegExp(options.match) } : {}) })),
  }),
});
`;

const HOSTS = ['web01', 'web02', 'db01', 'db02'];
const ROOT = '/srv/gen';

/** A step as data. */
interface Wish {
  readonly kind: string;
  readonly options: Readonly<Record<string, unknown>>;
}

/** A starting state, and steps. */
interface Scene {
  readonly before: string;
  readonly steps: readonly Wish[];
}

const wish = (kind: string, options: Wish['options']): Wish => ({ kind, options });
const name = fc.constantFrom('plain', 'with space', "it's", '$HOME', '-rf', 'new\nline', 'ünïcode', '*');
const text = fc.constantFrom('', 'one\n', 'no newline', 'a\nb\nkey=1\n', 'crlf\r\nkey=2\r\n', 'quotes \' " $x `y`\n');
const mode = fc.constantFrom('0644', '0600', '0755', '0440', '2750', '4711');
const folderMode = fc.constantFrom('0755', '0700', '2750', '1777');
const owner = fc.constantFrom('root', 'daemon', 'gen-there');

/** What is done to a file, wherever it comes from. */
const onFile = (path: string): fc.Arbitrary<Wish> =>
  fc.oneof(
    fc.tuple(text, mode, owner).map(([content, bits, who]) => wish('file', { path, content, mode: bits, owner: who })),
    fc.constant(wish('absent', { path })),
    fc.constantFrom('1', 'a b').map((value) => wish('line', { path, match: '^key=', line: `key=${value}`, create: true })),
    fc.constantFrom('first', 'second').map((line) => wish('line', { path, line, create: true })),
    fc.constantFrom('inside', 'two\nlines').map((body) => wish('block', { path, name: 'gen', block: body, create: true })),
    fc.constantFrom('1', 'two words').map((value) => wish('ini', { path, section: 'main', key: 'key', value, create: true })),
  );

const edits = (path: string): fc.Arbitrary<Wish[]> => fc.array(onFile(path), { minLength: 1, maxLength: 4 });

/** Nothing or a file, and edits, removals and new ones in any order. */
const startsAsFile = (path: string): fc.Arbitrary<Scene> =>
  fc.record({ bytes: fc.uint8Array({ maxLength: 40 }), mode, owner, isThere: fc.boolean(), steps: edits(path) }).map((each) => ({
    before: each.isThere
      ? `printf %s ${Buffer.from(each.bytes).toString('base64')} | base64 -d >${quote(path)}; chown ${each.owner}:daemon ${quote(path)}; chmod ${each.mode} ${quote(path)}`
      : ':',
    steps: each.steps,
  }));

/** A directory that is changed and filled, or gives way to a file; or one that is made, with what is in it. */
const startsAsFolder = (path: string): fc.Arbitrary<Scene> =>
  fc
    .record({ was: folderMode, owner, becomes: folderMode, way: fc.constantFrom('filled', 'replaced', 'made'), steps: edits(path) })
    .map((each) => {
      const make = `mkdir -- ${quote(path)}; chown ${each.owner} ${quote(path)}; chmod ${each.was} ${quote(path)}`;
      const inside = [wish('file', { path: `${path}/in/side`, content: 'x\n' }), wish('line', { path: `${path}/in/side`, line: 'y' })];
      if (each.way === 'replaced') return { before: make, steps: [wish('absent', { path }), ...each.steps] };
      const deep = wish('directory', { path: `${path}/in`, parents: true, mode: each.becomes });
      return each.way === 'made'
        ? { before: ':', steps: [deep, ...inside] }
        : { before: make, steps: [wish('directory', { path, mode: each.becomes }), deep, ...inside] };
    });

/** A link that leads elsewhere, goes, or gives way to a file. */
const startsAsLink = (path: string): fc.Arbitrary<Scene> =>
  fc.record({ was: target, becomes: target, way: fc.constantFrom('led', 'replaced', 'removed'), steps: edits(path) }).map((each) => ({
    before: `ln -s -- ${quote(each.was)} ${quote(path)}`,
    steps:
      each.way === 'led'
        ? [wish('link', { path, target: each.becomes })]
        : [each.way === 'removed' ? wish('absent', { path }) : wish('file', { path, content: 'x', link: 'replace' }), ...each.steps],
  }));

const target = fc.constantFrom('/nowhere', 'relative to', "a 'quoted' target");

const paths = fc
  .uniqueArray(name, { minLength: 1, maxLength: 4 })
  .chain((names) =>
    fc.tuple(
      ...names.map((each) => fc.oneof(startsAsFile(`${ROOT}/${each}`), startsAsFolder(`${ROOT}/${each}`), startsAsLink(`${ROOT}/${each}`))),
    ),
  );

/** Users, groups, units, kernel parameters and cron tables, each in several states before. */
const system = fc.tuple(
  fc.tuple(fc.boolean(), fc.constantFrom('/bin/sh', '/bin/bash'), fc.constantFrom('Ada', '')).map(([isNew, shell, comment]) => ({
    before: 'usermod -s /bin/dash -c There -G adm gen-there',
    steps: [
      wish('user', { name: 'gen-there', shell, comment, groups: isNew ? ['daemon'] : ['adm', 'daemon'] }),
      ...(isNew
        ? [
            wish('user', { name: 'gen-new', shell, groups: ['adm'] }),
            wish('file', { path: '/home/gen-new/.profile', content: 'x\n', owner: 'gen-new' }),
          ]
        : []),
      wish('user', { name: 'gen-there', comment: 'again' }),
    ],
  })),
  fc.tuple(fc.boolean(), fc.boolean()).map(([there, wanted]) => ({
    before: there ? 'groupadd -f -g 4711 gen-group' : 'groupdel gen-group 2>/dev/null || :',
    steps: [wish('group', wanted ? { name: 'gen-group', gid: 4712 } : { name: 'gen-group', state: 'absent' })],
  })),
  fc.record({ on: fc.boolean(), enabled: fc.boolean(), wantOn: fc.boolean(), wantEnabled: fc.boolean() }).map((each) => ({
    before: `systemctl -q ${each.on ? 'start' : 'stop'} cron; systemctl -q ${each.enabled ? 'enable' : 'disable'} cron 2>/dev/null`,
    steps: [
      wish('service', { name: 'cron', state: each.wantOn ? 'running' : 'stopped', enabled: each.wantEnabled }),
      wish('systemdUnit', { name: 'gen-unit', content: '[Service]\nExecStart=/bin/sleep 1000\n[Install]\nWantedBy=multi-user.target\n' }),
      wish('service', { name: 'gen-unit', state: each.wantOn ? 'running' : 'stopped', enabled: each.wantEnabled }),
      ...(each.wantOn ? [wish('systemdUnit', { name: 'gen-unit', dropIn: 'more', content: '[Service]\nNice=5\n' })] : []),
    ],
  })),
  fc.tuple(fc.constantFrom('0', '1'), fc.constantFrom('0', '1')).map(([now, value]) => ({
    before: `sysctl -qw net.ipv4.conf.all.log_martians=${now}; rm -f /etc/sysctl.d/90-gen.conf`,
    steps: [
      wish('sysctl', { key: 'net.ipv4.conf.all.log_martians', value, file: '/etc/sysctl.d/90-gen.conf' }),
      wish('sysctl', { key: 'net.ipv4.ip_forward', value: 1 }),
    ],
  })),
  fc.tuple(fc.boolean(), fc.constantFrom('5 4', '*/10 *')).map(([there, when]) => ({
    before: there ? "printf '1 2 * * * root true\\n' >/etc/cron.d/gen; chmod 600 /etc/cron.d/gen" : 'rm -f /etc/cron.d/gen',
    steps: [
      wish('file', { path: '/etc/cron.d/gen', content: `${when} * * * root /bin/true\n`, mode: '0644' }),
      wish('line', { path: '/etc/crontab', line: `${when} * * * root /bin/true`, create: true }),
    ],
  })),
);

/** A starting state and steps for one host: those of one path stay in their order, or are mixed with others. */
const scene: fc.Arbitrary<Scene> = fc.tuple(paths, system, fc.boolean()).map(([files, things, backwards]) => {
  const parts = [...(backwards ? files.toReversed() : files), ...things];
  return { before: parts.map((part) => part.before).join('\n'), steps: parts.flatMap((part) => part.steps) };
});

/** Writes of programs that are no matter of what was changed: logs, caches, copies that account tools keep, and drover's own folder. */
const ASIDE = [
  ...['/run', '/var/log', '/var/cache', '/var/lib/drover', '/var/lib/systemd', '/etc/.pwd.lock'],
  ...['passwd', 'group', 'shadow', 'gshadow', 'subuid', 'subgid'].flatMap((file) => [`/etc/${file}`, `/etc/${file}-`]),
];

/** A host as its own files and tools tell: every file but for its times, units, accounts in any order, and kernel parameters. */
async function stateOf(host: string): Promise<Snapshot> {
  const { files, units } = await lab().snapshot(host, { exclude: ASIDE });
  const accounts = await sh(
    host,
    'for f in passwd group gshadow subuid subgid; do sort /etc/$f; done; cut -d: -f1,2 /etc/shadow | sort; sysctl net.ipv4.conf.all.log_martians net.ipv4.ip_forward',
  );
  const timeless = [...files].map(([path, found]) => [path, found.replace(/ \d{16,20}(?= |$)/, '')] as const);
  return { files: new Map([...timeless, ['accounts and parameters', accounts]]), units };
}

describeLab(
  'an undo',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;

    beforeAll(async () => {
      work = await workspace();
      await mkdir(join(work.path, 'roles'));
      await writeFile(join(work.path, 'roles/generated.ts'), ROLE);
      for (const host of HOSTS) await sh(host, 'useradd -m gen-there');
    });
    afterAll(() => work.remove());

    const drover = (...args: readonly string[]): Promise<CliResult> => cli(work.path, args);

    async function prepare(scenes: readonly Scene[]): Promise<void> {
      const clean = `rm -rf ${ROOT}; mkdir ${ROOT}; sysctl -qw net.ipv4.ip_forward=0; rm -f /etc/sysctl.d/60-drover.conf /etc/crontab`;
      await Promise.all(HOSTS.map((host, at) => sh(host, `${clean}\n${scenes[at]?.before ?? ''}\n:`)));
      const plays = HOSTS.map((host, at) => ({
        hosts: host,
        become: true,
        roles: [{ role: 'generated', params: { steps: scenes[at]?.steps ?? [] } }],
      }));
      await writeFile(join(work.path, 'play.yml'), JSON.stringify(plays));
    }

    const states = (): Promise<readonly Snapshot[]> => Promise.all(HOSTS.map(stateOf));

    /** Applies, undoes, and compares what is found on the hosts; a second undo has nothing to do. */
    async function examine(scenes: readonly Scene[]): Promise<void> {
      await prepare(scenes);
      const before = await states();
      const applied = await drover('apply', 'play.yml', '-i', lab().inventoryFile, '--yes');
      expect(applied.code, applied.stdout).toBe(0);
      const { run, totals } = await lastReport(work.path);
      expect(totals.hosts.changed).toBe(HOSTS.length);
      const undone = await drover('undo', run.id, '--yes');
      const told = `${applied.stdout}\n${undone.stdout}${undone.stderr}`;
      const after = await states();
      const left = HOSTS.flatMap((host, at) => {
        const [old, now] = [before[at], after[at]];
        return old === undefined || now === undefined ? [host] : differences(old, now).map((difference) => `${host} ${difference}`);
      });
      expect(left, told).toEqual([]);
      expect(undone.code, told).toBe(0);
      const again = await drover('undo', run.id, '--yes');
      expect([again.code, again.stderr], again.stdout).toEqual([0, expect.stringMatching(/Nothing to change|nothing to undo/)]);
    }

    test('gives the starting state back, whatever steps were carried out: files, users, groups, units, kernel parameters, cron tables', async () => {
      await fc.assert(fc.asyncProperty(fc.array(scene, { minLength: HOSTS.length, maxLength: HOSTS.length }), examine), {
        numRuns: 6,
        endOnFailure: true,
      });
    }, 900_000);

    test('changes something in between, and only on the hosts that are named', async () => {
      const steps = [wish('file', { path: `${ROOT}/x`, content: 'x\n' }), wish('service', { name: 'cron', state: 'stopped' })];
      await prepare(HOSTS.map(() => ({ before: 'systemctl start cron', steps })));
      const before = await states();
      expect((await drover('apply', 'play.yml', '-i', lab().inventoryFile, '--yes')).code).toBe(0);
      const applied = await states();
      for (const at of HOSTS.keys()) expect(differences(before[at] as Snapshot, applied[at] as Snapshot).length).toBeGreaterThan(1);
      expect((await drover('undo', 'last', '--host', 'web02', '--yes')).code).toBe(0);
      const after = await states();
      for (const [at, host] of HOSTS.entries())
        expect(differences((host === 'web02' ? before : applied)[at] as Snapshot, after[at] as Snapshot)).toEqual([]);
    }, 180_000);
  },
  HOSTS,
);
