import { describe, expect, test } from 'vitest';
import { checkBody, checkKickstart } from '../../../roles/gpt-kickstart/kickstart-check.ts';
import { RELEASES, type Release } from '../../../roles/gpt-kickstart/kickstart-grammar.ts';
import { splitWords } from '../../../roles/gpt-kickstart/kickstart-parse.ts';
import { PARTS_FILE } from '../../../roles/gpt-kickstart/pre-script.ts';
import { diskLines, renderKickstart } from '../../../roles/gpt-kickstart/render.ts';
import { given } from './support/given.ts';

const GOOD = {
  bios: `part biosboot --fstype=biosboot --size=1\npart / --size=4096`,
  uefi: `part /boot/efi --fstype=efi --size=200\npart / --size=4096`,
  el6: 'part / --size=4096',
};
const PACKAGES = '%packages\n@core\nparted\n%end';

/** Problems of a file as `line: message`. */
function check(text: string, release: Release = 'el9', firmware: 'bios' | 'uefi' = 'bios'): string[] {
  return checkKickstart(text, { release, firmware }).map(({ line, message }) => `${line}: ${message}`);
}

describe('what the role renders passes the check', () => {
  const bodies = ['', 'selinux --enforcing\nuser --name=ops\n%post --nochroot --log=/tmp/post.log\n%wheel ALL=(ALL) ALL\n%end\n'];
  const cases = RELEASES.flatMap((release) =>
    (['bios', 'uefi'] as const).flatMap((firmware) => bodies.map((body) => ({ release, firmware, body }))),
  );
  test.each(cases)('$release, $firmware, body $body', (changes) => {
    const params = given(changes);
    const includes = { [PARTS_FILE]: diskLines(params).join('\n') };
    expect(checkKickstart(renderKickstart(params), { ...params, includes })).toEqual([]);
  });
});

describe('a whole file', () => {
  test('is right with partitions of its own', () => {
    expect(check(`text\n${GOOD.bios}\n${PACKAGES}\n`)).toEqual([]);
    expect(check(`text\n${GOOD.uefi}\n${PACKAGES}\n`, 'el9', 'uefi')).toEqual([]);
    expect(check(`text\n${GOOD.el6}\n${PACKAGES}\n`, 'el6')).toEqual([]);
  });

  test.each<[string, string, Release, 'bios' | 'uefi', string]>([
    [
      'clearpart on el6',
      `clearpart --none\n${GOOD.el6}\n${PACKAGES}`,
      'el6',
      'bios',
      '1: no clearpart on el6: its installer then writes an MBR',
    ],
    ['clearpart --all', `${GOOD.bios}\nclearpart --all --disklabel=gpt\n${PACKAGES}`, 'el8', 'bios', '3: clearpart --all would erase'],
    ['clearpart --initlabel', `${GOOD.bios}\nclearpart --none --initlabel\n${PACKAGES}`, 'el7', 'bios', '3: clearpart --initlabel would'],
    ['clearpart --list', `${GOOD.bios}\nclearpart --list=sda1\n${PACKAGES}`, 'el7', 'bios', '3: clearpart --list would erase'],
    [
      'an MBR label',
      `clearpart --none --disklabel=msdos\n${GOOD.bios}\n${PACKAGES}`,
      'el9',
      'bios',
      '1: clearpart --disklabel=msdos is not gpt',
    ],
    [
      'an MBR label, apart',
      `clearpart --disklabel msdos\n${GOOD.bios}\n${PACKAGES}`,
      'el9',
      'bios',
      '1: clearpart --disklabel=msdos is not gpt',
    ],
    ['zerombr', `${GOOD.bios}\nzerombr\n${PACKAGES}`, 'el9', 'bios', '3: zerombr labels every disk'],
    ['no biosboot', `part / --size=1\n${PACKAGES}`, 'el7', 'bios', '1: BIOS, GPT and GRUB 2 need a biosboot partition'],
    ['biosboot on el6', `${GOOD.bios}\n${PACKAGES}`, 'el6', 'bios', '1: el6 boots GPT by its patched GRUB'],
    ['no /boot/efi', `${GOOD.bios}\n${PACKAGES}`, 'el9', 'uefi', '1: UEFI boots from /boot/efi'],
    ['no parted', `${GOOD.bios}\n%packages\n@core\n%end`, 'el9', 'bios', '3: %packages lacks parted'],
    ['parted taken out', `${GOOD.bios}\n%packages\nparted\n-parted\n%end`, 'el9', 'bios', '3: %packages lacks parted'],
    ['no packages', GOOD.bios, 'el9', 'bios', '1: there is no %packages section'],
    ['packages twice', `${GOOD.bios}\n${PACKAGES}\n${PACKAGES}`, 'el9', 'bios', '7: a second %packages section'],
    ['an include nobody writes', `${GOOD.bios}\n%include /tmp/x\n${PACKAGES}`, 'el9', 'bios', '3: no %pre section writes /tmp/x'],
  ])('%s is a problem', (_, text, release, firmware, message) => {
    const problems = check(text, release, firmware);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(message);
  });

  test('lines that %pre writes count: what is wrong in them is found', () => {
    const text = `%include /tmp/parts\n${PACKAGES}\n%pre\necho >/tmp/parts\n%end`;
    const problems = (part: string) => checkKickstart(text, { release: 'el9', firmware: 'bios', includes: { '/tmp/parts': part } });
    expect(problems(GOOD.bios)).toEqual([]);
    expect(problems(`${GOOD.bios}\nzerombr\npart /x --frob`).map(({ message }) => message)).toEqual([
      'part has no option --frob',
      expect.stringMatching(/^zerombr/),
    ]);
  });
});

