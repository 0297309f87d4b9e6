import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noPrivateRoot, openPrivateRoot, type PrivateRoot, type Tools } from '../actions/support/private-root.ts';
import { testBase } from '../steps/support/host.ts';

const FAKE = `
mount -t tmpfs tmpfs /proc; mount -t tmpfs tmpfs /sys
mkdir -p /sys/module/ipmi_si /sys/module/ipmi_msghandler /sys/module/tpm /sys/module/old_builtin
cat >/proc/modules <<'END'
ipmi_si 81920 1 acpi_ipmi, Live 0x0000000000000000
ipmi_msghandler 73728 3 ipmi_si,acpi_ipmi,ipmi_devintf, Live 0x0000000000000000
ipmi_siblings 16384 0 - Live 0x0000000000000000
permanent 16384 1 [permanent], Live 0x0
END
D=/lib/modules/$(uname -r); mkdir -p "$D"
cat >"$D/modules.dep" <<'END'
kernel/drivers/char/ipmi/ipmi_si.ko.xz: kernel/drivers/char/ipmi/ipmi_msghandler.ko.xz
kernel/drivers/char/ipmi/ipmi_devintf.ko: kernel/drivers/char/ipmi/ipmi_msghandler.ko
kernel/net/sit-tunnel.ko: kernel/net/ip_tunnel.ko kernel/net/never_named.ko
END
printf '%s\\n' kernel/drivers/char/tpm/tpm.ko kernel/lib/built-in-name.ko >"$D/modules.builtin"
`;

describe.skipIf(noPrivateRoot !== null)('facts of kernel modules', () => {
  let root: PrivateRoot;
  beforeAll(async () => {
    root = await openPrivateRoot();
    expect(root.sh(FAKE)).toMatchObject({ code: 0, stderr: '' });
  });
  afterAll(() => root.close());

  it.each<[Tools, string, object]>([
    ['all', 'ipmi_si', { state: 'loaded', holders: ['acpi_ipmi'], uses: 1 }],
    ['busybox', 'ipmi_si', { state: 'loaded', holders: ['acpi_ipmi'], uses: 1 }],
    ['all', 'ipmi_msghandler', { state: 'loaded', holders: ['acpi_ipmi', 'ipmi_devintf', 'ipmi_si'], uses: 3 }],
    ['all', 'permanent', { state: 'loaded', holders: ['[permanent]'], uses: 1 }],
    ['all', 'ipmi_devintf', { state: 'available', holders: [], uses: null }],
    ['busybox', 'sit_tunnel', { state: 'available', holders: [], uses: null }],
    ['all', 'tpm', { state: 'builtin', holders: [], uses: null }],
    ['busybox', 'built_in_name', { state: 'builtin', holders: [], uses: null }],
    ['all', 'old_builtin', { state: 'builtin', holders: [], uses: null }],
    ['all', 'ipmi_s', { state: 'absent', holders: [], uses: null }],
    ['busybox', 'never_named', { state: 'absent', holders: [], uses: null }],
  ])('with %s tools: %s', (tools, key, value) => {
    const others = ['ipmi_si', 'sit_tunnel', 'no_such'].map((name) => ({ kind: 'module' as const, key: name }));
    const facts = root.read([...others, { kind: 'module', key }], testBase(tools === 'busybox'), tools);
    expect(facts.get(`module ${key}`)).toEqual({ state: 'known', value });
    expect(facts.get('module no_such')).toMatchObject({ value: { state: 'absent' } });
  });

  it('cannot be read where the kernel shows none', async () => {
    const bare = await openPrivateRoot();
    bare.sh('mount -t tmpfs tmpfs /sys; mount -t tmpfs tmpfs /proc; mount -t tmpfs tmpfs /lib/modules');
    expect(bare.read([{ kind: 'module', key: 'tpm' }], testBase(false)).get('module tpm')).toMatchObject({ state: 'unreadable' });
    await bare.close();
  });
});
