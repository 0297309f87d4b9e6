import { afterAll, expect, test } from 'vitest';
import type { HostStep } from '../../src/model/planned.ts';
import type { Undoable } from '../../src/model/ports.ts';
import type { Run } from '../../src/model/run.ts';
import type { Step } from '../../src/model/step.ts';
import { undoSteps } from '../../src/plan/undo.ts';
import { absent } from '../../src/steps/absent.ts';
import { block } from '../../src/steps/block.ts';
import { command } from '../../src/steps/command.ts';
import { directory } from '../../src/steps/directory.ts';
import { file } from '../../src/steps/file.ts';
import { group } from '../../src/steps/group.ts';
import { ini } from '../../src/steps/ini.ts';
import { line } from '../../src/steps/line.ts';
import { link } from '../../src/steps/link.ts';
import { pkg } from '../../src/steps/package.ts';
import { postfixSetting } from '../../src/steps/postfix-setting.ts';
import { restore } from '../../src/steps/restore.ts';
import { service } from '../../src/steps/service.ts';
import { sysctl } from '../../src/steps/sysctl.ts';
import { systemdUnit } from '../../src/steps/systemd-unit.ts';
import { user } from '../../src/steps/user.ts';
import { apply, expectAsPlanned, sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** What a run did to its only host, as an undo takes it: from the records, with the steps that made them. */
function doneIn({ hosts: [host] }: Run, steps: readonly Step[]): Undoable[] {
  const records = (host?.steps ?? []).filter(({ handler }) => !handler);
  return records.flatMap(({ id, undo, irreversible, outcome }, index): Undoable[] => {
    const step = steps[index];
    if (outcome !== 'changed' || step === undefined) return [];
    const common = { play: 0, part: 'roles' as const, playName: 'lab', role: 'lab', handler: null, notifies: [], become: null };
    return [{ item: { id, ...common, step }, undo, irreversible }];
  });
}

function restoring(run: Run, steps: readonly Step[]): Step[] {
  return undoSteps(restore, doneIn(run, steps), { items: [], index: 1 }).map(({ step }: HostStep) => step);
}

interface Kept {
  readonly before?: string;
  readonly steps: readonly Step[];
  /** `sh` that looks at all that the steps may change; run before, between and after. */
  readonly look: string;
  /** Steps of the undo, in its order, that are skipped. */
  readonly skipped?: readonly string[];
}

/** Applies, undoes by what the run recorded, and compares what is found on the host; a second undo changes nothing. */
async function expectRestored(name: string, { before, steps, look, skipped = [] }: Kept): Promise<void> {
  if (before !== undefined) await sh(name, before);
  const was = await sh(name, look);
  const { applied } = await apply(name, steps);
  expect(await sh(name, look)).not.toBe(was);
  const back = restoring(applied, steps);
  const first = await apply(name, back);
  expect(await sh(name, look)).toBe(was);
  expectAsPlanned(first);
  const outcomes = (run: Run): string[] =>
    (run.hosts[0]?.steps ?? []).flatMap(({ outcome, subject }) => (outcome === 'skipped' ? [subject] : []));
  expect(outcomes(first.applied)).toEqual(skipped);
  const second = await apply(name, back);
  expect(second.applied.hosts[0]?.steps.filter(({ outcome }) => outcome === 'changed').map(({ id }) => id)).toEqual([]);
}

const HOST = 'web02';
const ODD = "/srv/lab/it's \n$(id)";
const tree = (paths: string): string =>
  `for p in ${paths}; do [ ! -e "$p" ] || find "$p" -exec stat -c '%n %F %a %U %G' {} + -type f -exec sha256sum {} + ; find "$p" -type l -printf '%p -> %l\\n' 2>/dev/null; done | sort`;

describeLab('what a run recorded is put back', () => {
  afterAll(() => lab().reset(HOST));

  test('files, directories, links and edits, with owners, modes and odd names', async () => {
    await expectRestored(HOST, {
      before: [
        'mkdir -p /srv/lab/old /srv/lab/full; useradd -M lab-owner; cd /srv/lab',
        "printf 'a\\r\\nb' >mixed; printf '[s]\\nk = v\\n' >conf.ini; printf '\\000\\377' >bytes; chmod 4750 bytes; chown lab-owner:adm bytes",
        'printf x >"it\'s \n\\$(id)"; ln -s old link; chmod 2751 old; chown lab-owner old; echo y >full/kept; printf z >replaced; printf z >block',
      ].join('\n'),
      steps: [
        file({ path: '/srv/lab/bytes', content: 'text\n', mode: '0600', owner: 'root', group: 'root' }),
        file({ path: ODD, content: "'; id\n" }),
        file({ path: '/srv/lab/new', content: 'new\n', owner: 'lab-owner' }),
        line({ path: '/srv/lab/mixed', line: 'c' }),
        block({ path: '/srv/lab/block', name: 'lab', block: 'one\ntwo' }),
        ini({ path: '/srv/lab/conf.ini', section: 's', key: 'k', value: 'w' }),
        absent({ path: '/srv/lab/old' }),
        link({ path: '/srv/lab/link', target: 'new' }),
        link({ path: '/srv/lab/replaced', target: '/nowhere', force: true }),
        directory({ path: '/srv/lab/a/b c', parents: true, mode: '0700', owner: 'lab-owner' }),
        file({ path: '/srv/lab/a/b c/inside', content: 'x' }),
        directory({ path: '/srv/lab/full', mode: '0700' }),
      ],
      look: tree('/srv/lab'),
    });
  });

  test('a file that several steps edited is what it was before the first', async () => {
    const steps = [1, 2, 3].map((number) => line({ path: '/srv/lab-edits', line: String(number), create: true }));
    const { applied } = await apply(HOST, steps);
    expect(await sh(HOST, 'cat /srv/lab-edits')).toBe('1\n2\n3\n');
    await apply(HOST, restoring(applied, steps));
    expect(await sh(HOST, 'ls /srv/lab-edits 2>/dev/null || echo none')).toBe('none\n');
  });

  test('a directory stays while something else is in it', async () => {
    const steps = [directory({ path: '/srv/lab-made/sub', parents: true })];
    const { applied } = await apply(HOST, steps);
    await sh(HOST, 'echo mine >/srv/lab-made/mine');
    const back = restoring(applied, steps);
    const { applied: undone } = await apply(HOST, back);
    expect(undone.hosts[0]?.steps[0]?.changes.at(-1)).toMatchObject({ after: 'the directory /srv/lab-made is not empty (mine)' });
    expect(await sh(HOST, 'find /srv/lab-made | sort')).toBe('/srv/lab-made\n/srv/lab-made/mine\n');
    const { applied: again } = await apply(HOST, back);
    expect(again.hosts[0]?.steps[0]).toMatchObject({ outcome: 'skipped', reason: expect.stringMatching(/^cannot be undone: .*not empty/) });
  });

  test('accounts and kernel parameters', async () => {
    await expectRestored(HOST, {
      before:
        'groupadd -g 3100 lab-crew; groupadd -g 3101 lab-kept; useradd -m -u 3102 -U -G lab-crew -s /bin/sh -c Ada lab-ada; echo hers >/home/lab-ada/f; chown lab-ada: /home/lab-ada/f',
      steps: [
        group({ name: 'lab-crew', gid: 3200 }),
        group({ name: 'lab-new' }),
        user({ name: 'lab-ada', shell: '/bin/bash', groups: ['adm'], comment: '', home: '/srv/lab-ada', moveHome: true }),
        user({ name: 'lab-eve', groups: ['lab-new'] }),
        // userdel would take this group along, which was there before.
        user({ name: 'lab-kept', createHome: false }),
        file({ path: '/home/lab-eve/.profile', content: 'x\n', owner: 'lab-eve' }),
        sysctl({ key: 'net.ipv4.ip_forward', value: 1 }),
        sysctl({ key: 'net.ipv4.ip_local_port_range', value: '20000 60000' }),
      ],
      look: `getent passwd | grep lab-; getent group | grep -E '^lab-|lab-ada' | sort; sysctl -n net.ipv4.ip_forward net.ipv4.ip_local_port_range; ${tree('/etc/sysctl.d/60-drover.conf /home/lab-ada /home/lab-eve /srv/lab-ada')}`,
    });
  });

  test('removed accounts come back with their numbers and groups, without what is not kept', async () => {
    const steps = [user({ name: 'lab-gone', state: 'absent' }), group({ name: 'lab-gone-too', state: 'absent' })];
    await sh(HOST, 'groupadd -g 3301 lab-gone-too; useradd -m -u 3300 -U -G adm -s /bin/sh -c "Gone, too" lab-gone');
    const look = "getent passwd lab-gone; id lab-gone; getent group lab-gone-too; stat -c '%n %U %G %a' /home/lab-gone";
    const was = await sh(HOST, look);
    const { applied } = await apply(HOST, steps);
    expect(await sh(HOST, 'getent passwd lab-gone || echo gone; getent group lab-gone-too || echo gone')).toBe('gone\ngone\n');
    const { applied: undone } = await apply(HOST, restoring(applied, steps));
    expect(await sh(HOST, look)).toBe(was);
    expect(undone.hosts[0]?.steps.map(({ changes }) => changes.at(-1))).toMatchObject([
      { field: 'not put back', after: 'its members are not kept' },
      { field: 'not put back', after: 'the password is not kept' },
    ]);
  });

  test('units: new ones stopped and gone, others running, enabled and masked as before, as systemd has read them', async () => {
    const unit = (word: string): string => `[Service]\nExecStart=/bin/sleep ${word}\n[Install]\nWantedBy=multi-user.target\n`;
    await expectRestored(HOST, {
      before: [
        `for n in run idle cloak; do printf '%s' '${unit('1000')}' >/etc/systemd/system/lab-$n.service; done`,
        'systemctl daemon-reload; systemctl -q enable --now lab-run; systemctl -q mask lab-cloak 2>/dev/null || { rm /etc/systemd/system/lab-cloak.service; systemctl -q mask lab-cloak; }',
      ].join('\n'),
      steps: [
        systemdUnit({ name: 'lab-made', content: unit('2000') }),
        service({ name: 'lab-made', state: 'running', enabled: true }),
        systemdUnit({ name: 'lab-run', dropIn: 'more', content: '[Service]\nNice=5\n' }),
        service({ name: 'lab-run', state: 'stopped', enabled: false }),
        service({ name: 'lab-idle', state: 'running', enabled: true }),
        service({ name: 'lab-cloak', masked: false }),
      ],
      look: `for n in made run idle cloak; do systemctl show -p LoadState,ActiveState,UnitFileState,NeedDaemonReload,Nice lab-$n; done; find /etc/systemd/system -name '*lab-*' | sort`,
    });
  });

  test('packages: installed ones go, removed ones and old versions come back', async () => {
    await expectRestored(HOST, {
      before: 'export DEBIAN_FRONTEND=noninteractive; apt-get -q -y update; apt-get -q -y install drover-demo=1.0 drover-demo-slow',
      steps: [
        pkg({ name: 'drover-demo', state: 'latest' }),
        pkg({ name: 'drover-demo-slow', state: 'absent' }),
        pkg({ name: 'drover-demo-extra' }),
      ],
      look: "dpkg-query -W -f '${Package} ${Version} ${Status}\\n' 'drover-demo*' | grep ' installed$' | sort; drover-demo",
    });
  });

  test('Postfix’s settings: one that main.cf had, and one that it had not', async () => {
    await expectRestored(HOST, {
      before: 'export DEBIAN_FRONTEND=noninteractive; apt-get -q -y install postfix',
      steps: [
        postfixSetting({ parameter: 'smtpd_milters', includes: 'inet:localhost:8891' }),
        postfixSetting({ parameter: 'myhostname', value: 'mail.example.com' }),
      ],
      look: 'postconf -n',
    });
  }, 180_000);

  test('a command is not undone, and says so; what is beside it is', async () => {
    const steps = [
      command({ command: ['touch', '/root/lab-mark'], creates: '/root/lab-mark', affects: [] }),
      file({ path: '/root/lab-file', content: 'x' }),
    ];
    const { applied } = await apply(HOST, steps);
    const { applied: undone } = await apply(HOST, restoring(applied, steps));
    expect(undone.hosts[0]?.steps.map(({ outcome, reason }) => [outcome, reason])).toEqual([
      ['changed', null],
      ['skipped', 'cannot be undone: a command'],
    ]);
    expect(await sh(HOST, 'ls /root/lab-*')).toBe('/root/lab-mark\n');
  });
}, [HOST]);

const REDHAT = 'el9';

describeLab('what a run recorded is put back on a Red Hat-like host', () => {
  afterAll(() => lab().reset(REDHAT));

  test('packages by dnf, an older version too, and nothing is left of asking', async () => {
    await expectRestored(REDHAT, {
      before: 'dnf -q -y install drover-demo-1.0',
      steps: [pkg({ name: 'drover-demo', state: 'latest' }), pkg({ name: 'drover-demo-extra' })],
      look: "rpm -qa 'drover-demo*' | sort; drover-demo; ls /dev/shm",
    });
  });
}, [REDHAT]);
