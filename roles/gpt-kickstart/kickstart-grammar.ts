/*
 * What the installers of el6 to el10 know, as tables: after Red Hat's installation guides (6, 7) and the kickstart references of 8, 9, 10,
 * with their lists of deprecated and removed commands and options. "7-9" is from el7 to el9, "8-" from el8 on, "" always.
 */

export const RELEASES = ['el6', 'el7', 'el8', 'el9', 'el10'] as const;
export type Release = (typeof RELEASES)[number];

/** The number of a release: 6 to 10. */
export function generationOf(release: Release): number {
  return Number(release.slice(2));
}

/** True where a range such as `7-9` holds a generation. */
export function inRange(range: string, generation: number): boolean {
  const [from = '', to = ''] = range.split('-');
  return generation >= Number(from === '' ? 6 : from) && generation <= Number(to === '' ? 10 : to);
}

/** Name → range, from words such as `install:6-8`. */
function ranges(...lines: readonly string[]): ReadonlyMap<string, string> {
  return new Map(lines.flatMap((line) => line.split(' ')).map((entry) => [entry.split(':')[0] ?? '', entry.split(':')[1] ?? '']));
}

export const COMMANDS: ReadonlyMap<string, string> = ranges(
  'auth:6-9 authconfig:6-9 authselect:8- autopart autostep:6-8 bootloader btrfs:7-7 cdrom clearpart cmdline device:6-8 deviceprobe:6-8',
  'dmraid:6-8 driverdisk eula:7- fcoe firewall firstboot graphical group halt harddrive hmc:8- ignoredisk install:6-8 interactive:6-6 iscsi',
  'iscsiname key:6-6 keyboard lang liveimg:7- logging logvol mediacheck module:8-9 monitor:6-6 mount:8- multipath:6-8 network nfs nvdimm:8-9',
  'ostreecontainer:9- ostreesetup:7- part partition poweroff pwpolicy:7-9 raid rdp:10- realm:7- reboot repo reqpart:7- rescue rhsm:8- rootpw',
  'selinux services shutdown skipx snapshot:7- sshkey:7- sshpw syspurpose:8-9 text timesource:9- timezone unsupported_hardware:6-7 updates',
  'upgrade:6-7 url user vnc:6-9 volgroup xconfig zerombr zfcp zipl:8-',
);

/** What to write instead of a command that a release does not know. */
export const INSTEAD: ReadonlyMap<string, string> = new Map([
  ['install', 'leave it out: the source (url, nfs, …) says it'],
  ['auth', 'use authselect'],
  ['authconfig', 'use authselect'],
  ['authselect', 'use authconfig'],
  ['timesource', 'use timezone --ntpservers'],
  ['vnc', 'use rdp'],
  ['upgrade', 'upgrade with the tools of the release'],
]);

export const SECTIONS: ReadonlyMap<string, string> = ranges(
  '%packages %pre %post %traceback %addon:7- %anaconda:7-9 %pre-install:8- %onerror:8- %certificate:10-',
);

export const SCRIPTS: ReadonlySet<string> = new Set(['%pre', '%post', '%traceback', '%pre-install', '%onerror']);

export interface Options {
  /** Option → range; a name that ends in `=` takes a value. */
  readonly options: ReadonlyMap<string, string>;
  /** Least and most words that are not options. */
  readonly words: readonly [least: number, most: number];
}

const END: Options = { options: ranges('--eject --kexec:7-'), words: [0, 0] };
const PART: Options = {
  options: ranges(
    '--size= --grow --maxsize= --ondisk= --ondrive= --onpart= --usepart= --fstype= --asprimary --fsoptions= --label= --noformat --fsprofile=',
    '--recommended --encrypted --passphrase= --escrowcert= --backuppassphrase --active:6-8 --resize:7- --hibernation:7- --mkfsoptions=:7-',
    '--start=:6-6 --end=:6-6 --bytes-per-inode=:6-6 --luks-version=:8- --cipher= --pbkdf=:8- --pbkdf-memory=:8- --pbkdf-time=:8-',
  ),
  words: [1, 1],
};
const SCRIPT: Options = { options: ranges('--interpreter= --erroronfail --log= --logfile='), words: [0, 0] };

/** Options of the commands and sections that the role writes itself; what others take is left to the installer. */
export const OPTIONS: ReadonlyMap<string, Options> = new Map<string, Options>([
  ['text', { options: ranges('--non-interactive:8-'), words: [0, 0] }],
  ['lang', { options: ranges('--addsupport=:7-'), words: [1, 1] }],
  ['keyboard', { options: ranges('--vckeymap=:7- --xlayouts=:7- --switch=:7-'), words: [0, 1] }],
  ['timezone', { options: ranges('--utc --isUtc:6-9 --nontp:7-9 --ntpservers=:7-9'), words: [1, 1] }],
  ['rootpw', { options: ranges('--iscrypted --plaintext --lock --allow-ssh:9-'), words: [0, 1] }],
  [
    'url',
    {
      options: ranges('--url= --mirrorlist= --metalink=:8- --proxy= --noverifyssl --sslcacert=:8- --sslclientcert=:8- --sslclientkey=:8-'),
      words: [0, 0],
    },
  ],
  [
    'network',
    {
      options: ranges(
        '--bootproto= --device= --ip= --netmask= --gateway= --nameserver= --hostname= --onboot= --noipv4 --noipv6 --ipv6= --ipv6gateway=:7- --mtu=',
        '--ethtool= --essid= --wepkey= --wpakey=:7- --dhcpclass= --nodns --nodefroute --activate --no-activate:8- --notksdevice:6-6 --bondslaves=',
        '--bondopts= --vlanid= --interfacename=:7- --bridgeslaves=:7- --bridgeopts=:7- --teamslaves=:7-9 --teamconfig=:7-9 --bindto=:8-',
        '--ipv4-dns-search=:9- --ipv6-dns-search=:9- --ipv4-ignore-auto-dns:9- --ipv6-ignore-auto-dns:9-',
      ),
      words: [0, 0],
    },
  ],
  [
    'bootloader',
    {
      options: ranges(
        '--location= --append= --driveorder= --boot-drive=:7- --password= --iscrypted:7- --md5pass=:6-6 --leavebootorder:7- --timeout= --lba32:6-6',
        '--upgrade:6-8 --default=:7- --disabled:7- --nombr:7- --extlinux:7-9',
      ),
      words: [0, 0],
    },
  ],
  ['part', PART],
  ['partition', PART],
  ['ignoredisk', { options: ranges('--drives= --only-use= --interactive:6-8'), words: [0, 0] }],
  ['clearpart', { options: ranges('--all --linux --none --drives= --initlabel --list=:7- --disklabel=:7- --cdl:8-'), words: [0, 0] }],
  ['reboot', END],
  ['poweroff', END],
  ['halt', END],
  ['shutdown', END],
  ['%pre', SCRIPT],
  ['%pre-install', SCRIPT],
  ['%traceback', SCRIPT],
  ['%onerror', SCRIPT],
  ['%post', { options: ranges('--interpreter= --erroronfail --log= --logfile= --nochroot'), words: [0, 0] }],
  [
    '%packages',
    {
      options: ranges(
        '--ignoremissing --excludedocs --default --nobase:6-7 --nocore:7- --multilib:7- --timeout=:7- --retries=:7- --ignorebroken:8-',
        '--instLangs=:7-9 --inst-langs=:9- --excludeWeakdeps:8-9 --exclude-weakdeps:9-',
      ),
      words: [0, 0],
    },
  ],
]);
