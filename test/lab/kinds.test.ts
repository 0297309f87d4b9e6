import { expect, test } from 'vitest';
import type { Step } from '../../src/model/step.ts';
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
import { service } from '../../src/steps/service.ts';
import { sysctl } from '../../src/steps/sysctl.ts';
import { systemdUnit } from '../../src/steps/systemd-unit.ts';
import { user } from '../../src/steps/user.ts';
import { applySteps, changesOf, inventoryHosts, planSteps } from './drive.ts';
import { apply, expectAsPlanned, expectKept, type KindCase, plannedFields, sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** Names that a shell, `stat`, `sha256sum` or an option parser could trip over. */
const NAMES = [
  'two words',
  "it's",
  '"quoted"',
  '$HOME `id` $(id)',
  'new\nline',
  '-rf',
  '--',
  'naïve ☃',
  'back\\slash',
  '*',
  '#',
  ' lead',
  'tail ',
  '~',
  '{a,b}',
  '\\n',
];
const bytes = (length: number): Uint8Array => Uint8Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff);

const [FILES, ACCOUNTS, PACKAGES, SERVICES] = ['web01', 'web02', 'db01', 'db02'] as const;
const HOSTS = [FILES, ACCOUNTS, PACKAGES, SERVICES];
const FILE_CASES: readonly KindCase[] = [
  {
    title: 'file: every field',
    before: 'useradd -M lab-owner',
    steps: [file({ path: '/etc/lab.conf', content: 'a\nb\n', mode: '0640', owner: 'lab-owner', group: 'adm' })],
    look: "cat /etc/lab.conf; stat -c '%a %U %G' /etc/lab.conf",
    found: 'a\nb\n640 lab-owner adm\n',
    drifts: [
      ['echo c >>/etc/lab.conf', ['content']],
      ['chmod 444 /etc/lab.conf; chown root /etc/lab.conf', ['mode', 'owner']],
      ['chgrp root /etc/lab.conf', ['group']],
      ['chmod 400 /etc/lab.conf; echo x >/etc/lab.conf', ['content', 'mode']],
      ['rm /etc/lab.conf', ['type', 'content', 'mode', 'owner', 'group']],
    ],
  },
  {
    title: 'file: two megabytes of bytes, an empty file, one without a final newline, one of text that looks like sh',
    steps: [
      file({ path: '/root/big', content: bytes(2 * 1024 * 1024) }),
      file({ path: '/root/empty', content: '' }),
      file({ path: '/root/no-end', content: "no end'" }),
      file({ path: '/root/shell', content: "'; rm -rf / #\n$(id)\n%s\\n\r\n\n\n" }),
    ],
    look: 'cd /root; wc -c <big; wc -c <empty; base64 no-end; base64 shell',
    found: `2097152\n0\n${Buffer.from("no end'").toString('base64')}\n${Buffer.from("'; rm -rf / #\n$(id)\n%s\\n\r\n\n\n").toString('base64')}\n`,
    drifts: [
      ['printf "\\n" >>/root/no-end', ['content']],
      ['printf x | dd of=/root/big bs=1 seek=1000000 conv=notrunc 2>/dev/null', ['content']],
      ['printf x >/root/empty', ['content']],
    ],
  },
  {
    title: 'file: set-ID bits survive a rewrite and a change of owner, and a file that nobody may write is written',
    steps: [
      file({ path: '/root/suid', content: 'x\n', mode: '6755', group: 'adm' }),
      file({ path: '/root/read-only', content: 'y\n', mode: '0444' }),
    ],
    look: "stat -c '%a %U %G %s' /root/suid /root/read-only",
    found: '6755 root adm 2\n444 root root 2\n',
    drifts: [
      ['chgrp root /root/suid; chmod 6755 /root/suid', ['group']],
      ['echo more >>/root/suid; chmod 6755 /root/suid; echo more >>/root/read-only', ['content', 'content']],
    ],
  },
  {
    title: 'file and directory: a new one in a directory with the set-group-ID bit gets its group',
    before: 'mkdir /srv/shared; chgrp adm /srv/shared; chmod 2775 /srv/shared',
    steps: [
      file({ path: '/srv/shared/file', content: 'x\n', mode: '0660' }),
      directory({ path: '/srv/shared/new/deep', parents: true }),
      directory({ path: '/srv/shared/plain', mode: '0750' }),
      file({ path: '/srv/shared/new/deep/file', content: 'y\n' }),
      link({ path: '/srv/shared/link', target: 'file' }),
    ],
    look: "cd /srv/shared; stat -c '%a %U %G %n' file new new/deep new/deep/file plain link",
    found:
      '660 root adm file\n2755 root adm new\n2755 root adm new/deep\n644 root adm new/deep/file\n750 root adm plain\n777 root adm link\n',
    drifts: [
      ['rm /srv/shared/file', ['type', 'content', 'mode', 'owner', 'group']],
      ['chmod 2750 /srv/shared/plain', ['mode']],
    ],
  },
  {
    title: 'file: names that shells and tools trip over',
    before: 'mkdir /srv/names',
    steps: NAMES.map((name) => file({ path: `/srv/names/${name}`, content: `${name}\n` })),
    look: 'ls -A --zero /srv/names | base64 -w 0; cd /srv/names && for f in * .[!.]*; do [ ! -f "./$f" ] || printf "%s\\n" "$f" | cmp -s - "./$f" || echo "$f"; done',
    found: Buffer.from(`${[...NAMES].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))).join('\0')}\0`).toString('base64'),
    drifts: [['cd /srv/names; for f in *; do echo more >>"./$f"; done', NAMES.map(() => 'content')]],
  },
  {
    title: 'directory, link and absent: names that shells and tools trip over',
    before: `mkdir /srv/odd; cd /srv/odd; mkdir -p './-r f/below'; touch './new
line'; ln -s nowhere './--'`,
    steps: [
      directory({ path: '/srv/odd/-d "x"\n', mode: '0711' }),
      link({ path: '/srv/odd/-l', target: "-s '$x'\n" }),
      absent({ path: '/srv/odd/-r f', recursive: true }),
      absent({ path: '/srv/odd/new\nline' }),
      absent({ path: '/srv/odd/--' }),
    ],
    look: 'cd /srv/odd; ls -A --zero | base64 -w 0; echo; readlink -n ./-l | base64; stat -c %a ./-d*',
    found: `${Buffer.from('-d "x"\n\0-l\0').toString('base64')}\n${Buffer.from("-s '$x'\n").toString('base64')}\n711\n`,
    drifts: [
      ['cd /srv/odd; ln -sfn x ./-l; touch ./--', ['target', 'type', 'content', 'mode', 'owner', 'group']],
      ['cd /srv/odd; chmod 755 ./-d*', ['mode']],
      ['cd /srv/odd; rm ./-l; touch ./-l; rm ./-l', ['type', 'target', 'owner', 'group']],
    ],
  },
  {
    title: 'link: to a directory, changed without touching what it pointed to',
    before: 'mkdir /srv/one /srv/two; touch /srv/one/kept; ln -s one /srv/current',
    steps: [link({ path: '/srv/current', target: 'two' })],
    look: 'readlink /srv/current; ls /srv/one /srv/two',
    found: 'two\n/srv/one:\nkept\n\n/srv/two:\n',
    drifts: [['ln -sfn one /srv/current', ['target']]],
  },
  {
    title: 'file and link: what is in the way is replaced where that is asked for, and a link’s target stays',
    before: 'echo kept >/srv/target; ln -s target /srv/was-link; echo old >/srv/was-file',
    steps: [
      file({ path: '/srv/was-link', content: 'new\n', link: 'replace' }),
      link({ path: '/srv/was-file', target: 'target', force: true }),
    ],
    look: 'cat /srv/target /srv/was-link; stat -c %F /srv/was-link; readlink /srv/was-file',
    found: 'kept\nnew\nregular file\ntarget\n',
    drifts: [['rm /srv/was-link; ln -s target /srv/was-link', ['type', 'content', 'mode', 'owner', 'group']]],
  },
  {
    title: 'line, block and ini: CRLF, bytes that are no UTF-8 and a missing final newline stay',
    before: `printf 'a=1\\r\\n\\377\\376\\r\\n[s]\\r\\nk = v\\r\\nend' >/etc/lab.ini`,
    steps: [
      line({ path: '/etc/lab.ini', line: 'a=2', match: /^a=/ }),
      ini({ path: '/etc/lab.ini', section: 's', key: 'k', value: 'w' }),
      block({ path: '/etc/lab.ini', name: 'b', block: 'x', comment: ';' }),
      line({ path: '/etc/lab.ini', line: 'end', state: 'absent' }),
    ],
    look: 'base64 -w 0 /etc/lab.ini',
    found: Buffer.from('a=2\r\n\xff\xfe\r\n[s]\r\nk = w\r\n; BEGIN drover b\r\nx\r\n; END drover b\r\n', 'latin1').toString('base64'),
    drifts: [
      ["sed -i 's/^a=2/a=3/' /etc/lab.ini", ['content']],
      ["sed -i 's/^k = w/k = z/' /etc/lab.ini", ['s.k', 'content']],
      ["sed -i '/^x/d' /etc/lab.ini", ['content']],
      ['printf end >>/etc/lab.ini', ['content']],
    ],
  },
  {
    title: 'command: creates, unless, onlyIf and readOnly',
    before: 'echo old >/root/state',
    steps: [
      command({ name: 'creates', command: ['cp', '/etc/hostname', "/root/a 'b"], creates: "/root/a 'b", affects: [] }),
      command({ name: 'unless', command: 'echo new >/root/state', unless: ['grep', '-qx', 'new', '/root/state'], affects: [] }),
      command({ name: 'only', command: 'rm left', onlyIf: 'test -e left', directory: '/root', affects: [] }),
      command({ name: 'reads', command: 'cat /root/state', readOnly: true }),
    ],
    look: `cat "/root/a 'b" /root/state; ls /root/left 2>/dev/null || echo none`,
    found: 'web01\nnew\nnone\n',
    drifts: [
      [`rm "/root/a 'b"`, ['run']],
      ['echo old >/root/state', ['run']],
      ['touch /root/left', ['run']],
    ],
  },
];

