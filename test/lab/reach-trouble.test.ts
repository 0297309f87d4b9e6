import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Report, ReportHost } from '../../src/report/report.ts';
import { letIn, makeAccounts, setSshd } from './accounts.ts';
import { type CliResult, lastReport, spawnCli, workspace } from './drive.ts';
import { deadFileSystem, hangingSshd } from './fleet/faults.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { inventoryOf, reached } from './reach.ts';

/** What each host runs between two steps that work depends on its var `trouble`. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, file, type Step, z } from 'drover';

const between: Readonly<Record<string, () => Step>> = {
  none: () => command({ name: 'quick', command: 'echo done >/root/made', creates: '/root/made' }),
  read: () => file({ path: '/srv/dead/file', content: 'x' }),
  action: () => command({ name: 'write', command: 'echo began >/root/began; echo x >/srv/dead/file', creates: '/root/never' }),
  sleeper: () => command({ name: 'sleeper', command: 'echo began >/root/began; exec sleep 1000', creates: '/root/never' }),
};
const role = defineRole({
  name: 'trouble',
  description: 'A step that ends as the host wants it, between two that work',
  platforms: 'any',
  params: z.object({}),
  steps: ({ host }) => ({
    steps: [
      file({ path: '/root/first', content: 'first\\n' }),
      (between[String(host.vars.trouble)] ?? between.none)(),
      file({ path: '/root/last', content: 'last\\n' }),
    ],
  }),
});
export default definePlaybook([{ hosts: 'all', become: true, roles: [role] }]);
`;

/** Far beyond what any of these hosts may take: who waits for the wrong one is found out. */
const LONG = { connect: 60, authenticate: 60, channel: 60, become: 60, read: 60, action: 60 };

const HOSTS = ['web01', 'web02', 'web03', 'web04', 'db01', 'db02', 'db03'];

/** sshd asks a program for the keys of one user, PAM runs another for the sessions of two; neither comes back. */
async function makeTraps(name: string): Promise<void> {
  await makeAccounts(name, { noauth: null, nochannel: null, noshell: null, nosudo: null });
  const trap = '#!/bin/sh\ncase $1$PAM_SERVICE$PAM_USER in noauth | sshdnochannel | sudonosudo) exec sleep 1000 ;; esac\n';
  writeFileSync(join(lab().root(name), 'usr/local/sbin/trap'), trap, { mode: 0o755 });
  writeFileSync(join(lab().root(name), 'etc/sudoers.d/traps'), 'nosudo ALL=(ALL:ALL) NOPASSWD: ALL\n', { mode: 0o440 });
  writeFileSync(join(lab().root(name), 'usr/local/bin/no-shell'), '#!/bin/sh\nexec sleep 1000\n', { mode: 0o755 });
  await sh(
    name,
    `usermod --shell /usr/local/bin/no-shell noshell
sed -i '1i session required pam_exec.so quiet /usr/local/sbin/trap' /etc/pam.d/sshd
sed -i '1i account required pam_exec.so quiet /usr/local/sbin/trap' /etc/pam.d/sudo`,
  );
  for (const user of ['nochannel', 'noshell', 'nosudo']) await letIn(name, user, readFileSync(`${lab().keyFile}.pub`, 'utf8'));
  await setSshd(name, [
    'AuthorizedKeysCommandUser root',
    'Match User noauth',
    'AuthorizedKeysCommand /usr/local/sbin/trap %u',
    'Match all',
  ]);
}

const hostOf = (report: Report, name: string): ReportHost => {
  const host = report.hosts.find((each) => each.name === name);
  if (host === undefined) throw new Error(`the report has no host ${name}`);
  return host;
};
const stepsOf = (report: Report, name: string): unknown[] => hostOf(report, name).steps.map(({ outcome, progress }) => [outcome, progress]);
const IN_DOUBT = [
  ['changed', 'done'],
  ['failed', 'in-doubt'],
  ['skipped', 'not-started'],
];

