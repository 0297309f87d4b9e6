import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { letIn, makeAccounts } from './accounts.ts';
import { cli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { inventoryOf, reached, runOn, said } from './reach.ts';

/** Of the login users, for sudo and doas. */
const OWN = 'Own "pass$word" of theirs';
/** Of root and of the user `app`, for su. */
const ROOTS = 'The pass word of root';
const APPS = "app's pass`word";

/** Each user may become another by one method only. */
const SUDOERS = `asks ALL=(ALL:ALL) PASSWD: ALL
term ALL=(ALL:ALL) NOPASSWD: ALL
askterm ALL=(ALL:ALL) PASSWD: ALL
Defaults:term requiretty
Defaults:askterm requiretty
`;
const DOAS = 'permit nopass doer\npermit askdoer\n';
const LOGINS = { asks: OWN, term: null, askterm: OWN, doer: null, askdoer: OWN, asksu: OWN };
/** A file that shows by its owner who made it. */
const LEAVE_MARK = 'umask 022; : >"/srv/marks/$(id -un)-by-$MARK"; id -un';

interface Case {
  readonly login: string;
  readonly method: 'sudo' | 'doas' | 'su';
  readonly user?: string;
  readonly password?: string;
}

const CASES: Readonly<Record<string, Case>> = {
  'sudo without a password': { login: 'drover', method: 'sudo' },
  'sudo with a password': { login: 'asks', method: 'sudo', password: OWN },
  'sudo to another user': { login: 'drover', method: 'sudo', user: 'app' },
  'sudo to another user with a password': { login: 'asks', method: 'sudo', user: 'app', password: OWN },
  'sudo where it requires a terminal': { login: 'term', method: 'sudo' },
  'sudo where it requires a terminal and a password': { login: 'askterm', method: 'sudo', password: OWN },
  'doas without a password': { login: 'doer', method: 'doas' },
  'doas with a password': { login: 'askdoer', method: 'doas', password: OWN },
  'doas to another user': { login: 'doer', method: 'doas', user: 'app' },
  'doas to another user with a password': { login: 'askdoer', method: 'doas', user: 'app', password: OWN },
  'su with a password': { login: 'asksu', method: 'su', password: ROOTS },
  'su to another user': { login: 'asksu', method: 'su', user: 'app', password: APPS },
};

/** A password that is right on one host, where the method refuses it. */
const WRONG: readonly (readonly [method: Case['method'], login: string])[] = [
  ['sudo', 'asks'],
  ['sudo', 'askterm'],
  ['doas', 'askdoer'],
  ['su', 'asksu'],
];

describeLab('becoming another user', () => {
  let work: string;
  let folder: Awaited<ReturnType<typeof workspace>>;

  beforeAll(async () => {
    await makeAccounts('web01', { ...LOGINS, app: APPS, root: ROOTS });
    for (const user of Object.keys(LOGINS)) await letIn('web01', user, readFileSync(`${lab().keyFile}.pub`, 'utf8'));
    writeFileSync(join(lab().root('web01'), 'etc/sudoers.d/test'), SUDOERS, { mode: 0o440 });
    writeFileSync(join(lab().root('web01'), 'etc/doas.conf'), DOAS, { mode: 0o400 });
    await sh('web01', 'mkdir -m 1777 /srv/marks; visudo -cq; doas -C /etc/doas.conf');
  });
  beforeEach(async () => {
    folder = await workspace();
    work = folder.path;
  });
  afterEach(() => folder.remove());

  const varsOf = ({ login, method, user, password }: Case): Record<string, unknown> => ({
    ...reached('web01'),
    ansible_user: login,
    ansible_become: true,
    ansible_become_method: method,
    ...(user !== undefined && { ansible_become_user: user }),
    ...(password !== undefined && { ansible_become_password: password }),
  });
  const refusals = async (): Promise<number> => {
    await sh('web01', 'journalctl --sync');
    return Number(await sh('web01', "journalctl -q -o cat | grep -c 'auth): authentication failure;' || :"));
  };

  test.each(Object.entries(CASES))('works by %s', async (title, each) => {
    const user = each.user ?? 'root';
    const mark = title.replaceAll(' ', '-');
    expect(said(await runOn(work, { host: varsOf(each) }, { command: LEAVE_MARK.replace('$MARK', mark) }))).toEqual([
      ['host', `${user}\n`],
    ]);
    expect(await sh('web01', `stat -c %U /srv/marks/${user}-by-${mark}`)).toBe(`${user}\n`);
  });

  test('input, output, exit status and bytes of any kind come through where a terminal is required', async () => {
    const hosts = {
      tty: varsOf({ login: 'term', method: 'sudo' }),
      asktty: varsOf({ login: 'askterm', method: 'sudo', password: OWN }),
    };
    const command = `printf 'one\\ttwo\\r\\nthree\\n'; echo err >&2; cat; exit 7`;
    for (const { outcome, exitCode, stdout } of (await runOn(work, hosts, { command })).hosts)
      expect([outcome, exitCode, stdout]).toEqual(['failed', 7, 'one\ttwo\r\nthree\n']);
  });

  test('a playbook works as three users of one host, with what stands on the disk as they left it', async () => {
    writeFileSync(
      join(work, 'play.ts'),
      `import { definePlaybook, defineRole, file, z } from 'drover';
const marks = (name: string) => defineRole({ name, description: 'leaves a mark', platforms: 'any', params: z.object({}),
  steps: () => ({ steps: [file({ path: '/srv/marks/play-' + name, content: 'made\\n' })] }) });
export default definePlaybook([
  { hosts: 'all', roles: [marks('login')] },
  { hosts: 'all', become: true, roles: [marks('root')] },
  { hosts: 'all', become: { user: 'app' }, roles: [marks('app')] },
]);
`,
    );
    const { ansible_become: _, ...vars } = varsOf({ login: 'asks', method: 'sudo', password: OWN });
    writeFileSync(join(work, 'hosts.yml'), inventoryOf({ host: vars }), { mode: 0o600 });
    const args = ['play.ts', '-i', 'hosts.yml'];
    const applied = await cli(work, ['apply', '--yes', ...args]);
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    expect(await sh('web01', 'cd /srv/marks; stat -c %U play-login play-root play-app')).toBe('asks\nroot\napp\n');
    expect((await cli(work, ['check', ...args])).code).toBe(0);
  });

  test.each(WRONG)('a wrong password for %s of %s is found at once, and sent once', async (method, login) => {
    const before = await refusals();
    const vars = { ...varsOf({ login, method, password: 'not the password' }), drover_deadlines: { become: 60 } };
    const { hosts, stdout, stderr } = await runOn(work, { host: vars });
    expect(hosts).toMatchObject([{ outcome: 'failed', error: { phase: 'become', message: expect.stringContaining('password') } }]);
    // PAM itself takes two seconds before it says no.
    expect(hosts[0]?.durationMs).toBeLessThan(8_000);
    expect(stdout + stderr).not.toContain('not the password');
    expect((await refusals()) - before).toBe(1);
  });

  test.each(WRONG)('no password for %s of %s is found at once, and nothing is sent', async (method, login) => {
    const before = await refusals();
    const { hosts } = await runOn(work, { host: { ...varsOf({ login, method }), drover_deadlines: { become: 60 } } });
    expect(hosts).toMatchObject([{ outcome: 'failed', error: { phase: 'become' } }]);
    expect(hosts[0]?.error?.hint).toMatch(/--ask-become-pass/);
    expect(hosts[0]?.durationMs).toBeLessThan(5_000);
    expect((await refusals()) - before).toBe(0);
  });
}, ['web01']);