describeLab(
  'steps about files, on a Debian host',
  () => {
    test.each(FILE_CASES)('$title', async (each) => {
      await expectKept(FILES, each);
    });

    const refused: readonly (readonly [title: string, before: string, step: Step, reason: RegExp, look: string, found: string])[] = [
      [
        'a link at a file’s path',
        'echo t >/srv/t1; ln -s t1 /srv/l1',
        file({ path: '/srv/l1', content: 'x' }),
        /symbolic link to t1/,
        'cat /srv/t1',
        't\n',
      ],
      [
        'a directory at a file’s path',
        'mkdir /srv/d1; touch /srv/d1/kept',
        file({ path: '/srv/d1', content: 'x' }),
        /a directory is in the way/,
        'ls /srv/d1',
        'kept\n',
      ],
      [
        'a pipe at a file’s path',
        'mkfifo /srv/p1',
        file({ path: '/srv/p1', content: 'x' }),
        /fifo.* is in the way/,
        'stat -c %F /srv/p1',
        'fifo\n',
      ],
      [
        'a directory at a link’s path, also with force',
        'mkdir /srv/d2',
        link({ path: '/srv/d2', target: 'x', force: true }),
        /directory is in the way/,
        'stat -c %F /srv/d2',
        'directory\n',
      ],
      [
        'a file at a directory’s path',
        'echo x >/srv/f2',
        directory({ path: '/srv/f2' }),
        /not a directory but a file/,
        'cat /srv/f2',
        'x\n',
      ],
      [
        'a missing parent',
        'true',
        file({ path: '/srv/no/such', content: 'x' }),
        /\/srv\/no does not exist/,
        'ls -d /srv/no 2>/dev/null || echo none',
        'none\n',
      ],
    ];
    test.each(refused)('%s is refused in the plan, and left as it is', async (_, before, step, reason, look, found) => {
      await sh(FILES, before);
      const { plan, applied } = await attempt(FILES, [step]);
      for (const run of [plan, applied])
        expect(run.hosts[0]).toMatchObject({ outcome: 'failed', steps: [{ outcome: 'failed', reason: expect.stringMatching(reason) }] });
      expect(await sh(FILES, look)).toBe(found);
    });

    test('a directory that is not empty is removed only with recursive', async () => {
      await sh(FILES, 'mkdir -p /srv/full; touch /srv/full/kept');
      const { applied } = await attempt(FILES, [absent({ path: '/srv/full' })]);
      expect(applied.hosts[0]).toMatchObject({
        outcome: 'failed',
        error: { phase: 'action' },
        steps: [{ reason: expect.stringMatching(/not empty/i) }],
      });
      expect(await sh(FILES, 'ls /srv/full')).toBe('kept\n');
      await apply(FILES, [absent({ path: '/srv/full', recursive: true })]);
      expect(await sh(FILES, 'ls -d /srv/full 2>/dev/null || echo none')).toBe('none\n');
    });

    test('validate that refuses leaves the old file as it was, fails with the words of the program, and leaves nothing beside it', async () => {
      const path = '/etc/sudoers.d/lab-extra';
      const validate = ['visudo', '-cf', '%s'];
      const good = file({ path, content: 'drover ALL=(ALL) NOPASSWD: /bin/true\n', mode: '0440', validate });
      await apply(FILES, [good]);
      const before = await sh(FILES, `stat -c '%i %Y %a' ${path}; cat ${path}`);
      const { applied } = await attempt(FILES, [file({ path, content: 'drover ALL=(ALL nonsense\n', mode: '0440', validate })]);
      expect(applied.hosts[0]).toMatchObject({
        outcome: 'failed',
        steps: [{ outcome: 'failed', progress: 'done', failure: { output: expect.stringMatching(/syntax error/) } }],
      });
      expect(await sh(FILES, `stat -c '%i %Y %a' ${path}; cat ${path}; ls -A /etc/sudoers.d`)).toBe(`${before}README\nlab\nlab-extra\n`);
      const created = await attempt(FILES, [file({ path: '/etc/sudoers.d/lab-new', content: 'nonsense!!\n', mode: '0440', validate })]);
      expect(created.applied.hosts[0]?.outcome).toBe('failed');
      expect(await sh(FILES, 'ls -A /etc/sudoers.d')).toBe('README\nlab\nlab-extra\n');
    });

    test('ACLs and extended attributes survive a rewrite', async () => {
      await sh(FILES, `echo old >/root/acl; ${perlXattr('set')}`);
      const before = await sh(FILES, `${perlXattr('get')}; stat -c %a /root/acl`);
      expect(before).toMatch(/^hello [0-9a-f]{88}\n660\n$/);
      await apply(FILES, [file({ path: '/root/acl', content: 'new\n' })]);
      expect(await sh(FILES, `${perlXattr('get')}; stat -c %a /root/acl; cat /root/acl`)).toBe(`${before}new\n`);
    });

    test('a file that was changed between plan and apply is left as it is, and the step fails', async () => {
      await sh(FILES, 'echo planned >/root/raced');
      const planned = await planSteps(await inventoryHosts(lab(), [FILES]), () => [file({ path: '/root/raced', content: 'new\n' })]);
      await sh(FILES, 'echo somebody >/root/raced');
      const applied = await planned.apply();
      expect(applied.hosts[0]?.steps[0]).toMatchObject({
        outcome: 'failed',
        reason: '/root/raced changed since it was planned; plan again',
      });
      expect(await sh(FILES, 'cat /root/raced')).toBe('somebody\n');
    });

    test('nothing of drover’s is left on the host', async () => {
      expect(await sh(FILES, 'find / -xdev -name "*.drover-*"; find /tmp /run -name "*drover*"')).toBe('');
    });
  },
  HOSTS,
);

