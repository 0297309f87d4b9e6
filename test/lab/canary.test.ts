import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { letIn, makeAccounts, setSshd } from './accounts.ts';
import { spawnCli, workspace } from './drive.ts';
import { mustRun } from './fleet/command.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { at, inventoryOf } from './reach.ts';
import { formsOf, type Sampled, type Secrets, secretsBelow, secretsIn, secretsOn, seedOf, startSampler } from './secrets.ts';
import { atTerminal } from './terminal.ts';

const NODE = realpathSync(process.execPath);
const HOSTS = ['web01', 'web02'];
const canary = (name: string): string => `canary-${name}-${randomBytes(9).toString('hex')}`;
const LOGIN = canary('login');
const BECOME = canary('become');
const PASSPHRASE = canary('passphrase');
const WRONG = canary('wrong');
const CONTROL = canary('control');

/** Its commands show what they were started with, one of them fails, and there is enough for the sampler to see. */
const PLAYBOOK = `import { command, definePlaybook, defineRole, file, z } from 'drover';
const look = 'env; for p in $$ $PPID; do tr "\\\\0" " " <"/proc/$p/cmdline"; done; sleep 0.3';
const role = defineRole({ name: 'looks', description: 'Looks at what it is started with', platforms: 'any',
  params: z.object({}),
  steps: ({ host }) => ({ steps: [
    file({ path: '/srv/' + host.name, content: 'a file of ' + host.name + '\\n' }),
    command({ name: 'look', command: look + '; : >/srv/looked-' + host.name, creates: '/srv/looked-' + host.name }),
    command({ name: 'fail', command: look + '; env >&2; exit 3', creates: '/srv/never' }),
  ] }) });
export default definePlaybook([{ hosts: 'all', become: true, roles: [role] }]);
`;

