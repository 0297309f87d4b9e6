import type { BaseFacts, InitSystem, InterfaceAddress, NetworkSystem, OsFamily, PackageManager } from '../model/fact.ts';
import type { ReadScript } from '../model/transport.ts';

/** Reads the base facts with few processes: sections of plain text, each behind a line `@name`. */
export const BASE_SCRIPT: ReadScript = {
  kind: 'read',
  text: `
echo @uname; uname -snrm
echo @boot; for o in /etc/os-release /usr/lib/os-release; do [ ! -e $o ] || break; done; cat /proc/sys/kernel/random/boot_id $o 2>/dev/null
[ -e $o ] || echo "LEGACY='$(cat /etc/redhat-release 2>/dev/null)'"
echo @init
if [ -d /run/systemd/system ]; then echo systemd
elif [ -x /sbin/openrc-run ]; then echo openrc
elif [ -d /etc/init.d ]; then echo sysv; else echo none; fi
echo @packages
for m in apt-get dnf yum apk; do command -v $m >/dev/null 2>&1 && { echo $m; break; }; done
echo @network
if [ -d /run/NetworkManager ]; then echo networkmanager
elif [ -e /run/systemd/netif/state ]; then echo networkd
elif [ -e /run/network/ifstate ] || [ -e /etc/network/interfaces ]; then echo ifupdown
elif [ -d /etc/sysconfig/network-scripts ]; then echo ifcfg; else echo unknown; fi
echo @addresses; ip -o addr show 2>/dev/null
echo @ssh; echo "$SSH_CONNECTION"
echo @id; i=$(id); echo "$i"; u=\${i%%)*}; u=\${u#*(}; case $u in *[!A-Za-z0-9._-]*|'') ;; *) eval "echo ~$u";; esac
echo @tools; if command -v busybox >/dev/null 2>&1; then case "$(ls --help 2>&1)" in *BusyBox*) echo busybox;; esac; fi
`,
};

/** Base facts from what BASE_SCRIPT prints. Throws when the output is not that of the script. */
export function parseBase(stdout: Buffer): BaseFacts {
  const sections = sectionsOf(stdout.toString('utf8'));
  const section = (name: string): readonly string[] => sections.get(name) ?? [];
  // uname(1) prints its parts in this order, whatever the order of the options.
  const [kernelName = '', hostname = '', release = '', machine = ''] = (section('uname')[0] ?? '').split(' ');
  if (kernelName === '') throw new Error('the host did not answer the first read (no uname output)');
  return {
    hostname,
    kernel: { name: kernelName, release, machine },
    os: parseOs(section('boot')),
    init: (section('init')[0] ?? 'none') as InitSystem,
    packageManager: packageManager(section('packages')[0]),
    network: (section('network')[0] ?? 'unknown') as NetworkSystem,
    addresses: section('addresses').flatMap(parseAddress),
    bootId: section('boot').find((line) => /^[0-9a-f-]{36}$/.test(line)) ?? '',
    sshConnection: parseSshConnection(section('ssh')[0]),
    as: parseId(section('id')),
    busybox: section('tools')[0] === 'busybox',
  };
}

function sectionsOf(text: string): Map<string, string[]> {
  const sections = new Map<string, string[]>();
  let current: string[] = [];
  for (const line of text.split('\n')) {
    const name = /^@([a-z]+)$/.exec(line)?.[1];
    if (name === undefined) current.push(line);
    else {
      current = [];
      sections.set(name, current);
    }
  }
  return sections;
}

/** os-release(5): shell-like assignments, values may be quoted. */
function parseOs(lines: readonly string[]): BaseFacts['os'] {
  const fields = new Map<string, string>();
  for (const line of lines) {
    const match = /^([A-Z_]+)=(?:"([^"]*)"|'([^']*)'|(.*))$/.exec(line);
    if (match) fields.set(match[1] ?? '', match[2] ?? match[3] ?? match[4] ?? '');
  }
  const legacy = fields.get('LEGACY');
  if (legacy !== undefined) return legacyOs(legacy);
  const id = fields.get('ID') ?? '';
  const idLike = (fields.get('ID_LIKE') ?? '').split(' ').filter((word) => word !== '');
  return {
    family: familyOf([id, ...idLike]),
    id,
    idLike,
    version: fields.get('VERSION_ID') ?? '',
    codename: fields.get('VERSION_CODENAME') ?? '',
    name: fields.get('PRETTY_NAME') ?? id,
  };
}

/** Red Hat's releases before os-release (7) have one line in /etc/redhat-release, such as `CentOS release 5.11 (Final)`. */
function legacyOs(line: string): BaseFacts['os'] {
  const version = /release ([\d.]+)/.exec(line)?.[1] ?? '';
  const id = line === '' ? '' : line.toLowerCase().startsWith('centos') ? 'centos' : 'rhel';
  return { family: familyOf([id]), id, idLike: [], version, codename: '', name: line };
}

const FAMILIES: readonly (readonly [OsFamily, readonly string[]])[] = [
  ['debian', ['debian', 'ubuntu']],
  ['redhat', ['rhel', 'centos', 'fedora']],
  ['alpine', ['alpine']],
  ['suse', ['suse', 'sles', 'opensuse']],
  ['arch', ['arch']],
];

function familyOf(ids: readonly string[]): OsFamily {
  return FAMILIES.find(([, names]) => ids.some((id) => names.includes(id)))?.[0] ?? 'other';
}

function packageManager(name: string | undefined): PackageManager {
  switch (name) {
    case 'apt-get':
      return 'apt';
    case 'dnf':
    case 'yum':
    case 'apk':
      return name;
    default:
      return 'none';
  }
}

/** A line of `ip -o addr show` (ip-address(8)); the label follows the scope when it is an IPv4 one. */
export function parseAddress(line: string): InterfaceAddress[] {
  const match = /^\d+:\s+(\S+)\s+(inet6?)\s+([0-9a-f.:]+)(?:\s+peer\s+\S+?)?\/(\d+)(.*)$/.exec(line);
  if (match === null) return [];
  const [, name = '', family, address = '', prefix = '', rest = ''] = match;
  const scope = /\bscope (\S+)/.exec(rest)?.[1] ?? '';
  const label =
    family === 'inet'
      ? (/\bscope \S+(?: (?!\\)(?:secondary|dynamic|noprefixroute|deprecated|tentative|permanent))* ([^\s\\]+)/.exec(rest)?.[1] ?? null)
      : null;
  return [{ interface: name, family: family === 'inet' ? 'ipv4' : 'ipv6', address, prefix: Number(prefix), scope, label }];
}

/** `client cport server sport` (ssh(1), ENVIRONMENT). */
function parseSshConnection(line: string | undefined): BaseFacts['sshConnection'] {
  const [client, , server, port] = (line ?? '').split(' ');
  if (client === undefined || server === undefined || port === undefined) return null;
  return { client, server, serverPort: Number(port) };
}

function parseId(lines: readonly string[]): BaseFacts['as'] {
  const match = /^uid=(\d+)(?:\(([^)]*)\))? gid=(\d+)(?:\(([^)]*)\))?/.exec(lines[0] ?? '');
  const [, uid = '', user, gid = '', group] = match ?? [];
  return { user: user ?? uid, group: group ?? gid, uid: Number(uid), home: lines[1] ?? '' };
}
