import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from '../lab/drive.ts';
import { readmeExample } from '../roles/readme.ts';
import { describeHardware, hardware } from './hardware.ts';
import { expectRngdInPlace, REMOVE_RNGD } from './rngd.ts';

const OPTIONS = '/etc/modprobe.d/drover-ipmi_si.conf';
const HOST = 'metal';
const DRIVER = 'ipmi_devintf ipmi_watchdog ipmi_poweroff acpi_power_meter acpi_ipmi ipmi_ssif ipmi_si';
const UNLOAD = `for m in ${DRIVER}; do ! grep -q "^$m " /proc/modules || rmmod $m; done`;
const PURGE = 'DEBIAN_FRONTEND=noninteractive apt-get -qq -y purge ipmitool openipmi >/dev/null 2>&1';

const sh = async (script: string): Promise<CliResult> => hardware().exec(HOST, ['sh', '-c', script]);

/** The host as it was: no driver, no files, no packages. */
async function undo(): Promise<void> {
  await sh(
    `systemctl stop openipmi; ${PURGE}; ${UNLOAD}; rm -f /var/run/drover-ipmi-held ${OPTIONS} /etc/modules-load.d/ipmi_*.conf; ${REMOVE_RNGD}`,
  );
}

describeHardware('ipmi-ports on a machine whose BMC the driver does not find by itself', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const drover = (mode: 'check' | 'apply', playbook = 'site.yml'): Promise<CliResult> =>
    cli(work.path, [mode, ...(mode === 'apply' ? ['--yes'] : []), playbook, '-i', hardware().inventoryFile]);

  beforeAll(async () => {
    const site = readmeExample('ipmi-ports', { 'hosts: servers': `hosts: ${HOST}` });
    const closed = site.replace('  allow: [reboot]\n', '');
    const both = `${readmeExample('rngd-tpm', {})}${site}`;
    work = await workspace({ 'site.yml': site, 'both.yml': both, 'closed.yml': closed, 'wrong.yml': closed.replaceAll('0xca2', '0xca8') });
    await undo();
  });
  afterAll(async () => {
    await undo();
    await work.remove();
  });

  /** Read from the host, not by drover. */
  const expectInPlace = async (): Promise<void> => {
    const status = await sh('ipmitool chassis status');
    expect(status, status.stderr).toMatchObject({ code: 0 });
    expect(status.stdout).toMatch(/^System Power +: on$/m);
    expect((await sh('cat /sys/class/ipmi/ipmi0/device/params')).stdout).toMatch(/^kcs,i\/o,0xca2,/);
    expect((await sh(`cat ${OPTIONS} /etc/modules-load.d/ipmi_si.conf /etc/modules-load.d/ipmi_devintf.conf`)).stdout).toBe(
      'options ipmi_si type=kcs ports=0xca2\nipmi_si\nipmi_devintf\n',
    );
    expect((await sh('systemctl is-enabled openipmi; systemctl is-active openipmi')).stdout).toBe('enabled\nactive\n');
  };

  test('without the role ipmitool cannot open a device', async () => {
    expect((await sh('apt-get -qq -y install ipmitool >/dev/null 2>&1; modprobe ipmi_devintf')).code).toBe(0);
    const status = await sh('ipmitool chassis status');
    expect(status.code).not.toBe(0);
    expect(status.stderr).toContain('Could not open device at /dev/ipmi0');
    await undo();
  });

  test('a wrong port fails, and says so, though modprobe returns 0 and the service says OK', async () => {
    const apply = await drover('apply', 'wrong.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(apply.stdout.replace(/\s+/g, ' ')).toContain('the driver found no BMC at kcs at port 0xca8; it has: nothing');
    expect((await sh('grep -c "^ipmi_si " /proc/modules; systemctl is-active openipmi; test -e /dev/ipmi0')).stdout).toBe('1\nactive\n');
    expect((await sh('test -e /dev/ipmi0')).code).toBe(1);
    const again = await drover('apply', 'wrong.yml');
    expect(again.code).toBe(2);
    expect(again.stdout.replace(/\s+/g, ' ')).toContain('the driver found no BMC at kcs at port 0xca8');
  });

  test('the example of the README puts it right: ipmitool reaches the BMC', async () => {
    expect((await drover('check')).code).toBe(3);
    const apply = await drover('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await expectInPlace();
  });

  test('a second apply changes nothing', async () => {
    const apply = await drover('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect((await lastReport(work.path)).hosts.map((host) => host.outcome)).toEqual(['ok']);
    expect((await drover('check')).code).toBe(0);
  });

  test.each([
    ['a port in the options file', `sed -i s/0xca2/0xca8/ ${OPTIONS}`],
    ['a parameter in the options file', `echo 'options ipmi_si regspacings=4' >>${OPTIONS}`],
    ['the options file', `rm ${OPTIONS}`],
    ['the modules', UNLOAD],
    ['the driver, loaded with a wrong port by hand', `${UNLOAD}; modprobe ipmi_si type=kcs ports=0xca8; modprobe ipmi_devintf`],
    ['the file that loads the driver at boot', 'rm /etc/modules-load.d/ipmi_si.conf'],
    [
      'the file that loads the device at boot',
      'echo "# none" >/etc/modules-load.d/ipmi_devintf.conf; truncate -s 0 /etc/modules-load.d/ipmi_devintf.conf',
    ],
    ['a package', 'apt-get -qq -y remove ipmitool >/dev/null 2>&1'],
    ['the service at boot', 'systemctl disable openipmi 2>/dev/null'],
    ['the service, whose end unloads the driver', 'systemctl stop openipmi'],
  ])('drift of %s is found and repaired', async (title, drift) => {
    expect((await sh(drift)).code, title).toBe(0);
    expect((await drover('check')).code, title).toBe(3);
    const apply = await drover('apply');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(
      (await lastReport(work.path)).hosts.map((host) => host.outcome),
      title,
    ).toEqual(['changed']);
    await expectInPlace();
  });

  test('nothing is left to repair', async () => {
    expect((await drover('check')).code).toBe(0);
  });

  test('where the driver cannot be loaded anew a reboot is required, said where the play does not allow it, done where it does', async () => {
    await sh(`${UNLOAD}; modprobe ipmi_si type=kcs ports=0xca8; modprobe ipmi_devintf; : >/var/run/drover-ipmi-held`);
    const closed = await drover('apply', 'closed.yml');
    expect(closed.stdout.replace(/\s+/g, ' ')).toContain(
      'a reboot is required: for the parameters of ipmi_si: a module of it would not be unloaded; the play does not allow it',
    );
    expect((await sh('test -e /dev/ipmi0')).code).toBe(1);
    const boot = await hardware().bootId(HOST);
    const apply = await drover('apply', 'both.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await hardware().rebooted(HOST, boot);
    await expectInPlace();
    // A reboot takes minutes here: rngd, set up before it, shows in the same one that it lasts.
    await expectRngdInPlace();
    expect((await drover('check', 'both.yml')).code).toBe(0);
  });
});