/** Sets or shows a user attribute and an ACL of /root/acl by the system calls themselves; the host has no setfattr(1) and no setfacl(1). */
function perlXattr(what: 'set' | 'get'): string {
  const [set, get] = process.arch === 'arm64' ? [5, 8] : [188, 191];
  const acl = 'pack("L(SSL)5", 2, 1, 6, 4294967295, 2, 6, 1000, 4, 4, 4294967295, 16, 6, 4294967295, 32, 0, 4294967295)';
  const names = 'my ($f, $u, $a) = ("/root/acl", "user.lab", "system.posix_acl_access")';
  const script = {
    set: `${names}; my ($v, $h) = (${acl}, "hello"); syscall(${set}, $f, $u, $h, 5, 0) == 0 && syscall(${set}, $f, $a, $v, length $v, 0) == 0 or die $!`,
    get: `${names}; my $b = "\\0" x 99; my $n = syscall(${get}, $f, $u, $b, 99); print substr($b, 0, $n), " "; $b = "\\0" x 99; $n = syscall(${get}, $f, $a, $b, 99); print unpack("H*", substr($b, 0, $n)), "\\n"`,
  }[what];
  return `perl -e '${script}'`;
}

/** Plans and applies where failures are expected. */
async function attempt(name: string, steps: readonly Step[]): ReturnType<typeof applySteps> {
  return applySteps(await inventoryHosts(lab(), [name]), () => steps);
}

