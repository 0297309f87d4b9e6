import { z } from 'drover';
import { checkBody } from './kickstart-check.ts';
import { generationOf, RELEASES } from './kickstart-grammar.ts';
import { hostName, lineIssues, network, word } from './network-params.ts';

const STABLE = /^\/dev\/disk\/by-(id|path)\/[A-Za-z0-9:._+@-]+$/;
const DEVICE = /^\/dev\/[A-Za-z0-9:._+@/-]+$/;
/** As udev calls partitions by their links, and the kernel by itself. */
const PARTITION = /^\/dev\/(disk\/by-(id|path)\/.*-part\d+|[hsv]d[a-z]+\d+|xvd[a-z]+\d+|(nvme\d+n\d+|mmcblk\d+)p\d+)$/;
/** crypt(5): SHA-256, SHA-512, yescrypt. */
const CRYPTED = /^\$(5|6|y)\$[./A-Za-z0-9$=,]{20,}$/;

const kernelModule = z.string().regex(/^[a-z0-9][a-z0-9_-]*$/, 'must be the name of a kernel module, such as megaraid_sas');
const disk = z.strictObject({
  path: z
    .string()
    .refine(isDevice, 'must be a device below /dev, without . and ..')
    .optional()
    .describe('Its path below /dev/disk/by-id or /dev/disk/by-path'),
  serial: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._:+-]*$/, 'must be the serial number, one word')
    .optional()
    .describe('Its serial number (lsblk -o NAME,SERIAL); together with path both must hold on the machine'),
  allowUnstable: z.boolean().default(false).describe('Accept a path such as /dev/sda, which may be another disk at the next boot'),
});

const partition = z.strictObject({
  mount: z
    .string()
    .regex(
      /^(\/|(\/(?!\.{1,2}(\/|$))[A-Za-z0-9._-]+)+|swap|pv\.[A-Za-z0-9]+|raid\.[A-Za-z0-9]+)$/,
      'must be a mount point such as /srv, swap, pv.NAME or raid.NAME',
    )
    .describe('Mount point, or swap, pv.NAME (volgroup and logvol lines then go into body), raid.NAME'),
  size: z.int().min(1).describe('MiB, or the least size with grow'),
  grow: z.boolean().default(false).describe('Take what is left of the disk'),
  maxSize: z.int().min(1).optional().describe('MiB that grow stops at'),
  fstype: word.optional().describe('Default: the release’s own (ext4, from el7 on xfs), swap for swap'),
  options: word.optional().describe('Mount options, comma-separated'),
});

const driverOrder = z.strictObject({
  first: z.array(kernelModule).min(1).describe('Drivers that are loaded before all others, in this order: that of the internal disks'),
  blacklist: z.array(kernelModule).default([]).describe('Drivers that are not loaded during the installation (from el7 on)'),
});