/** A file in root's home, by the back door; null where there is none. */
async function disk(name: string, file: string): Promise<string | null> {
  const { code, stdout } = await lab().exec(name, ['cat', `/root/${file}`]);
  return code === 0 ? stdout : null;
}

describeLab(
  'a host that hangs',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    let result: CliResult;
    let report: Report;
    const undo: (() => Promise<unknown>)[] = [];

    beforeAll(async () => {
      const fleet = lab();
      const [silent, greeting, ...dead] = await Promise.all([
        hangingSshd(fleet),
        hangingSshd(fleet, 'SSH-2.0-Lab\r\n'),
        deadFileSystem(fleet, 'web02', '/srv/dead'),
        deadFileSystem(fleet, 'web03', '/srv/dead'),
        makeTraps('web04'),
      ]);
      undo.push(silent.close, greeting.close, ...dead.flatMap((each) => (each === undefined ? [] : [each.release])));
      const host = (
        vars: Readonly<Record<string, unknown>>,
        deadlines: Readonly<Record<string, number>> = {},
      ): Record<string, unknown> => ({
        ...vars,
        drover_deadlines: { ...LONG, ...deadlines },
      });
      const as = (ansible_user: string): Record<string, unknown> => ({ ...reached('web04'), ansible_user });
      work = await workspace({
        'play.ts': PLAYBOOK,
        'hosts.yml': inventoryOf({
          healthy: host(reached('web01')),
          'no-banner': host({ ...reached('web01'), ansible_host: silent.address, ansible_port: silent.port }, { connect: 2 }),
          'no-handshake': host({ ...reached('web01'), ansible_host: greeting.address, ansible_port: greeting.port }, { connect: 2 }),
          'no-auth': host(as('noauth'), { authenticate: 3 }),
          'no-channel': host(as('nochannel'), { channel: 3 }),
          'no-shell': host({ ...as('noshell'), drover_become: false }, { channel: 4 }),
          'no-sudo': host(as('nosudo'), { become: 4 }),
          'no-read': host({ ...reached('web02'), trouble: 'read' }, { read: 5 }),
          'no-end': host({ ...reached('web03'), trouble: 'action' }, { action: 5 }),
        }),
      });
      result = await spawnCli(work.path, ['apply', '--yes', 'play.ts', '-i', 'hosts.yml']).done;
      report = await lastReport(work.path);
    });
    afterAll(async () => {
      for (const each of undo) await each();
      await work.remove();
    });

    test('is no trouble of others: the run ends, and the healthy one is done', async () => {
      expect(result.code, result.stdout + result.stderr).toBe(2);
      expect(hostOf(report, 'healthy')).toMatchObject({ outcome: 'changed', error: null });
      expect(await disk('web01', 'last')).toBe('last\n');
      expect(result.stderr).not.toMatch(/Warning|\n\s+at /);
    });

    test.each([
      ['no-banner', 'unreachable', 'handshake', 2, /accepts connections, but no SSH handshake was done within 2000 ms/],
      ['no-handshake', 'unreachable', 'handshake', 2, /accepts connections, but no SSH handshake was done within 2000 ms/],
      ['no-auth', 'unreachable', 'authenticate', 3, /noauth@\S+ was not authenticated within 3000 ms/],
      ['no-channel', 'unreachable', 'channel', 3, /opened no channel within 3000 ms/],
      ['no-shell', 'unreachable', 'channel', 4, /no shell within 4000 ms/],
      ['no-sudo', 'failed', 'become', 4, /no shell from sudo within 4000 ms/],
      ['no-read', 'failed', 'exec', 5, /the script did not end within 5000 ms/],
    ])('%s is %s in the phase %s at its own deadline, and nothing was begun there', (name, outcome, phase, seconds, message) => {
      const host = hostOf(report, name);
      expect(host).toMatchObject({ outcome, error: { phase }, steps: [] });
      expect(host.error?.message).toMatch(message);
      expect(host.durationMs).toBeGreaterThanOrEqual(seconds * 1_000 - 50);
      expect(host.durationMs).toBeLessThan(seconds * 1_000 + 4_000);
    });

    test('an action that not even SIGKILL ends is in doubt at its deadline, and what comes behind it is not begun', async () => {
      expect(stepsOf(report, 'no-end')).toEqual(IN_DOUBT);
      expect(hostOf(report, 'no-end').error?.message).toContain('the deadline of 5 s passed');
      expect(hostOf(report, 'no-end').steps[1]?.durationMs).toBeLessThan(9_000);
      expect([await disk('web03', 'began'), await disk('web03', 'last')]).toEqual(['began\n', null]);
      // In the kernel, and there to stay.
      expect(await sh('web03', 'ps -eo stat,args')).toMatch(/^D.*\/srv\/dead/m);
    });
  },
  HOSTS,
);

