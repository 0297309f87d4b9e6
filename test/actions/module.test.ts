import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kernelModule } from '../../src/steps/kernel-module.ts';
import { testBase } from '../steps/support/host.ts';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot } from './support/private-root.ts';

/** This kernel loads no modules, so modprobe and rmmod only keep /proc/modules as the real ones would. */
const FAKE = `
mount -t tmpfs tmpfs /proc; mount -t tmpfs tmpfs /sys; mkdir /sys/module; : >/proc/modules
mkdir -p /lib/modules/$(uname -r) /etc/modules-load.d
echo 'kernel/ipmi_si.ko:' >"/lib/modules/$(uname -r)/modules.dep"
printf '#!/bin/sh\\n[ $# = 1 ] && echo "$1 1 0 - Live 0x0" >>/proc/modules\\n' >/usr/local/sbin/modprobe
printf '#!/bin/sh\\n[ $# = 1 ] && grep -q "^$1 " /proc/modules && : >/proc/modules\\n' >/usr/local/sbin/rmmod
chmod 755 /usr/local/sbin/modprobe /usr/local/sbin/rmmod`;

describe.skipIf(noPrivateRoot !== null)('actions on modules', () => {
  let root: PrivateRoot;
  const base = { ...testBase(false), init: 'systemd' as const };
  beforeAll(async () => {
    root = await openPrivateRoot();
    expect(root.sh(FAKE)).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => root.close());

  it('load and unload, now and at boot, and change nothing the second time', () => {
    expect(root.apply(kernelModule({ name: 'ipmi-si' }), base)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.sh('cat /proc/modules /etc/modules-load.d/ipmi_si.conf').stdout.toString()).toBe('ipmi_si 1 0 - Live 0x0\nipmi_si\n');
    expect(root.apply(kernelModule({ name: 'ipmi-si' }), base).plan).toEqual({ result: 'ok' });
    const gone = kernelModule({ name: 'ipmi_si', loaded: false });
    expect(root.apply(gone, base)).toMatchObject({ plan: { result: 'change' }, failure: null, broken: [] });
    expect(root.sh('cat /proc/modules; ls /etc/modules-load.d/ipmi_si.conf').stdout.toString()).toBe('');
    expect(root.write([{ kind: 'unloadModule', name: 'ipmi_si' }], base)[1]).toMatchObject({ exitCode: 0 });
  });

  it('fail where modprobe fails, and are found out where it lies', () => {
    root.sh("printf '#!/bin/sh\\necho no such device >&2; exit 1\\n' >/usr/local/sbin/modprobe");
    expect(root.apply(kernelModule({ name: 'ipmi_si' }), base)).toMatchObject({ failure: expect.stringContaining('no such device') });
    root.sh("printf '#!/bin/sh\\nexit 0\\n' >/usr/local/sbin/modprobe");
    expect(root.apply(kernelModule({ name: 'ipmi_si' }), base).broken).toEqual([expect.stringContaining('state is "available"')]);
  });
});