describeLab(
  'users, groups and kernel parameters, on a Debian host',
  () => {
    const base = { name: 'ada', uid: 2100, group: 'crew', groups: ['adm', 'cdrom'], comment: 'Ada', shell: '/bin/sh', home: '/home/ada' };
    const passwd = async (): Promise<string> => (await sh(ACCOUNTS, 'getent passwd ada; id -Gn ada')).trim();

    test('group: made with a number, its number changed back after drift, removed', async () => {
      await expectKept(ACCOUNTS, {
        title: '',
        steps: [group({ name: 'crew', gid: 2000 }), group({ name: 'other' })],
        look: 'getent group crew; getent group other | cut -d: -f1',
        found: 'crew:x:2000:\nother\n',
        drifts: [
          ['groupmod -g 2005 crew', ['gid']],
          ['groupdel other', ['exists']],
        ],
      });
      await apply(ACCOUNTS, [group({ name: 'other', state: 'absent' })]);
      expect((await lab().exec(ACCOUNTS, ['getent', 'group', 'other'])).code).toBe(2);
    });

    test('user: made with every field, and its drift found by field', async () => {
      await expectKept(ACCOUNTS, {
        title: '',
        steps: [user({ ...base, homeMode: '0750' })],
        look: "getent passwd ada; id -Gn ada; getent shadow ada | cut -d: -f2; stat -c '%a %U %G' /home/ada",
        found: 'ada:x:2100:2000:Ada:/home/ada:/bin/sh\ncrew adm cdrom\n!\n750 ada crew\n',
        drifts: [
          ['usermod -s /bin/false ada', ['shell']],
          ['usermod -c Eve ada', ['comment']],
          ['usermod -G adm ada', ['groups']],
          ['usermod -g users ada', ['group']],
          ['usermod -d /srv ada', ['home']],
          ['usermod -u 2222 ada', ['uid']],
          ['usermod -s /bin/false -c "" -G "" ada', ['groups', 'comment', 'shell']],
        ],
      });
    });

    test.each([
      ['shell', { shell: '/bin/bash' }, '/bin/sh', '/bin/bash', 'ada:x:2100:2000:Ada:/home/ada:/bin/bash\ncrew adm cdrom'],
      [
        'comment',
        { comment: 'Ada "L" $x, ☃' },
        'Ada',
        'Ada "L" $x, ☃',
        'ada:x:2100:2000:Ada "L" $x, ☃:/home/ada:/bin/bash\ncrew adm cdrom',
      ],
      ['comment', { comment: '' }, 'Ada "L" $x, ☃', '', 'ada:x:2100:2000::/home/ada:/bin/bash\ncrew adm cdrom'],
      ['groups', { groups: ['cdrom'] }, ['adm', 'cdrom'], ['cdrom'], 'ada:x:2100:2000::/home/ada:/bin/bash\ncrew cdrom'],
      [
        'groups',
        { groups: ['audio'], append: true },
        ['cdrom'],
        ['audio', 'cdrom'],
        'ada:x:2100:2000::/home/ada:/bin/bash\ncrew cdrom audio',
      ],
      ['groups', { groups: [] }, ['audio', 'cdrom'], [], 'ada:x:2100:2000::/home/ada:/bin/bash\ncrew'],
      ['group', { group: 'users' }, 'crew', 'users', 'ada:x:2100:100::/home/ada:/bin/bash\nusers'],
      ['uid', { uid: 2101 }, 2100, 2101, 'ada:x:2101:100::/home/ada:/bin/bash\nusers'],
      ['home', { home: '/srv/ada', moveHome: true }, '/home/ada', '/srv/ada', 'ada:x:2101:100::/srv/ada:/bin/bash\nusers'],
    ])('user: a change of %s alone is one change, with before and after', async (field, fields, before, after, line) => {
      const steps = [user({ name: 'ada', ...fields })];
      if (field === 'uid') expect(await sh(ACCOUNTS, 'getent passwd 2101; true'), 'the number is free').toBe('');
      const { plan, applied } = await apply(ACCOUNTS, steps);
      expect(changesOf(applied)).toEqual([[ACCOUNTS, 'lab/user[ada]', field, before, after]]);
      expect(changesOf(plan)).toEqual(changesOf(applied));
      expect(await passwd()).toBe(line);
      expect(await plannedFields(ACCOUNTS, steps)).toEqual([]);
    });

    test('user: the home directory moved with its owner, and goes with the user where that is asked for', async () => {
      expect(await sh(ACCOUNTS, "stat -c '%U %a' /srv/ada; ls -d /home/ada 2>/dev/null || echo moved")).toBe('ada 750\nmoved\n');
      await apply(ACCOUNTS, [user({ name: 'ada', state: 'absent', removeHome: true })]);
      expect(await sh(ACCOUNTS, 'getent passwd ada || echo gone; ls -d /srv/ada 2>/dev/null || echo gone')).toBe('gone\ngone\n');
      expect(await plannedFields(ACCOUNTS, [user({ name: 'ada', state: 'absent' })])).toEqual([]);
    });

    test('user: a system user, and one whose group is missing', async () => {
      await apply(ACCOUNTS, [user({ name: 'lab-daemon', system: true })]);
      expect(
        await sh(
          ACCOUNTS,
          'getent passwd lab-daemon | cut -d: -f6,7; [ "$(id -u lab-daemon)" -lt 1000 ]; ls -d /home/lab-daemon 2>/dev/null || echo none',
        ),
      ).toBe('/nonexistent:/usr/sbin/nologin\nnone\n');
      const { applied } = await attempt(ACCOUNTS, [user({ name: 'eve', group: 'nobody-has-this' })]);
      expect(applied.hosts[0]?.steps[0]).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('there is no group nobody-has-this'),
      });
      expect((await lab().exec(ACCOUNTS, ['getent', 'passwd', 'eve'])).code).toBe(2);
    });

    test('sysctl: live and persistent, each drift by itself, and as it was after a reboot', async () => {
      const fleet = lab();
      const steps = [
        sysctl({ key: 'net.ipv4.ip_forward', value: 1 }),
        sysctl({ key: 'net.ipv4.ip_local_port_range', value: '20000  60000' }),
      ];
      await expectKept(ACCOUNTS, {
        title: '',
        steps,
        look: 'sysctl -n net.ipv4.ip_forward; cat /proc/sys/net/ipv4/ip_local_port_range; cat /etc/sysctl.d/60-drover.conf',
        found: '1\n20000\t60000\nnet.ipv4.ip_forward = 1\nnet.ipv4.ip_local_port_range = 20000 60000\n',
        drifts: [
          ['sysctl -qw net.ipv4.ip_forward=0', ['live']],
          ["sed -i 's/ip_forward = 1/ip_forward = 0/' /etc/sysctl.d/60-drover.conf", ['persistent', 'content']],
          ['sysctl -qw net.ipv4.ip_local_port_range="1024 65535"', ['live']],
        ],
      });
      const boot = await fleet.bootId(ACCOUNTS);
      await fleet.exec(ACCOUNTS, ['systemctl', 'reboot']);
      await fleet.rebooted(ACCOUNTS, boot);
      expect(await sh(ACCOUNTS, 'cat /proc/sys/net/ipv4/ip_forward /proc/sys/net/ipv4/ip_local_port_range')).toBe('1\n20000\t60000\n');
      expect(await plannedFields(ACCOUNTS, steps)).toEqual([]);
    });

    test('sysctl: a parameter that the kernel does not have, or a later file overrides, is refused', async () => {
      await sh(ACCOUNTS, 'echo net.ipv4.tcp_syncookies=0 >/etc/sysctl.d/99-other.conf');
      const { plan } = await attempt(ACCOUNTS, [
        sysctl({ key: 'net.ipv4.no_such', value: 1 }),
        sysctl({ key: 'net.ipv4.tcp_syncookies', value: 1 }),
      ]);
      expect(plan.hosts[0]?.steps.map(({ reason }) => reason)).toEqual([
        expect.stringContaining('the kernel has no parameter net.ipv4.no_such'),
        expect.stringContaining('/etc/sysctl.d/99-other.conf sets net.ipv4.tcp_syncookies to 0'),
      ]);
    });
  },
  HOSTS,
);

