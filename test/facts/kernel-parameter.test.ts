import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BaseFacts } from '../../src/model/fact.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot } from '../actions/support/private-root.ts';
import { testBase } from '../steps/support/host.ts';

const base = testBase(false);
const redhat = (version: string): BaseFacts => ({ ...base, os: { ...base.os, family: 'redhat', version } });

const PROC = `mount -t tmpfs tmpfs /proc; printf '%s\\n' 'BOOT_IMAGE=/vmlinuz root=/dev/vda ro a.b-c=1 a.b_c=2 name="two words" -- quiet' >/proc/cmdline`;
const stub = (name: string, lines: string): string =>
  `printf '#!/bin/sh\\n%s\\n' ${lines} >/usr/local/sbin/${name}; chmod 755 /usr/local/sbin/${name}; ln -s /usr/local/sbin/${name} /busybox/${name}`;

const GRUB2 = `
mkdir -p /boot/grub /etc/default/grub.d; ${stub('update-grub', 'true')}
cat >/boot/grub/grub.cfg <<'END'
set root=1
### BEGIN /etc/grub.d/10_linux ###
menuentry 'Debian' {
	linux	/vmlinuz-6.1 root=UUID=1 ro quiet x.y=1
	initrd	/initrd
}
	menuentry 'Debian, recovery' {
		linux	/vmlinuz-6.1 root=UUID=1 ro single x.y=2
	}
### END /etc/grub.d/10_linux ###
### BEGIN /etc/grub.d/20_memtest86+ ###
	linux	/memtest x.y=3
### END /etc/grub.d/20_memtest86+ ###
END
cat >/etc/default/grub <<'END'
# GRUB_CMDLINE_LINUX="x.y=9"
GRUB_CMDLINE_LINUX_DEFAULT="quiet x.y=1"
GRUB_CMDLINE_LINUX=""
END
echo 'GRUB_CMDLINE_LINUX="$GRUB_CMDLINE_LINUX x.y=2 flag"' >/etc/default/grub.d/60-own.cfg
`;

const GRUBBY = stub(
  'grubby',
  `'[ "$*" = --info=ALL ] || exit 1' 'echo index=0' 'echo kernel=/boot/vmlinuz-2' "echo 'args=\\"ro x.y=1 quiet\\"'" 'echo index=1' "echo 'args=\\"ro\\"'"`,
);

const GRUB1 = `
mkdir -p /boot/grub
cat >/boot/grub/grub.conf <<'END'
default=0
title CentOS (2.6.32)
	root (hd0,0)
	kernel /vmlinuz-2.6.32 ro root=/dev/sda1 x.y=1 rhgb
	initrd /initramfs-2.6.32.img
title old
	kernel	/vmlinuz-2.6.18 ro root=/dev/sda1
END`;

describe.skipIf(noPrivateRoot !== null)('facts of kernel parameters', () => {
  let root: PrivateRoot;
  beforeEach(async () => {
    root = await openPrivateRoot();
    root.sh('rm -rf /boot/grub /etc/default/grub /etc/default/grub.d');
  });
  afterEach(() => root.close());

  const read = (key: string, on: BaseFacts, tools: 'all' | 'busybox' = 'all') =>
    root
      .read(
        ['x.y', 'no.such', key].map((each) => ({ kind: 'kernelParameter', key: each })),
        on,
        tools,
      )
      .get(`kernelParameter ${key}`);

  it('are effective as /proc/cmdline says: the last one counts, - is _, and what follows -- is init’s', () => {
    expect(root.sh(PROC)).toMatchObject({ code: 0 });
    const none = { loader: 'none', configured: [] };
    expect(read('a.b-c', base)).toEqual({ state: 'known', value: { ...none, effective: '2' } });
    expect(read('ro', base)).toMatchObject({ value: { effective: '' } });
    expect(read('name', base)).toMatchObject({ value: { effective: 'two words' } });
    expect(read('quiet', base, 'busybox')).toMatchObject({ value: { effective: null } });
  });

  it('are configured as GRUB’s entries say, not as its source files do', () => {
    expect(root.sh(PROC + GRUB2)).toMatchObject({ code: 0, stderr: '' });
    const settings = [
      { file: '/etc/default/grub', value: '1' },
      { file: '/etc/default/grub.d/60-own.cfg', value: '2' },
    ];
    for (const tools of ['all', 'busybox'] as const) {
      expect(read('x.y', base, tools)).toEqual({
        state: 'known',
        value: { loader: 'grub.d', configured: ['1', '2'], effective: null, settings },
      });
      expect(read('quiet', base, tools)).toMatchObject({ value: { configured: ['', null] } });
      expect(read('flag', base, tools)).toMatchObject({
        value: { configured: [null], settings: [{ file: '/etc/default/grub.d/60-own.cfg', value: '' }] },
      });
    }
  });

  it('are those of grubby on Red Hat', () => {
    expect(root.sh(`${PROC}\n${GRUBBY}`)).toMatchObject({ code: 0, stderr: '' });
    expect(read('x.y', redhat('9.4'))).toEqual({
      state: 'known',
      value: { loader: 'grubby', configured: ['1', null], effective: null },
    });
    expect(read('x.y', redhat('6.10'))).toMatchObject({ value: { loader: 'grubby' } });
    expect(read('x.y', { ...redhat('9.4'), as: { ...base.as, uid: 1000, user: 'jo' } })).toMatchObject({
      state: 'unreadable',
      reason: 'jo may not read the boot loader’s entries',
    });
  });

  it('are those of grub.conf on Red Hat 5 and 6', () => {
    expect(root.sh(PROC + GRUB1)).toMatchObject({ code: 0, stderr: '' });
    expect(read('x.y', redhat('6.10'))).toEqual({
      state: 'known',
      value: { loader: 'grub.conf', configured: ['1', null], effective: null },
    });
    expect(read('rhgb', redhat('5.11'), 'busybox')).toMatchObject({ value: { configured: ['', null] } });
    expect(read('x.y', redhat('9.4'))).toMatchObject({ value: { loader: 'none' } });
  });
});
