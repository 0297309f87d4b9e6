import { expect, test } from 'vitest';
import { absent } from '../../src/steps/absent.ts';
import { block } from '../../src/steps/block.ts';
import { command } from '../../src/steps/command.ts';
import { directory } from '../../src/steps/directory.ts';
import { file } from '../../src/steps/file.ts';
import { group } from '../../src/steps/group.ts';
import { ini } from '../../src/steps/ini.ts';
import { line } from '../../src/steps/line.ts';
import { link } from '../../src/steps/link.ts';
import { sysctl } from '../../src/steps/sysctl.ts';
import { user } from '../../src/steps/user.ts';
import { apply, expectKept, type KindCase, plannedFields, sh } from './kind-case.ts';
import { describeLab } from './lab.ts';

const HOST = 'busybox';
/** What busybox's own tools say of a path. */
const stat = (path: string): string => `stat -c '%F %a %U %G' '${path}'`;
const BINARY = Buffer.from([0, 1, 255, 10, 0, 128, 39, 34, 10]);

const CASES: readonly KindCase[] = [
  {
    title: 'file',
    steps: [file({ path: '/etc/lab.conf', content: "it's $HOME \\n `x`\nno end", mode: '0640', owner: 'root', group: 'root' })],
    look: `cat /etc/lab.conf; ${stat('/etc/lab.conf')}`,
    found: "it's $HOME \\n `x`\nno endregular file 640 root root\n",
    drifts: [
      ['echo more >>/etc/lab.conf', ['content']],
      ['chmod 600 /etc/lab.conf', ['mode']],
      ['chown 7:9 /etc/lab.conf', ['owner', 'group']],
      ['rm /etc/lab.conf', ['type', 'content', 'mode', 'owner', 'group']],
    ],
  },
  {
    title: 'file of bytes, under a name with a space, a quote and a newline',
    steps: [file({ path: "/root/-a 'b\nc", content: BINARY, mode: '4755' })],
    look: `cd /root; base64 ./-a*; stat -c '%a' ./-a*`,
    found: `${BINARY.toString('base64')}\n4755\n`,
    drifts: [
      ['cd /root; for f in ./-a*; do printf x >>"$f"; done', ['content']],
      ['cd /root; chmod 755 ./-a*', ['mode']],
    ],
  },
  {
    title: 'empty file',
    steps: [file({ path: '/root/empty', content: '' })],
    look: 'wc -c </root/empty',
    found: '0\n',
    drifts: [['echo >/root/empty', ['content']]],
  },
  {
    title: 'directory',
    steps: [directory({ path: '/srv/a/b', mode: '2770', group: 'root', parents: true })],
    look: stat('/srv/a/b'),
    found: 'directory 2770 root root\n',
    drifts: [
      ['chmod 700 /srv/a/b; chmod g-s /srv/a/b', ['mode']],
      ['rmdir /srv/a/b', ['type', 'mode', 'owner', 'group']],
    ],
  },
  {
    title: 'link',
    steps: [link({ path: '/root/link', target: 'some where' })],
    look: 'readlink /root/link',
    found: 'some where\n',
    drifts: [
      ['ln -sfn elsewhere /root/link', ['target']],
      ['rm /root/link', ['type', 'target', 'owner', 'group']],
    ],
  },
  {
    title: 'absent',
    before: 'mkdir -p /root/gone/below; echo x >/root/gone/below/file; echo y >/root/gone-too',
    steps: [absent({ path: '/root/gone', recursive: true }), absent({ path: '/root/gone-too' })],
    look: 'ls -d /root/gone* 2>/dev/null || echo none',
    found: 'none\n',
    drifts: [['echo z >/root/gone-too', ['type', 'content', 'mode', 'owner', 'group']]],
  },
  {
    title: 'line, block and ini in one file, without a final newline, with bytes that are no UTF-8',
    before: `printf '# head\\n[main]\\nkey=old\\n\\377 odd\\nlast' >/etc/mixed.ini`,
    steps: [
      line({ path: '/etc/mixed.ini', line: '# tail', match: /^# tail/ }),
      block({ path: '/etc/mixed.ini', name: 'lab', block: 'one\ntwo' }),
      ini({ path: '/etc/mixed.ini', section: 'main', key: 'key', value: 'new value' }),
    ],
    look: 'base64 /etc/mixed.ini | tr -d "\\n"',
    found: Buffer.from(
      '# head\n[main]\nkey=new value\n\xff odd\nlast\n# tail\n# BEGIN drover lab\none\ntwo\n# END drover lab\n',
      'latin1',
    ).toString('base64'),
    drifts: [
      ["sed -i 's/^two/three/' /etc/mixed.ini", ['content']],
      ["sed -i 's/^key=.*/key=other/' /etc/mixed.ini", ['main.key', 'content']],
      ["sed -i '/^# tail/s/tail/tail changed/' /etc/mixed.ini", ['content']],
    ],
  },
  {
    title: 'group',
    steps: [group({ name: 'staff', gid: 1500 })],
    look: 'grep ^staff: /etc/group',
    found: 'staff:x:1500:\n',
    drifts: [
      ["sed -i 's/^staff:x:1500/staff:x:1600/' /etc/group", ['gid']],
      ["sed -i '/^staff:/d' /etc/group", ['exists', 'gid']],
    ],
  },
  {
    title: 'user with a group, supplementary groups and a home directory',
    steps: [
      group({ name: 'ops', gid: 1700 }),
      user({ name: 'ada', uid: 1800, groups: ['ops'], comment: 'Ada \\ "L"', shell: '/bin/sh', homeMode: '0750' }),
    ],
    look: `grep ^ada: /etc/passwd; cut -d: -f1,2 /etc/shadow | grep ^ada; grep ^ops: /etc/group; ${stat('/home/ada')}`,
    found: 'ada:x:1800:1800:Ada \\ "L":/home/ada:/bin/sh\nada:!\nops:x:1700:ada\ndirectory 750 ada ada\n',
    drifts: [
      ["sed -i '/^ada:/s,/bin/sh$,/bin/false,' /etc/passwd", ['shell']],
      ["sed -i '/^ada:/s,Ada,Eve,' /etc/passwd", ['comment']],
      ["sed -i '/^ops:/s/ada//' /etc/group", ['groups']],
      ["sed -i '/^ada:/s,:1800:1800:,:1801:1800:,' /etc/passwd; chown 1801 /home/ada", ['uid']],
    ],
  },
  {
    title: 'sysctl, live and persistent',
    before: 'mkdir -p /etc/sysctl.d',
    steps: [sysctl({ key: 'net.ipv4.ip_forward', value: 1 })],
    look: 'cat /proc/sys/net/ipv4/ip_forward /etc/sysctl.d/60-drover.conf',
    found: '1\nnet.ipv4.ip_forward = 1\n',
    drifts: [
      ['echo 0 >/proc/sys/net/ipv4/ip_forward', ['live']],
      ["sed -i 's/1$/0/' /etc/sysctl.d/60-drover.conf", ['persistent', 'content']],
    ],
  },
  {
    title: 'command with creates, in a directory',
    steps: [command({ name: 'make', command: ['touch', 'made here'], creates: '/root/made here', directory: '/root' })],
    look: 'ls -d "/root/made here"',
    found: '/root/made here\n',
    drifts: [['rm "/root/made here"', ['run']]],
  },
  {
    title: 'command with unless and with onlyIf',
    before: 'echo old >/root/state',
    steps: [
      command({ name: 'unless', command: 'echo new >/root/state', unless: 'grep -qx new /root/state' }),
      command({ name: 'only', command: 'rm /root/leftover', onlyIf: 'test -e /root/leftover' }),
    ],
    look: 'cat /root/state; ls /root/leftover 2>/dev/null || echo none',
    found: 'new\nnone\n',
    drifts: [
      ['echo old >/root/state', ['run']],
      ['touch /root/leftover', ['run']],
    ],
  },
];

describeLab('a host with busybox and dropbear only', () => {
  test.each(CASES)('$title: applied, kept by a second apply, found and repaired after drift', async (each) => {
    await expectKept(HOST, each);
  });

  test('user and group are removed again, and nothing of them stays in the account files', async () => {
    await apply(HOST, [user({ name: 'ada', state: 'absent', removeHome: true }), group({ name: 'ops', state: 'absent' })]);
    expect(await sh(HOST, 'grep -l -e ada -e ops /etc/passwd /etc/shadow /etc/group /etc/gshadow 2>/dev/null; ls /home')).toBe('');
    expect(await plannedFields(HOST, [user({ name: 'ada', state: 'absent' }), group({ name: 'ops', state: 'absent' })])).toEqual([]);
  });

  test('nothing of drover’s is left on the host', async () => {
    expect(await sh(HOST, 'find / -xdev -name ".drover*"; find /tmp /run -name "*drover*"')).toBe('');
  });
}, [HOST]);
