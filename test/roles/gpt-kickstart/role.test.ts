import { describe, expect, test } from 'vitest';
import { params } from '../../../roles/gpt-kickstart/params.ts';
import role from '../../../roles/gpt-kickstart/role.ts';
import { testBase } from '../../steps/support/host.ts';
import { given, LEAST } from './support/given.ts';

const HOST = { name: 'install01', groups: [], vars: {} };

/** Steps as `kind subject`, and what they want. */
function stepsOn(family: 'debian' | 'redhat', changes: Readonly<Record<string, unknown>> = {}): Record<string, Record<string, unknown>> {
  const base = testBase(false);
  const made = role.steps({
    params: given(changes),
    facts: { ...base, os: { ...base.os, family } },
    allow: { reboot: false, disconnect: false },
    host: HOST,
  });
  if ('refused' in made) throw new Error(made.refused);
  return Object.fromEntries(
    made.steps.map((step) => [`${step.kind} ${step.subject}`, Object.fromEntries(step.wants.map(({ field, after }) => [field, after]))]),
  );
}

test('on Debian: nginx, the files for root and www-data alone, the site and its link', () => {
  const steps = stepsOn('debian');
  expect(Object.keys(steps)).toEqual([
    'package nginx',
    'directory /srv/kickstart',
    'file /srv/kickstart/web.ks',
    'file /srv/kickstart/web.args',
    'file /etc/nginx/sites-available/gpt-kickstart',
    'link /etc/nginx/sites-enabled/gpt-kickstart',
    'service nginx.service',
  ]);
  expect(steps['file /srv/kickstart/web.ks']).toMatchObject({ mode: '0640', owner: 'root', group: 'www-data' });
  expect(steps['directory /srv/kickstart']).toMatchObject({ mode: '0750', owner: 'root', group: 'www-data' });
});

test('on Red Hat: below /var/www, for nginx, one file in conf.d', () => {
  const steps = stepsOn('redhat');
  expect(Object.keys(steps)).toEqual([
    'package nginx',
    'directory /var/www/kickstart',
    'file /var/www/kickstart/web.ks',
    'file /var/www/kickstart/web.args',
    'file /etc/nginx/conf.d/gpt-kickstart.conf',
    'service nginx.service',
  ]);
  expect(steps['file /var/www/kickstart/web.ks']).toMatchObject({ group: 'nginx' });
});

test('without serving: the files alone, for root or the group that is named', () => {
  const steps = stepsOn('debian', { serve: false, allowFrom: undefined, directory: '/srv/tftp/ks' });
  expect(Object.keys(steps)).toEqual(['directory /srv/tftp/ks', 'file /srv/tftp/ks/web.ks', 'file /srv/tftp/ks/web.args']);
  expect(steps['file /srv/tftp/ks/web.ks']).toMatchObject({ mode: '0640', group: 'root' });
  expect(stepsOn('debian', { serve: false, group: 'apache' })['file /srv/kickstart/web.ks']).toMatchObject({ group: 'apache' });
});