describeLab(
  'a link that an nft rule cuts during an action',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    let report: Report;
    /** From the cut to the end of the run. */
    let noticedMs: number;
    const CUT = ['db01', 'db02'];

    beforeAll(async () => {
      const { gateway } = lab();
      // db02 is the way to db03, which itself is cut off from nothing.
      const jump = `-F none -o ProxyJump=drover@${lab().host('db02').address}`;
      work = await workspace({
        ssh_config: `IdentityFile ${lab().keyFile}\nUserKnownHostsFile ${lab().knownHostsFile}\n`,
        'play.ts': PLAYBOOK,
        'hosts.yml': inventoryOf({
          healthy: reached('web04'),
          cut: { ...reached('db01'), trouble: 'sleeper' },
          behind: { ...reached('db03'), trouble: 'sleeper', ansible_ssh_common_args: jump.replace('none', 'ssh_config') },
        }),
      });
      const { done } = spawnCli(work.path, ['apply', '--yes', 'play.ts', '-i', 'hosts.yml']);
      for (const name of ['db01', 'db03'])
        await vi.waitFor(async () => expect(await disk(name, 'began')).toBe('began\n'), { timeout: 40_000 });
      const drop = `nft add table inet cut
nft add chain inet cut in '{ type filter hook input priority 0; }'; nft add rule inet cut in ip saddr ${gateway} drop
nft add chain inet cut out '{ type filter hook output priority 0; }'; nft add rule inet cut out ip daddr ${gateway} drop`;
      await Promise.all(CUT.map((name) => sh(name, drop)));
      const cutMs = performance.now();
      await done;
      noticedMs = performance.now() - cutMs;
      report = await lastReport(work.path);
    });
    afterAll(() => work.remove());

    test('is found within 30 s of silence, and said to be lost; the step that ran is in doubt', () => {
      expect(stepsOf(report, 'cut')).toEqual(IN_DOUBT);
      expect(hostOf(report, 'cut')).toMatchObject({
        outcome: 'failed',
        error: { phase: 'link', message: expect.stringContaining('the connection was lost: no answer to keepalives') },
      });
      // What the run does beyond noticing: it tries once more to reach the host.
      expect(noticedMs).toBeLessThan(45_000);
      expect(hostOf(report, 'cut').steps[1]?.durationMs).toBeLessThan(31_000 + 1_000);
    });

    test('takes along the hosts behind it', () => {
      expect(stepsOf(report, 'behind')).toEqual(IN_DOUBT);
      expect(hostOf(report, 'behind')).toMatchObject({ outcome: 'failed', error: { phase: 'link' } });
      expect(hostOf(report, 'behind').steps[1]?.durationMs).toBeLessThan(31_000 + 1_000);
    });

    test('keeps nobody else: the healthy host was done long before, and what runs on the hosts goes on', async () => {
      expect(hostOf(report, 'healthy')).toMatchObject({ outcome: 'changed', error: null });
      expect(hostOf(report, 'healthy').durationMs).toBeLessThan(15_000);
      for (const name of ['db01', 'db03']) {
        expect([await disk(name, 'first'), await disk(name, 'last')]).toEqual(['first\n', null]);
        expect(await sh(name, 'ps -eo args')).toContain('sleep 1000');
      }
    });
  },
  HOSTS,
);