const shape = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9_-]+)*$/, 'must be letters, digits, ".", "_" and "-"')
    .describe('The files are NAME.ks and NAME.args'),
  release: z.enum(RELEASES).describe('Major release of RHEL, CentOS, Rocky, Alma that is installed'),
  disk: disk.describe('The one disk that is labelled and installed to; all others are ignored'),
  onExisting: z
    .enum(['abort', 'keep'])
    .default('abort')
    .describe(
      'When anything is found on the disk: abort stops the installation; keep leaves a disk that is GPT as it is and uses its free space',
    ),
  firmware: z.enum(['bios', 'uefi']).default('bios').describe('bios adds a biosboot partition (from el7 on), uefi adds /boot/efi'),
  source: z
    .string()
    .regex(/^(https?|ftp):\/\/[^\s"'\\]+$/, 'must be an http, https or ftp URL')
    .describe('URL of the installation tree'),
  rootPassword: z
    .string()
    .regex(
      CRYPTED,
      'must be crypted ($5$, $6$ or $y$), as openssl passwd -6 prints it; a plain password would stand in a file served by HTTP',
    )
    .describe('root’s password, crypted (openssl passwd -6); never in plain'),
  language: z
    .string()
    .regex(/^[a-z]{2,3}_[A-Z]{2}(\.[A-Za-z0-9-]+)?$/, 'must be like en_US.UTF-8')
    .default('en_US.UTF-8')
    .describe('Language of the system'),
  keyboard: z
    .string()
    .regex(/^[a-z0-9_-]+$/, 'must be a key map, such as us')
    .default('us')
    .describe('Key map of the console'),
  timezone: z
    .string()
    .regex(/^[A-Za-z0-9_+-]+(\/[A-Za-z0-9_+-]+)*$/, 'must be like Europe/London')
    .default('UTC')
    .describe('Time zone, such as Europe/London; the hardware clock is taken to be UTC'),
  network: z
    .array(network)
    .min(1)
    .default([{ bootproto: 'dhcp', nameservers: [], onboot: true }])
    .describe('One network line each'),
  partitions: z
    .array(partition)
    .min(1)
    .optional()
    .describe('Default: /boot 1024, swap 2048, / with the rest; biosboot and /boot/efi are added by the role'),
  packages: z
    .array(
      z.string().regex(/^-?(@\^?)?[A-Za-z0-9][A-Za-z0-9 ._+*:/-]*$/, 'must be a package, @group or @^environment, or one of them after -'),
    )
    .default(['@core'])
    .describe('Packages, @groups, @^environments; parted is always added'),
  afterwards: z.enum(['reboot', 'poweroff', 'halt']).default('reboot').describe('What the machine does when it is installed'),
  body: z
    .string()
    .default('')
    .describe('More lines: commands first, then sections (%post … %end). Checked; clearpart, zerombr and part are refused'),
  driverOrder: driverOrder
    .optional()
    .describe('Order of the storage drivers in the installer, so that internal disks come first; goes into NAME.args'),
  address: z
    .union([z.ipv4(), z.ipv6(), hostName('must be a host name or address')], 'must be a host name or address')
    .describe('Name or address by which the machines reach this host'),
  port: z.int().min(1).max(65_535).default(80).describe('TCP port of the HTTP server'),
  serve: z.boolean().default(true).describe('false: only write the files, something else serves them'),
  allowFrom: z
    .array(z.union([z.cidrv4(), z.cidrv6(), z.ipv4(), z.ipv6()]))
    .min(1)
    .optional()
    .describe('Networks that may fetch the files; needed with serve, and no default is right: the file holds a crypted password'),
  directory: z
    .string()
    .regex(/^(\/[A-Za-z0-9][A-Za-z0-9._-]*){2,}$/, 'must be an absolute path at least two deep, without spaces')
    .optional()
    .describe('Document root. Default: /srv/kickstart; on Red Hat /var/www/kickstart, where SELinux lets a web server read'),
  group: z
    .string()
    .regex(/^[a-z_][a-z0-9_-]*$/, 'must be a group name')
    .optional()
    .describe('Group that may read the files. Default: nginx’s; root where serve is false'),
});

/** Checked parameters of the role. */
export type Params = z.output<typeof shape>;

function isDevice(path: string): boolean {
  return DEVICE.test(path) && !path.split('/').some((part) => part === '.' || part === '..');
}

interface Issue {
  readonly path: PropertyKey[];
  readonly message: string;
}

/** The role's parameters; what one of them demands of another is checked as well. */
export const params = shape.superRefine((value, context) => {
  const issues = [...diskIssues(value), ...releaseIssues(value), ...networkIssues(value), ...partitionIssues(value), ...bodyIssues(value)];
  if (value.serve && value.allowFrom === undefined) {
    issues.push({ path: ['allowFrom'], message: 'say which networks may fetch the files, or serve: false' });
  }
  for (const issue of issues) context.addIssue({ code: 'custom', ...issue });
});