describe('parameters', () => {
  test.each<[string, Record<string, unknown>, string]>([
    ['a plain root password', { rootPassword: 'secret' }, 'rootPassword: must be crypted'],
    ['MD5', { rootPassword: '$1$abcdefgh$0123456789012345678901' }, 'rootPassword: must be crypted'],
    [
      'yescrypt before el9',
      { release: 'el8', rootPassword: `$y$j9T$${'a'.repeat(40)}` },
      'rootPassword: el8 does not know yescrypt; use $6$',
    ],
    ['an unknown release', { release: 'el5' }, 'release: Invalid option'],
    ['an unstable disk', { disk: { path: '/dev/sda' } }, 'disk.path: must be below /dev/disk/by-id or /dev/disk/by-path'],
    ['a partition', { disk: { path: '/dev/disk/by-id/ata-X-part1' } }, 'disk.path: is a partition: the label belongs on the whole disk'],
    ['an unstable partition', { disk: { path: '/dev/nvme0n1p2', allowUnstable: true } }, 'disk.path: is a partition'],
    ['a climbing path', { disk: { path: '/dev/disk/by-id/../../sda' } }, 'disk.path: must be a device below /dev, without . and ..'],
    ['a disk with shell in it', { disk: { path: '/dev/disk/by-id/$(reboot)' } }, 'disk.path: must be a device below /dev'],
    ['a serial number with shell in it', { disk: { serial: "a'; reboot; '" } }, 'disk.serial: must be the serial number'],
    ['no disk', { disk: {} }, 'disk: needs path, serial or both'],
    ['a flag to erase', { onExisting: 'wipe' }, 'onExisting: Invalid option'],
    ['quotes in a word', { network: [{ device: 'a"b' }] }, 'network.0.device: must be one word'],
    ['a variable in a word', { partitions: [{ mount: '/', size: 1, options: '$x' }] }, 'partitions.0.options: must be one word'],
    [
      'static without address',
      { network: [{ bootproto: 'static', ip: '192.0.2.3', gateway: '192.0.2.1' }] },
      'network.0.netmask: is needed with bootproto static',
    ],
    [
      'a netmask with a hole',
      { network: [{ bootproto: 'static', ip: '192.0.2.3', netmask: '255.0.255.0', gateway: '192.0.2.1' }] },
      'network.0.netmask: must be a netmask, such as 255.255.255.0',
    ],
    [
      'a gateway in another network',
      { network: [{ bootproto: 'static', ip: '192.0.2.3', netmask: '255.255.255.128', gateway: '192.0.2.129' }] },
      'network.0.gateway: is not in the network of 192.0.2.3 with netmask 255.255.255.128',
    ],
    [
      'a gateway that is the machine itself',
      { network: [{ bootproto: 'static', ip: '192.0.2.3', netmask: '255.255.255.0', gateway: '192.0.2.3' }] },
      'network.0.gateway: is the address of the machine itself',
    ],
    ['a host name that is an address', { network: [{ hostname: '192.0.2.300' }] }, 'network.0.hostname: must be a host name'],
    ['an address with dhcp', { network: [{ ip: '192.0.2.3' }] }, 'network.0.ip: is for bootproto static'],
    [
      'an own /boot/efi',
      {
        partitions: [
          { mount: '/', size: 1 },
          { mount: '/boot/efi', size: 1 },
        ],
      },
      'partitions.1.mount: is added by the role',
    ],
    [
      'a mount point twice',
      {
        partitions: [
          { mount: '/', size: 1 },
          { mount: '/', size: 1 },
        ],
      },
      'partitions.1.mount: is there twice',
    ],
    [
      'a mount point that climbs',
      {
        partitions: [
          { mount: '/', size: 1 },
          { mount: '/srv/../x', size: 1 },
        ],
      },
      'partitions.1.mount: must be a mount point',
    ],
    [
      'a mount point that ends in /',
      {
        partitions: [
          { mount: '/', size: 1 },
          { mount: '/srv/', size: 1 },
        ],
      },
      'partitions.1.mount: must be a mount point',
    ],
    ['an upper bound without grow', { partitions: [{ mount: '/', size: 1, maxSize: 2 }] }, 'partitions.0.maxSize: is for grow: true'],
    [
      'an upper bound below size',
      { partitions: [{ mount: '/', size: 9, grow: true, maxSize: 2 }] },
      'partitions.0.maxSize: is less than size',
    ],
    ['no root', { partitions: [{ mount: '/boot', size: 1 }] }, 'partitions: needs /'],
    ['parted taken out', { packages: ['@core', '-parted'] }, 'packages.1: parted stays'],
    ['a package with a line break', { packages: ['a\n%end'] }, 'packages.0: must be a package'],
    [
      'a blacklist on el6',
      { release: 'el6', driverOrder: { first: ['ahci'], blacklist: ['x'] } },
      'driverOrder.blacklist: is for el7 and later',
    ],
    ['a driver twice', { driverOrder: { first: ['ahci', 'ahci'] } }, 'driverOrder.first.1: is there twice'],
    [
      'a driver first and never',
      { driverOrder: { first: ['virtio-blk'], blacklist: ['virtio_blk'] } },
      'driverOrder.blacklist.0: is among first as well',
    ],
    ['an include that nothing writes', { body: 'skipx\n%include /tmp/more.ks' }, 'body: line 2: no %pre section writes /tmp/more.ks'],
    ['clearpart in the body', { release: 'el6', body: 'text\nclearpart --all' }, 'body: line 2: no clearpart on el6'],
    ['nobody to serve', { allowFrom: undefined }, 'allowFrom: say which networks may fetch the files, or serve: false'],
    ['a network that is none', { allowFrom: ['all'] }, 'allowFrom.0: Invalid'],
    ['a name with a slash', { name: '../x' }, 'name: must be letters'],
    ['a hidden name', { name: '.x' }, 'name: must be letters'],
    ['a directory that is the system’s', { directory: '/srv' }, 'directory: must be an absolute path at least two deep'],
    ['an address with a semicolon', { address: 'a;b' }, 'address: must be a host name or address'],
    ['an address with a number too high', { address: '192.0.2.300' }, 'address: must be a host name or address'],
    ['a port too high', { port: 70000 }, 'port: '],
    ['an unknown parameter', { wipe: true }, ': Unrecognized key: "wipe"'],
  ])('%s: refused at its place', (_, changes, problem) => {
    const result = params.safeParse({ ...LEAST, ...changes });
    const problems = (result.error?.issues ?? []).map(({ path, message }) => `${path.join('.')}: ${message}`);
    expect(problems).toHaveLength(1);
    expect(problems[0]).toContain(problem);
  });

  test('what only looks wrong passes: a gateway outside of a /32, an include that a %pre of the body writes', () => {
    const line = { bootproto: 'static', ip: '192.0.2.3', netmask: '255.255.255.255', gateway: '198.51.100.1' };
    expect(given({ network: [line] }).network).toMatchObject([line]);
    const body = '%include /tmp/more.ks\n%pre\necho skipx >/tmp/more.ks\n%end';
    expect(given({ body }).body).toBe(body);
  });

  test('an unstable name passes when it is asked for, and a serial number alone does', () => {
    expect(given({ disk: { path: '/dev/sda', allowUnstable: true } }).disk.path).toBe('/dev/sda');
    expect(given({ disk: { serial: 'WD-123' } }).disk).toEqual({ serial: 'WD-123', allowUnstable: false });
  });
});