const versions = (name = PACKAGES): Promise<string> =>
  sh(name, "dpkg-query -W -f '${Package} ${Version} ${Status}\\n' 'drover-demo*' 2>/dev/null | sed -n 's/ install ok installed//p'; true");
const transactions = (): Promise<string> => sh(PACKAGES, 'grep -c ^Start-Date: /var/log/apt/history.log 2>/dev/null; true');

describeLab(
  'packages from the lab’s apt source',
  () => {
    test('package: an exact version, the newest, and drift in both directions', async () => {
      const old = [pkg({ name: 'drover-demo', version: '1.0' })];
      await expectKept(PACKAGES, {
        title: '',
        steps: old,
        look: 'drover-demo',
        found: 'drover-demo 1.0\n',
        drifts: [
          ['apt-get -q -y install drover-demo=1.1', ['version']],
          ['dpkg -r drover-demo', ['version']],
        ],
      });
      const { applied } = await apply(PACKAGES, [pkg({ name: 'drover-demo', state: 'latest' })]);
      expect(changesOf(applied)).toEqual([[PACKAGES, 'lab/package[drover-demo]', 'version', '1.0', '1.1']]);
      expect(await versions()).toBe('drover-demo 1.1\n');
      expect(await plannedFields(PACKAGES, [pkg({ name: 'drover-demo', state: 'latest' }), pkg({ name: 'drover-demo' })])).toEqual([]);
    });

    test('package: several, in one step or in neighbours, are one transaction', async () => {
      const before = Number((await transactions()).trim());
      const steps = [
        pkg({ names: ['drover-demo-extra', 'drover-demo-slow'] }),
        pkg({ name: 'drover-demo-daemon' }),
        pkg({ name: 'drover-demo', version: '1.0' }),
      ];
      await apply(PACKAGES, steps);
      expect(await versions()).toBe('drover-demo 1.0\ndrover-demo-daemon 1.0\ndrover-demo-extra 1.0\ndrover-demo-slow 1.0\n');
      expect(Number((await transactions()).trim())).toBe(before + 1);
      expect(await plannedFields(PACKAGES, steps)).toEqual([]);
    });

    test('package: what others need is not taken along, unless it is named', async () => {
      const { applied } = await attempt(PACKAGES, [pkg({ name: 'drover-demo', state: 'absent' })]);
      expect(applied.hosts[0]?.steps[0]).toMatchObject({
        outcome: 'failed',
        reason: expect.stringMatching(/would also remove (drover-demo-daemon drover-demo-extra|drover-demo-extra drover-demo-daemon)/),
      });
      expect(await versions()).toContain('drover-demo 1.0\n');
      const steps = [pkg({ names: ['drover-demo', 'drover-demo-daemon', 'drover-demo-extra', 'drover-demo-slow'], state: 'absent' })];
      await apply(PACKAGES, steps);
      expect(await versions()).toBe('');
      expect(await plannedFields(PACKAGES, steps)).toEqual([]);
      // Removed, but with its configuration: that is absent, and comes back as present.
      expect(await sh(PACKAGES, 'cat /etc/drover-demo/daemon.conf')).toBe('colour = blue\n');
    });

    test('package: one whose installation fails is a failed step with the reason, and one that does not exist too', async () => {
      const broken = await attempt(PACKAGES, [pkg({ name: 'drover-demo-broken' }), file({ path: '/root/behind', content: 'x' })]);
      expect(broken.applied.hosts[0]?.steps).toMatchObject([
        {
          outcome: 'failed',
          progress: 'done',
          failure: { exitCode: expect.any(Number), output: expect.stringContaining('drover-demo-broken: this package always fails') },
        },
        { outcome: 'skipped', progress: 'not-started' },
      ]);
      expect(broken.applied.hosts[0]?.steps[0]?.reason).toMatch(/drover-demo-broken/);
      expect(await sh(PACKAGES, 'ls /root/behind 2>/dev/null || echo none')).toBe('none\n');
      // Unpacked but not configured is not installed.
      expect(await plannedFields(PACKAGES, [pkg({ name: 'drover-demo-broken' })])).toEqual(['version']);
      await sh(PACKAGES, 'dpkg --purge --force-all drover-demo-broken');
      const missing = await attempt(PACKAGES, [pkg({ name: 'drover-no-such' })]);
      expect(missing.applied.hosts[0]?.steps[0]).toMatchObject({
        outcome: 'failed',
        reason: expect.stringContaining('Unable to locate package drover-no-such'),
      });
    });
  },
  HOSTS,
);

