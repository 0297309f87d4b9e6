import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const HOST = 'el9';
const PLAY = `- hosts: ${HOST}
  become: true
  roles:
    - role: ipmi-ports
      params:
        interfaces: [{ type: kcs, port: '0xca2' }]
`;
const ARGS = 'grubby --info=ALL | grep ^args';
/** This kernel has no modules at all; a list of built-in ones makes it one that has the driver built in. */
const BUILT_IN = `dnf -q -y install grubby
mkdir -p "/lib/modules/$(uname -r)"
printf 'kernel/drivers/char/ipmi/%s.ko\\n' ipmi_si ipmi_devintf >"/lib/modules/$(uname -r)/modules.builtin"`;

describeLab('ipmi-ports on the Red Hat-like host, with the driver built in (dnf, rpm and systemd real; grubby, ipmitool and OpenIPMI stubs)', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const drover = (mode: 'check' | 'apply', playbook = 'site.yml'): Promise<CliResult> =>
    cli(work.path, [mode, ...(mode === 'apply' ? ['--yes'] : []), playbook, '-i', lab().inventoryFile]);

  beforeAll(async () => {
    work = await workspace({ 'site.yml': PLAY, 'debian.yml': PLAY.replace(HOST, 'web01'), 'busybox.yml': PLAY.replace(HOST, 'busybox') });
  });
  afterAll(() => work.remove());

  test('a host that shows no modules, and a kernel without the driver, are refused, with nothing changed', async () => {
    for (const playbook of ['site.yml', 'debian.yml']) {
      const apply = await drover('apply', playbook);
      expect(apply.code).toBe(2);
      expect(apply.stdout.replace(/\s+/g, ' ')).toContain('the host shows nothing of kernel modules (is it a container?)');
    }
    await sh(HOST, 'mkdir -p "/lib/modules/$(uname -r)"');
    const without = await drover('apply');
    expect(without.code).toBe(2);
    expect(without.stdout).toContain('the running kernel has no module ipmi_si');
    expect(await sh(HOST, 'rpm -q ipmitool || true')).toBe('package ipmitool is not installed\n');
  });

  test('the parameters go to the boot entries by grubby; packages and service are there; the reboot is said to be required', async () => {
    await sh(HOST, BUILT_IN);
    expect((await drover('check')).code).toBe(3);
    const apply = await drover('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(apply.stdout.replace(/\s+/g, ' ')).toContain(
      'a reboot is required: for the parameters of ipmi_si: built into the kernel, which was booted without its parameters;',
    );
    expect(apply.stdout).toContain('a reboot is required before the driver can find the BMC');
    expect(await sh(HOST, ARGS)).toMatch(/^(args=".* quiet ipmi_si\.type=kcs ipmi_si\.ports=0xca2"\n){2}$/);
    expect(await sh(HOST, 'rpm -q --qf "%{NAME} " ipmitool OpenIPMI; systemctl is-enabled ipmi; systemctl is-active ipmi')).toBe(
      'ipmitool OpenIPMI enabled\nactive\n',
    );
    expect(await sh(HOST, 'ls /etc/modprobe.d /etc/modules-load.d')).not.toContain('ipmi');
  });

  test('a second apply changes nothing', async () => {
    const apply = await drover('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    const { hosts } = await lastReport(work.path);
    expect(hosts.flatMap((host) => host.steps.filter((step) => step.outcome === 'changed').map((step) => step.id))).toEqual([]);
    expect((await drover('check')).code).toBe(0);
  });

  test.each([
    ['a port in one boot entry', "sed -i 's/0xca2/0xca8/' /var/lib/grubby-stub/1"],
    ['a parameter in all boot entries', 'grubby --update-kernel=ALL --remove-args=ipmi_si.type'],
    ['a parameter that the role does not set', 'grubby --update-kernel=ALL --args=ipmi_si.regspacings=4'],
    ['a package', 'dnf -q -y remove ipmitool'],
    ['the service at boot', 'systemctl -q disable ipmi'],
    ['the service', 'systemctl stop ipmi'],
  ])('drift of %s is found and repaired', async (title, drift) => {
    const look = `${ARGS} | tr -s ' "' '\\n' | sort; rpm -q ipmitool; systemctl is-enabled ipmi; systemctl is-active ipmi`;
    const before = await sh(HOST, look);
    await sh(HOST, drift);
    expect((await drover('check')).code, title).toBe(3);
    const apply = await drover('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await sh(HOST, look)).toBe(before);
    expect((await drover('check')).code, title).toBe(0);
  });

  test('a platform that it does not support is refused by name', async () => {
    const apply = await drover('apply', 'busybox.yml');
    expect(apply.code).toBe(2);
    expect(apply.stdout).toMatch(/ipmi-ports does not support/);
  });

  test('wrong parameters are refused at their place, before any host is contacted', async () => {
    const wrong = await workspace({
      'site.yml': PLAY.replace("port: '0xca2'", "port: '0xca2zz'"),
      'gone.yml': `all: { hosts: { ${HOST}: } }\n`,
    });
    const result = await cli(wrong.path, ['apply', '--yes', 'site.yml', '-i', 'gone.yml']);
    expect(result.code).toBe(5);
    expect(result.stderr).toMatch(/site\.yml:6:41 {2}error parameter-invalid.*the port must be 1 to 65535/);
    await wrong.remove();
  });
}, ['web01', 'busybox', 'el9']);
