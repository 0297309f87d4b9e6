import { expect, test } from 'vitest';
import { diskLines, renderArgs, renderKickstart } from '../../../roles/gpt-kickstart/render.ts';
import { renderSite } from '../../../roles/gpt-kickstart/site.ts';
import { given, HASH } from './support/given.ts';

/** The file without the script of `%pre`, which its own tests run. */
function withoutScript(text: string): string {
  return text.replace(/(^%pre .*\n)[\s\S]*?^%end$/m, '$1…\n%end');
}

test('el9 on a BIOS machine: the file by its text', () => {
  const params = given({
    body: 'selinux --enforcing\n\n%post\necho done\n%end\n',
    packages: ['@^minimal-environment', 'vim', 'parted'],
    network: [
      { device: 'link', hostname: 'web01.example.com' },
      {
        bootproto: 'static',
        device: 'eno2',
        ip: '192.0.2.20',
        netmask: '255.255.255.0',
        gateway: '192.0.2.1',
        nameservers: ['192.0.2.2', '2001:db8::2'],
        onboot: false,
      },
    ],
  });
  expect(withoutScript(renderKickstart(params))).toBe(`# web: el9, GPT on one disk (role gpt-kickstart; changes made here are undone)
text
lang en_US.UTF-8
keyboard --vckeymap=us
timezone --utc UTC
rootpw --iscrypted ${HASH}
url --url=http://192.0.2.1/el/os
network --bootproto=dhcp --device=link --hostname=web01.example.com --onboot=yes
network --bootproto=static --device=eno2 --ip=192.0.2.20 --netmask=255.255.255.0 --gateway=192.0.2.1 --nameserver=192.0.2.2,2001:db8::2 --onboot=no
clearpart --none --disklabel=gpt
reboot
%include /tmp/gpt-kickstart.parts
selinux --enforcing

%packages
@^minimal-environment
vim
parted
%end

%pre --erroronfail --interpreter=/bin/sh --log=/tmp/gpt-kickstart.log
…
%end

%post
echo done
%end
`);
});

test('el6: no clearpart anywhere, the old key map, and no biosboot', () => {
  const text = renderKickstart(given({ release: 'el6', body: 'graphical\n' }));
  expect(withoutScript(text)).toBe(`# web: el6, GPT on one disk (role gpt-kickstart; changes made here are undone)
lang en_US.UTF-8
keyboard us
timezone --utc UTC
rootpw --iscrypted ${HASH}
url --url=http://192.0.2.1/el/os
network --bootproto=dhcp --onboot=yes
reboot
%include /tmp/gpt-kickstart.parts
graphical

%packages
@core
parted
%end

%pre --erroronfail --interpreter=/bin/sh --log=/tmp/gpt-kickstart.log
…
%end
`);
  expect(text).not.toMatch(/clearpart|zerombr|disklabel|biosboot/);
});

test('the lines for the disk: driver order of el6, EFI system partition, partitions as given', () => {
  expect(diskLines(given({ release: 'el6' }))).toEqual([
    'ignoredisk --only-use=$name',
    'bootloader --location=mbr --driveorder=$name',
    'part /boot --fstype=ext4 --size=1024 --ondisk=$name',
    'part swap --fstype=swap --size=2048 --ondisk=$name',
    'part / --fstype=ext4 --size=4096 --grow --ondisk=$name',
  ]);
  const partitions = [
    { mount: '/', size: 8192, fstype: 'ext4', options: 'noatime,discard' },
    { mount: 'pv.01', size: 1, grow: true, maxSize: 100_000 },
  ];
  expect(diskLines(given({ release: 'el10', firmware: 'uefi', partitions }))).toEqual([
    'ignoredisk --only-use=$name',
    'bootloader --location=mbr --boot-drive=$name',
    'part /boot/efi --fstype=efi --size=600 --ondisk=$name',
    'part / --fstype=ext4 --fsoptions=noatime,discard --size=8192 --ondisk=$name',
    'part pv.01 --size=1 --grow --maxsize=100000 --ondisk=$name',
  ]);
});

test.each<[string, Record<string, unknown>, string]>([
  ['el6', { driverOrder: { first: ['megaraid_sas'] } }, 'ks=http://192.0.2.10/web.ks nostorage driverload=sd_mod:megaraid_sas'],
  ['el6', { driverOrder: { first: ['sd_mod', 'ahci'] } }, 'ks=http://192.0.2.10/web.ks nostorage driverload=sd_mod:ahci'],
  ['el6', {}, 'ks=http://192.0.2.10/web.ks'],
  ['el7', { port: 8080 }, 'inst.ks=http://192.0.2.10:8080/web.ks inst.gpt'],
  [
    'el9',
    { driverOrder: { first: ['megaraid_sas', 'ahci'], blacklist: ['mpt3sas', 'qla2xxx'] } },
    'inst.ks=http://192.0.2.10/web.ks inst.gpt rd.driver.pre=megaraid_sas rd.driver.pre=ahci modprobe.blacklist=mpt3sas,qla2xxx',
  ],
  ['el9', { firmware: 'uefi' }, 'inst.ks=http://192.0.2.10/web.ks'],
  ['el10', { address: '2001:db8::10' }, 'inst.ks=http://[2001:db8::10]/web.ks inst.disklabel=gpt'],
])('boot arguments of %s with %j', (release, changes, line) => {
  expect(renderArgs(given({ release, ...changes }))).toBe(`${line}\n`);
});

test('the site: its own name, the given networks, no one else', () => {
  expect(
    renderSite(given({ port: 8080, allowFrom: ['192.0.2.0/24', '2001:db8::/32'] }), '/srv/kickstart', true),
  ).toBe(`# Kickstart files (role gpt-kickstart)
server {
    listen 8080;
    listen [::]:8080;
    server_name 192.0.2.10;
    root /srv/kickstart;
    autoindex off;
    default_type text/plain;
    types { }
    allow 192.0.2.0/24;
    allow 2001:db8::/32;
    deny all;
}
`);
  expect(renderSite(given({ address: '2001:db8::10' }), '/srv/x', false)).toContain('    listen 80;\n    server_name [2001:db8::10];\n');
});