const DAEMON = 'drover-demo-daemon.service';
const starts = async (): Promise<number> =>
  Number((await sh(SERVICES, `journalctl --sync; journalctl -q -u ${DAEMON} -o cat | grep -c '^Started' || true`)).trim());

describeLab(
  'package, configuration file and service in one play',
  () => {
    const restart = { restart: service({ name: 'drover-demo-daemon', state: 'restarted' }) };
    const steps = (colour: string): Step[] => [
      pkg({ name: 'drover-demo-daemon' }),
      file({
        path: '/etc/drover-demo/daemon.conf',
        content: `colour = ${colour}\n`,
        group: 'drover-demo',
        mode: '0640',
        notify: 'restart',
      }),
      ini({ path: '/etc/drover-demo/daemon.conf', key: 'size', value: 'big', separator: ' = ', notify: 'restart' }),
      service({ name: 'drover-demo-daemon', state: 'running', enabled: true }),
    ];

    test('the plan says what only the apply can know, the apply resolves it, and the handler runs once', async () => {
      const all = steps('red').filter((step) => step.kind !== 'ini');
      const { plan, applied } = await apply(SERVICES, all, restart);
      expect(plan.hosts[0]?.steps.map(({ id, outcome, certainty }) => [id, outcome, certainty])).toEqual([
        ['lab/package[drover-demo-daemon]', 'changed', 'exact'],
        ['lab/file[/etc/drover-demo/daemon.conf]', 'changed', 'after-apply'],
        [`lab/service[${DAEMON}]`, 'changed', 'after-apply'],
        ['lab/handler[restart]', 'changed', 'after-apply'],
      ]);
      expect(applied.hosts[0]?.steps.map(({ outcome, progress }) => [outcome, progress])).toEqual([
        ['changed', 'done'],
        ['changed', 'done'],
        // The package's own script has enabled and started it.
        ['ok', 'planned'],
        ['changed', 'done'],
      ]);
      expectAsPlanned({ plan, applied });
      expect(changesOf(applied, (step) => step.kind === 'file').map((change) => (change as unknown[])[2])).toEqual([
        'content',
        'mode',
        'group',
      ]);
      expect(
        await sh(
          SERVICES,
          `cat /etc/drover-demo/daemon.conf; stat -c '%a %G' /etc/drover-demo/daemon.conf; systemctl is-active ${DAEMON}; systemctl is-enabled ${DAEMON}`,
        ),
      ).toBe('colour = red\n640 drover-demo\nactive\nenabled\n');
      expect(await starts()).toBe(2);
      const second = await apply(SERVICES, all, restart);
      expect(changesOf(second.applied)).toEqual([]);
      expect(second.applied.hosts[0]?.steps.at(-1)).toMatchObject({ outcome: 'skipped', handler: true });
      expect(await starts()).toBe(2);
    });

    test('two steps that notify the same handler make one restart', async () => {
      const edits = [
        line({ path: '/etc/drover-demo/daemon.conf', line: 'one', notify: 'restart' }),
        line({ path: '/etc/drover-demo/daemon.conf', line: 'two', notify: 'restart' }),
      ];
      const { plan, applied } = await apply(SERVICES, edits, restart);
      expect(plan.hosts[0]?.steps.at(-1)).toMatchObject({ certainty: 'exact', notifiedBy: expect.objectContaining({ length: 2 }) });
      expect(changesOf(applied)).toEqual(changesOf(plan));
      expect(await sh(SERVICES, 'cat /etc/drover-demo/daemon.conf')).toBe('colour = red\none\ntwo\n');
      expect(await starts()).toBe(3);
    });

    test('service: running and enabled is kept, stopped and disabled is kept, each drift found', async () => {
      const look = `systemctl is-active ${DAEMON}; systemctl is-enabled ${DAEMON}; true`;
      await expectKept(SERVICES, {
        title: '',
        before: `systemctl stop ${DAEMON}`,
        steps: [service({ name: 'drover-demo-daemon', state: 'running', enabled: true })],
        look,
        found: 'active\nenabled\n',
        drifts: [
          [`systemctl stop ${DAEMON}`, ['active']],
          [`systemctl disable ${DAEMON}`, ['enabled']],
          [`systemctl kill -s KILL ${DAEMON}; sleep 0.3`, ['active']],
        ],
      });
      await expectKept(SERVICES, {
        title: '',
        steps: [service({ name: 'drover-demo-daemon', state: 'stopped', enabled: false })],
        look,
        found: 'inactive\ndisabled\n',
        drifts: [
          [`systemctl start ${DAEMON}`, ['active']],
          [`systemctl enable ${DAEMON}`, ['enabled']],
        ],
      });
    });

    test('service: masked, refused while it is, and unmasked', async () => {
      await expectKept(SERVICES, {
        title: '',
        steps: [service({ name: 'drover-demo-daemon', state: 'stopped', masked: true })],
        look: `readlink /etc/systemd/system/${DAEMON}; systemctl is-active ${DAEMON}; true`,
        found: '/dev/null\ninactive\n',
        drifts: [[`systemctl unmask ${DAEMON}`, ['masked']]],
      });
      const { plan } = await attempt(SERVICES, [service({ name: 'drover-demo-daemon', state: 'running' })]);
      expect(plan.hosts[0]?.steps[0]).toMatchObject({ outcome: 'failed', reason: expect.stringContaining('is masked') });
      const steps = [service({ name: 'drover-demo-daemon', masked: false, enabled: true, state: 'running' })];
      await apply(SERVICES, steps);
      expect(await sh(SERVICES, `systemctl is-active ${DAEMON}; systemctl is-enabled ${DAEMON}`)).toBe('active\nenabled\n');
      expect(await plannedFields(SERVICES, steps)).toEqual([]);
    });

    test('service: one that fails to start is a failed step with the journal’s words, and a unit that is not there is refused', async () => {
      const bad = [
        systemdUnit({ name: 'lab-bad', sections: { Service: { ExecStartPre: '/bin/sh -c "exit 3"', ExecStart: '/bin/sleep infinity' } } }),
        service({ name: 'lab-bad', state: 'running' }),
      ];
      const { applied } = await attempt(SERVICES, bad);
      expect(applied.hosts[0]?.steps.map(({ outcome }) => outcome)).toEqual(['changed', 'failed']);
      expect(applied.hosts[0]?.steps[1]).toMatchObject({
        progress: 'done',
        failure: { action: 'start lab-bad.service', exitCode: 1, output: expect.stringContaining('status=3') },
      });
      const { plan } = await attempt(SERVICES, [service({ name: 'lab-none', state: 'running' })]);
      expect(plan.hosts[0]?.steps[0]?.reason).toBe('no unit lab-none.service on this host');
    });

    test('systemdUnit: with a service behind it planned exactly, drift of the file and of what systemd has read', async () => {
      const unit = '/etc/systemd/system/lab-one.service';
      const steps = [
        systemdUnit({
          name: 'lab-one',
          sections: {
            Unit: { Description: 'Lab "one"' },
            Service: { ExecStart: '/bin/sleep infinity' },
            Install: { WantedBy: 'multi-user.target' },
          },
          notify: 'restart',
        }),
        systemdUnit({ name: 'lab-one', dropIn: 'nice', sections: { Service: { Nice: 5 } }, notify: 'restart' }),
        service({ name: 'lab-one', state: 'running', enabled: true }),
      ];
      const handlers = { restart: service({ name: 'lab-one', state: 'restarted' }) };
      const { plan, applied } = await apply(SERVICES, steps, handlers);
      expect(plan.hosts[0]?.steps.map(({ certainty }) => certainty)).toEqual(['exact', 'exact', 'exact', 'exact']);
      expect(changesOf(applied)).toEqual(changesOf(plan));
      const look = 'systemctl show -p ActiveState -p UnitFileState -p NeedDaemonReload -p Nice -p Description lab-one | sort';
      const found = 'ActiveState=active\nDescription=Lab "one"\nNeedDaemonReload=no\nNice=5\nUnitFileState=enabled\n';
      expect(await sh(SERVICES, look)).toBe(found);
      expect(changesOf((await apply(SERVICES, steps, handlers)).applied)).toEqual([]);
      for (const [spoil, fields] of [
        [`sed -i 's/infinity/1000/' ${unit}`, ['content', 'needs reload', 'restarted']],
        [`sed -i 's/Nice=5/Nice=6/' ${unit}.d/nice.conf; systemctl daemon-reload`, ['content', 'restarted']],
        [`touch ${unit}`, ['needs reload', 'restarted']],
        ['systemctl stop lab-one', ['active']],
        ['systemctl disable lab-one', ['enabled']],
      ] as const) {
        await sh(SERVICES, spoil);
        const again = await apply(SERVICES, steps, handlers);
        expect(
          changesOf(again.plan).map((change) => (change as unknown[])[3 - 1]),
          spoil,
        ).toEqual(fields);
        expect(changesOf(again.applied)).toEqual(changesOf(again.plan));
        expect(await sh(SERVICES, look), spoil).toBe(found);
        expect(changesOf((await apply(SERVICES, steps, handlers)).applied), spoil).toEqual([]);
      }
    });
  },
  HOSTS,
);