describeLab(
  'canary secrets',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    let secrets: Secrets;
    /** What the runs showed, by run. */
    const shown: Record<string, string> = {};
    const sampled: Record<string, Sampled> = {};
    /** Files that hold secrets because the operator put them there. */
    let given: string[];

    const hosts = (): Record<string, Record<string, unknown>> => {
      const locked = join(work.path, 'locked');
      const key = { ansible_ssh_private_key_file: locked };
      return {
        'password-sudo': { ...at('web01'), ansible_user: 'byword' },
        'key-doas': { ...at('web01'), ...key, ansible_user: 'bykey', ansible_become_method: 'doas' },
        'key-su': { ...at('web02'), ...key, ansible_user: 'bykey', ansible_become_method: 'su' },
        'key-tty': { ...at('web02'), ...key, ansible_user: 'bytty' },
        'key-openssh': {
          ...at('web02'),
          ansible_ssh_private_key_file: lab().keyFile,
          ansible_user: 'byplain',
          drover_transport: 'openssh',
        },
      };
    };

    /** Samples while something runs. */
    async function watched(name: string, act: () => Promise<string>): Promise<void> {
      const sampler = await startSampler(secrets);
      try {
        shown[name] = await act();
      } finally {
        sampled[name] = await sampler.stop();
      }
    }

    const command = async (args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<string> => {
      const { done } = spawnCli(work.path, args, { TMPDIR: join(work.path, 'tmp'), ...env });
      const { stdout, stderr } = await done;
      return stdout + stderr;
    };

    beforeAll(async () => {
      work = await workspace({ 'play.ts': PLAYBOOK });
      mkdirSync(join(work.path, 'tmp'));
      const locked = join(work.path, 'locked');
      await mustRun(['ssh-keygen', '-q', '-t', 'ed25519', '-N', '', '-C', 'canary', '-f', locked]);
      secrets = {
        ...{
          login: formsOf(LOGIN),
          become: formsOf(BECOME),
          passphrase: formsOf(PASSPHRASE),
          wrong: formsOf(WRONG),
          control: formsOf(CONTROL),
        },
        key: formsOf(seedOf(locked)),
        'plain key': formsOf(seedOf(lab().keyFile)),
      };
      await mustRun(['ssh-keygen', '-q', '-p', '-P', '', '-N', PASSPHRASE, '-f', locked]);
      for (const name of HOSTS) await prepare(name, readFileSync(`${locked}.pub`, 'utf8'));
      const wrong = { ansible_become_password: WRONG, drover_deadlines: { become: 10 } };
      const passwords = { ansible_password: LOGIN, ansible_become_password: BECOME };
      const { 'password-sudo': bySudo, 'key-openssh': byOpenSsh } = hosts();
      const files = {
        'asked.yml': inventoryOf(hosts()),
        'vars.yml': inventoryOf({
          right: { ...bySudo, ...passwords },
          openssh: { ...byOpenSsh, ansible_become_password: BECOME },
          'wrong-become': { ...bySudo, ...passwords, ...wrong },
          'wrong-login': { ...bySudo, ansible_password: WRONG },
          'wrong-openssh': { ...byOpenSsh, ...wrong },
        }),
        'secret-login': `${LOGIN}\n`,
      };
      for (const [name, text] of Object.entries(files)) writeFileSync(join(work.path, name), text, { mode: 0o600 });
      given = ['vars.yml', 'secret-login', 'locked'].map((name) => join(work.path, name));
      await runAll();
    });
    afterAll(() => work.remove());

    async function runAll(): Promise<void> {
      const env = { TMPDIR: join(work.path, 'tmp') };
      const answers = [
        [/passphrase of [^\n]*: /, PASSPHRASE],
        [/password for sudo, doas or su[^\n]*: /, BECOME],
        [/password to log in with: /, LOGIN],
      ] as const;
      const apply = ['apply', '--yes', '-v', 'play.ts', '-i', 'asked.yml', '-k', '--ask-become-pass'];
      await watched('asked', async () => (await atTerminal(work.path, apply, { answers, env })).screen);
      await watched('vars', () => command(['apply', '--yes', '-v', 'play.ts', '-i', 'vars.yml']));
      const fromCommand = ['apply', '--yes', '--json', 'play.ts', '-i', 'asked.yml', '--password-command', 'cat secret-login'];
      const environment = { DROVER_BECOME_PASSWORD: BECOME, DROVER_KEY_PASSPHRASE: PASSPHRASE };
      await watched('environment', () => command(fromCommand, environment));
    }

    test('of runs that logged in and became root in every way, and of some that were refused', () => {
      const reports = readdirSync(join(work.path, '.drover/runs'))
        .sort()
        .map((run) => JSON.parse(readFileSync(join(work.path, '.drover/runs', run, 'report.json'), 'utf8')));
      const outcomes = reports.map(({ hosts: of }) =>
        Object.fromEntries(
          of.map((host: { name: string; steps: unknown[]; error: { phase: string } | null }) => [host.name, host.error?.phase]),
        ),
      );
      const worked = Object.fromEntries(Object.keys(hosts()).map((name) => [name, 'action']));
      expect(outcomes, Object.values(shown).join('\n')).toEqual([
        worked,
        { right: 'action', openssh: 'action', 'wrong-become': 'become', 'wrong-login': 'authenticate', 'wrong-openssh': 'become' },
        worked,
      ]);
    });

    test.each(['asked', 'vars', 'environment'])('appear in no process’s arguments or environment, here or on the hosts (%s)', (name) => {
      const { sweeps, medianMs, found } = sampled[name] ?? { sweeps: 0, medianMs: 0, found: [] };
      console.info(`${name}: ${sweeps} sweeps over all processes, each ${medianMs.toFixed(1)} ms`);
      expect(sweeps).toBeGreaterThan(50);
      // What the operator put into drover's own environment stands there, and in that of a child of it that is not another program yet.
      const isGiven = ({ file, program }: Sampled['found'][number]): boolean =>
        name === 'environment' && file === 'environ' && program === NODE;
      expect(found.filter((each) => !isGiven(each))).toEqual([]);
    });

    test('appear in nothing that drover showed', () => {
      const seen = Object.entries(shown).flatMap(([name, text]) => secretsIn(name, Buffer.from(text), secrets));
      expect(seen).toEqual([]);
      // The verbose report has what the commands said.
      expect(shown.vars).toContain('SUDO_USER=byword');
    });

    test('appear in no file that drover wrote: reports, journals, caches, what is temporary', () => {
      expect(readdirSync(join(work.path, '.drover/runs'))).toHaveLength(3);
      expect(secretsBelow(work.path, secrets, given)).toEqual([]);
    });

    test.each(HOSTS)('appear in no file and no log of %s, whose sshd says all that it can', async (name) => {
      expect(await secretsOn(name, secrets)).toEqual([]);
      expect(await sh(name, 'journalctl -q -t sshd -o cat | grep -c debug3')).not.toBe('0\n');
    });

    test('would be found: in arguments and environments on a host, in files on its disk and in its memory, and in its journal', async () => {
      const sampler = await startSampler(secrets);
      await lab().exec('web01', ['sh', '-c', 'sleep 1; :', CONTROL]);
      await lab().exec('web01', ['sleep', '1'], { env: { PATH: '/usr/bin:/bin', CONTROL } });
      const { found } = await sampler.stop();
      expect(new Set(found.map(({ file, secret }) => `${file} ${secret}`))).toEqual(new Set(['cmdline control', 'environ control']));
      const script = 'cat >/srv/left; cp /srv/left /run/left; logger -t lab -f /srv/left';
      await lab().exec('web01', ['sh', '-c', script], { input: `${'x'.repeat(600)} ${CONTROL}\n` });
      const places = (await secretsOn('web01', secrets)).map((each) => each.replace(/^.*(\/srv\/left|\/run\/left|journal):/, '$1:'));
      expect(new Set(places)).toEqual(new Set(['/run/left: control', '/srv/left: control', 'journal: control']));
      rmSync(join(lab().root('web01'), 'srv/left'));
    });

    async function prepare(name: string, publicKey: string): Promise<void> {
      await makeAccounts(name, { byword: LOGIN, bykey: BECOME, bytty: BECOME, byplain: BECOME, root: BECOME });
      for (const user of ['bykey', 'bytty']) await letIn(name, user, publicKey);
      await letIn(name, 'byplain', readFileSync(`${lab().keyFile}.pub`, 'utf8'));
      const root = lab().root(name);
      const rules =
        'byword ALL=(ALL:ALL) PASSWD: ALL\nbyplain ALL=(ALL:ALL) PASSWD: ALL\nbytty ALL=(ALL:ALL) PASSWD: ALL\nDefaults:bytty requiretty\nDefaults:byword rootpw\n';
      writeFileSync(join(root, 'etc/sudoers.d/test'), rules, { mode: 0o440 });
      writeFileSync(join(root, 'etc/doas.conf'), 'permit bykey\n', { mode: 0o400 });
      await setSshd(name, ['LogLevel DEBUG3']);
    }
  },
  HOSTS,
);