function diskIssues({ disk: { path, serial, allowUnstable } }: Params): Issue[] {
  if (path === undefined) return serial === undefined ? [{ path: ['disk'], message: 'needs path, serial or both' }] : [];
  // What is no device at all has been told already.
  if (!isDevice(path)) return [];
  if (PARTITION.test(path)) return [{ path: ['disk', 'path'], message: 'is a partition: the label belongs on the whole disk, name that' }];
  if (allowUnstable || STABLE.test(path)) return [];
  const message =
    'must be below /dev/disk/by-id or /dev/disk/by-path: other names move between disks; allowUnstable: true accepts it all the same';
  return [{ path: ['disk', 'path'], message }];
}

function releaseIssues({ release, rootPassword, driverOrder: order, packages }: Params): Issue[] {
  const generation = generationOf(release);
  const issues: Issue[] = [];
  if (rootPassword.startsWith('$y$') && generation < 9) {
    issues.push({ path: ['rootPassword'], message: `${release} does not know yescrypt; use $6$` });
  }
  if (generation === 6 && (order?.blacklist.length ?? 0) > 0) {
    issues.push({ path: ['driverOrder', 'blacklist'], message: 'is for el7 and later; on el6 the role adds nostorage and driverload' });
  }
  issues.push(...driverIssues(order));
  const without = packages.indexOf('-parted');
  if (without >= 0) {
    issues.push({ path: ['packages', without], message: 'parted stays: the fdisk of a minimal installation does not understand GPT' });
  }
  return issues;
}

function driverIssues({ first, blacklist }: NonNullable<Params['driverOrder']> = { first: [], blacklist: [] }): Issue[] {
  // The kernel takes - and _ in the name of a module for the same.
  const plain = first.map((name) => name.replaceAll('-', '_'));
  const path = (key: string, index: number): PropertyKey[] => ['driverOrder', key, index];
  return [
    ...plain.flatMap((name, index) => (plain.indexOf(name) < index ? [{ path: path('first', index), message: 'is there twice' }] : [])),
    ...blacklist.flatMap((name, index) =>
      plain.includes(name.replaceAll('-', '_')) ? [{ path: path('blacklist', index), message: 'is among first as well' }] : [],
    ),
  ];
}

function networkIssues({ network: lines }: Params): Issue[] {
  return lines.flatMap((line, index) => lineIssues(line).map(({ key, message }) => ({ path: ['network', index, key], message })));
}

const OWN_MOUNTS: ReadonlySet<string> = new Set(['/boot/efi', 'biosboot']);

function partitionIssues({ partitions = [] }: Params): Issue[] {
  const mounts = partitions.map(({ mount }) => mount);
  const issues = mounts.flatMap((mount, index): Issue[] => {
    const path = ['partitions', index, 'mount'];
    if (OWN_MOUNTS.has(mount)) return [{ path, message: 'is added by the role (firmware)' }];
    return mount !== 'swap' && mounts.indexOf(mount) < index ? [{ path, message: 'is there twice' }] : [];
  });
  issues.push(
    ...partitions.flatMap((each, index) => sizeIssues(each).map((message) => ({ path: ['partitions', index, 'maxSize'], message }))),
  );
  const hasRoot = mounts.some((mount) => mount === '/' || mount.startsWith('pv.') || mount.startsWith('raid.'));
  if (mounts.length > 0 && !hasRoot)
    issues.push({ path: ['partitions'], message: 'needs / (or pv.NAME, raid.NAME for what body makes of it)' });
  return issues;
}

function sizeIssues({ size, grow, maxSize }: z.output<typeof partition>): string[] {
  if (maxSize === undefined) return [];
  if (!grow) return ['is for grow: true'];
  return maxSize < size ? ['is less than size'] : [];
}

function bodyIssues({ body, release, firmware }: Params): Issue[] {
  return checkBody(body, { release, firmware }).map(({ line, message }) => ({ path: ['body'], message: `line ${line}: ${message}` }));
}
