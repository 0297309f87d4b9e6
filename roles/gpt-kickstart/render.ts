import { generationOf } from './kickstart-grammar.ts';
import { parseKickstart } from './kickstart-parse.ts';
import type { Params } from './params.ts';
import { DISK, LOG_FILE, PARTS_FILE, preScript } from './pre-script.ts';

/** The whole kickstart file. */
export function renderKickstart(params: Params): string {
  const { head, tail } = splitBody(params.body);
  return [
    `# ${params.name}: ${params.release}, GPT on one disk (role gpt-kickstart; changes made here are undone)`,
    ...commandLines(params, head),
    `%include ${PARTS_FILE}`,
    ...head,
    '',
    '%packages',
    ...packageLines(params.packages),
    '%end',
    '',
    `%pre --erroronfail --interpreter=/bin/sh --log=${LOG_FILE}`,
    `${preScript(params, diskLines(params))}%end`,
    ...(tail.length === 0 ? [] : ['', ...tail]),
    '',
  ].join('\n');
}

/** Lines that name the disk, with `$name` for it: `%pre` writes them. */
export function diskLines(params: Params): readonly string[] {
  const isOld = generationOf(params.release) === 6;
  return [
    `ignoredisk --only-use=${DISK}`,
    `bootloader --location=mbr ${isOld ? '--driveorder' : '--boot-drive'}=${DISK}`,
    ...bootPartition(params),
    ...(params.partitions ?? defaultPartitions()).map((each) => partLine(each, isOld)),
  ];
}

/** The boot arguments: where the kickstart is, GPT where the installer can be told, and the order of the drivers. One line. */
export function renderArgs(params: Params): string {
  const generation = generationOf(params.release);
  const { first, blacklist } = params.driverOrder ?? { first: [], blacklist: [] };
  if (generation === 6) {
    // sd_mod goes first as well: the disks of the first driver shall be named before the next one is loaded.
    const order =
      first.length === 0 ? [] : ['nostorage', `driverload=${['sd_mod', ...first.filter((each) => each !== 'sd_mod')].join(':')}`];
    return `${[`ks=${kickstartUrl(params)}`, ...order].join(' ')}\n`;
  }
  // inst.gpt is not for UEFI, which is always GPT.
  const label = generation >= 10 ? ['inst.disklabel=gpt'] : params.firmware === 'bios' ? ['inst.gpt'] : [];
  const order = first.map((each) => `rd.driver.pre=${each}`);
  const without = blacklist.length === 0 ? [] : [`modprobe.blacklist=${blacklist.join(',')}`];
  return `${[`inst.ks=${kickstartUrl(params)}`, ...label, ...order, ...without].join(' ')}\n`;
}

/** URL of the kickstart file. */
export function kickstartUrl({ address, port, name }: Pick<Params, 'address' | 'port' | 'name'>): string {
  return `http://${urlHost(address)}${port === 80 ? '' : `:${port}`}/${name}.ks`;
}

/** An address as URLs and nginx's server_name have it: IPv6 in brackets. */
export function urlHost(address: string): string {
  return address.includes(':') ? `[${address}]` : address;
}

function commandLines(params: Params, head: readonly string[]): readonly string[] {
  const isOld = generationOf(params.release) === 6;
  const hasMode = head.some((line) => /^\s*(text|graphical|cmdline|vnc|rdp)\b/.test(line));
  return [
    ...(hasMode ? [] : ['text']),
    `lang ${params.language}`,
    isOld ? `keyboard ${params.keyboard}` : `keyboard --vckeymap=${params.keyboard}`,
    `timezone --utc ${params.timezone}`,
    `rootpw --iscrypted ${params.rootPassword}`,
    `url --url=${params.source}`,
    ...params.network.map(networkLine),
    // The label is made by %pre. Nothing may be cleared: on el6 that would bring the MBR back, so there is not even a line that says none.
    ...(isOld ? [] : ['clearpart --none --disklabel=gpt']),
    params.afterwards,
  ];
}

function networkLine({ bootproto, device, ip, netmask, gateway, nameservers, hostname, onboot }: Params['network'][number]): string {
  const options = { device, ip, netmask, gateway, nameserver: nameservers.join(',') || undefined, hostname, onboot: onboot ? 'yes' : 'no' };
  const words = Object.entries(options).flatMap(([key, value]) => (value === undefined ? [] : [`--${key}=${value}`]));
  return ['network', `--bootproto=${bootproto}`, ...words].join(' ');
}

function packageLines(packages: readonly string[]): readonly string[] {
  return [...new Set([...packages, 'parted'])];
}

type Partition = NonNullable<Params['partitions']>[number];

function defaultPartitions(): readonly Partition[] {
  return [
    { mount: '/boot', size: 1024, grow: false },
    { mount: 'swap', size: 2048, grow: false },
    { mount: '/', size: 4096, grow: true },
  ];
}

function bootPartition({ firmware, release }: Params): readonly string[] {
  const isOld = generationOf(release) === 6;
  if (firmware === 'uefi') return [`part /boot/efi --fstype=efi --size=${isOld ? 200 : 600} --ondisk=${DISK}`];
  // GRUB of el6 is patched to boot GPT; GRUB 2 keeps its core image in this partition.
  return isOld ? [] : [`part biosboot --fstype=biosboot --size=1 --ondisk=${DISK}`];
}

function partLine({ mount, size, grow, maxSize, fstype, options }: Partition, isOld: boolean): string {
  const own = mount === 'swap' ? 'swap' : isOld ? 'ext4' : 'xfs';
  const type = fstype ?? (/^(pv|raid)\./.test(mount) ? undefined : own);
  return [
    `part ${mount}`,
    ...(type === undefined ? [] : [`--fstype=${type}`]),
    ...(options === undefined ? [] : [`--fsoptions=${options}`]),
    `--size=${size}`,
    ...(grow ? ['--grow'] : []),
    ...(maxSize === undefined ? [] : [`--maxsize=${maxSize}`]),
    `--ondisk=${DISK}`,
  ].join(' ');
}

/** The commands of the body, and its sections from the first one on. */
function splitBody(body: string): { readonly head: readonly string[]; readonly tail: readonly string[] } {
  const lines = body.trimEnd() === '' ? [] : body.trimEnd().split('\n');
  const first = parseKickstart(body).sections[0];
  const at = first === undefined ? lines.length : first.line.number - 1;
  const last = lines.slice(0, at).findLastIndex((line) => line.trim() !== '');
  return { head: lines.slice(0, last + 1), tail: lines.slice(at) };
}