describe('lines that a user adds', () => {
  const body = (text: string, release: Release = 'el9'): string[] =>
    checkBody(text, { release, firmware: 'bios' }).map(({ line, message }) => `${line}: ${message}`);

  test('may be commands that the release knows, comments, empty lines and sections', () => {
    expect(body('# more\n\nselinux --enforcing\nuser --name="a b"\nvolgroup vg pv.1\n\n%post --erroronfail\nid\n%end\n')).toEqual([]);
    expect(body('')).toEqual([]);
  });

  test.each<[string, Release, string]>([
    ['\nfrobnicate', 'el9', '2: there is no kickstart command frobnicate'],
    ['install', 'el9', '1: el9 does not know install: leave it out: the source (url, nfs, …) says it'],
    ['authselect select sssd', 'el7', '1: el7 does not know authselect: use authconfig'],
    ['authconfig --enableshadow', 'el10', '1: el10 does not know authconfig: use authselect'],
    ['timesource --ntp-server=ntp.example.com', 'el8', '1: el8 does not know timesource: use timezone --ntpservers'],
    ['vnc', 'el10', '1: el10 does not know vnc: use rdp'],
    ['liveimg --url=x', 'el6', '1: el6 does not know liveimg'],
    ['reboot --kexec', 'el6', '1: reboot of el6 does not know --kexec'],
    ['network --frob', 'el9', '1: network has no option --frob'],
    ['network --hostname', 'el9', '1: network --hostname needs a value'],
    ['network --hostname --activate', 'el9', '1: network --hostname needs a value'],
    ['network --activate=yes', 'el9', '1: network --activate takes no value'],
    ['network eth0', 'el9', '1: network takes options only'],
    ['lang', 'el9', '1: lang needs a word besides options'],
    ['lang a b', 'el9', '1: lang takes one word besides options'],
    ['user --name="a', 'el9', '1: a quotation mark is not closed'],
    ['%post --log="a\n%end', 'el9', '1: a quotation mark is not closed'],
    ['%include', 'el9', '1: %include takes one file or URL'],
    ['%ksappend x', 'el9', '1: %ksappend is not for the installer of a release'],
    ['selinux\n%post\nid', 'el9', '2: %post is not closed by %end'],
    ['%post\nid\n%pre\n%end', 'el9', '1: %post is not closed by %end'],
    ['%end', 'el9', '1: %end closes no section'],
    ['%post\n%end\nselinux --disabled', 'el9', '3: commands come before the sections'],
    ['%frob\n%end', 'el9', '1: there is no section %frob'],
    ['%addon x\n%end', 'el6', '1: el6 does not know %addon'],
    ['%anaconda\n%end', 'el10', '1: el10 does not know %anaconda'],
    ['%post --frob\n%end', 'el9', '1: %post has no option --frob'],
    ['%pre --nochroot\n%end', 'el9', '1: %pre has no option --nochroot'],
    ['selinux\r', 'el9', '1: has a control character'],
    ['clearpart --all', 'el6', '1: no clearpart on el6: its installer then writes an MBR label in place of the GPT of %pre'],
    ['clearpart --none', 'el9', '1: clearpart does not belong into body: the role writes it where the release can have it'],
    ['part /x --size=1', 'el9', '1: part does not belong into body: use the parameter partitions'],
    ['autopart', 'el9', '1: autopart does not belong into body: use the parameter partitions'],
    ['bootloader --location=mbr', 'el9', '1: bootloader does not belong into body: the role writes it for the disk'],
    ['ignoredisk --drives=sdb', 'el9', '1: ignoredisk does not belong into body: the role ignores every disk but one'],
    ['%packages\nvim\n%end', 'el9', '1: %packages does not belong into body: use the parameter packages'],
  ])('%j for %s: %s', (text, release, message) => {
    expect(body(text, release)).toEqual([message]);
  });

  test.each(RELEASES)('clearpart with --disklabel: el6 does not know the option, %s', (release) => {
    const known = release !== 'el6';
    expect(body('clearpart --none --disklabel=gpt', release).some((each) => each.includes('does not know --disklabel'))).toBe(!known);
  });

  test('zerombr is refused in every release', () => {
    for (const release of RELEASES) expect(body('zerombr', release)[0]).toMatch(/^1: zerombr labels every disk/);
  });

  test('every problem is told, in the order of the lines', () => {
    expect(body('zerombr\nfoo\n%post\n').map((each) => each.slice(0, 2))).toEqual(['1:', '2:', '3:']);
  });

  test('what looks like a section inside of a script is a line of it', () => {
    expect(body('%post\ncat >/etc/sudoers.d/x <<E\n%wheel ALL=(ALL) ALL\nE\n%end')).toEqual([]);
  });
});

describe('package lines', () => {
  const packages = (line: string): string[] => check(`${GOOD.bios}\n%packages --ignoremissing\nparted\n${line}\n%end`);
  test.each(['@core', '@^minimal-environment', '@Development Tools', '-@fonts', 'vim', '-postfix', 'kernel*', '# why', 'vim # editor', ''])(
    '%j is right',
    (line) => expect(packages(line)).toEqual([]),
  );
  test.each(['two words', '--option', '"quoted"'])('%j is wrong', (line) => expect(packages(line)).toHaveLength(1));
});

test.each<[string, readonly string[] | null]>([
  ['a  b\tc', ['a', 'b', 'c']],
  [`--x="a b" 'c "d"' e\\ f`, ['--x=a b', 'c "d"', 'e f']],
  ['"a\\"b" "\\n"', ['a"b', '\\n']],
  ['""', ['']],
  ['', []],
  ['"a', null],
  ["it's", null],
])('words of %j', (text, words) => expect(splitWords(text)).toEqual(words));
