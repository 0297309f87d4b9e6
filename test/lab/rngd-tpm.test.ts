import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

/** What a run says, without its line breaks. */
const said = ({ stdout, stderr }: CliResult): string => `${stdout}${stderr}`.replace(/\s+/g, ' ');

describeLab('rngd-tpm', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  const run = (command: string, playbook: string): Promise<CliResult> =>
    cli(work.path, [command, ...(command === 'apply' ? ['--yes'] : []), playbook, '-i', lab().inventoryFile]);
  const play = (hosts: string, become: boolean, params: string): string =>
    `- hosts: ${hosts}\n  become: ${become}\n  roles:\n    - role: rngd-tpm\n      params: ${params}\n`;

  beforeAll(async () => {
    work = await workspace({
      'container.yml': play('web01', true, '{}'),
      'busybox.yml': play('busybox', false, '{}'),
      // Devices that are there in a container; its source of hardware random numbers is the machine's and stays.
      'debian.yml': play('web02', true, "{ device: /dev/urandom, selectHwrng: '', fipsBlocks: 1 }"),
      'el9.yml': play('el9', true, "{ device: /dev/zero, selectHwrng: '', fipsBlocks: 1 }"),
    });
  });
  afterAll(() => work.remove());

  test('a container has no TPM: it is refused with the reason, and nothing is begun on it', async () => {
    const before = await sh('web01', 'ls -R /etc | sha256sum');
    const apply = await run('apply', 'container.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toContain('this host has no TPM');
    expect(await sh('web01', 'ls -R /etc | sha256sum')).toBe(before);
    expect((await lab().exec('web01', ['dpkg', '--status', 'rng-tools5'])).code).not.toBe(0);
  });

  test('a host without systemd that is no CentOS 6 is refused by name', async () => {
    const apply = await run('apply', 'busybox.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(2);
    expect(said(apply)).toMatch(/role rngd-tpm does not support .* it supports debian 11 or newer with systemd/);
  });

  debianForm(run);
  redHatForm(run, () => work.path);
}, ['web01', 'web02', 'busybox', 'el9']);

/** Debian's own packages, started for real; a link stands for the TPM. */
function debianForm(run: (command: string, playbook: string) => Promise<CliResult>): void {
  const daemons = async (): Promise<string> => sh('web02', "for pid in $(pidof rngd); do tr '\\0' ' ' </proc/$pid/cmdline; echo; done");

  test('where rng-tools-debian is installed the plan says that it goes; neither it nor its init script starts a second rngd', async () => {
    await sh(
      'web02',
      `ln -sf /dev/null /dev/tpm0
apt-get -q -y install rng-tools-debian 2>&1
echo HRNGDEVICE=/dev/urandom >>/etc/default/rng-tools-debian`,
    );
    expect(await sh('web02', 'systemctl show -p LoadState --value rng-tools-debian')).toBe('loaded\n');
    const plan = await run('plan', 'debian.yml');
    expect(plan.stdout).toMatch(/- rngd-tpm\/package\[rng-tools-debian,rng-tools\]\n +version of rng-tools-debian: 2\.3/);
    const apply = await run('apply', 'debian.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await daemons()).toBe('/usr/sbin/rngd -f -r /dev/urandom -n 1 \n');
    // What systemd makes of init scripts at the next boot.
    expect(
      await sh('web02', 'systemctl daemon-reload; systemctl is-enabled rngd; systemctl show -p LoadState --value rng-tools-debian'),
    ).toBe('enabled\nnot-found\n');
    expect((await run('check', 'debian.yml')).code).toBe(0);
  });
}

/** The package has a shell for rngd and no rngtest; a link stands for the TPM. Files, package and service are real. */
function redHatForm(run: (command: string, playbook: string) => Promise<CliResult>, folder: () => string): void {
  const inPlace = async (): Promise<void> => {
    expect(await sh('el9', "sed -n 's/^RNGD_ARGS=//p' /etc/sysconfig/rngd")).toBe(
      '"--fill-watermark=0 -x pkcs11 -x nist -x qrypt -x namedpipe -x jitter -x tpm -r /dev/zero -D daemon:daemon"\n',
    );
    expect(await sh('el9', 'rpm -q --qf "%{NAME}\\n" rng-tools; systemctl is-enabled rngd; systemctl is-active rngd')).toBe(
      'rng-tools\nenabled\nactive\n',
    );
    expect(await sh('el9', "tr '\\0' ' ' </proc/$(systemctl show -p MainPID --value rngd)/cmdline")).toContain('-x tpm -r /dev/zero');
  };
  const drifts = [
    ['stopped', 'systemctl stop rngd'],
    ['disabled', 'systemctl disable rngd'],
    ['other options', `sed -i 's/-x tpm//' /etc/sysconfig/rngd`],
    ['no package', 'rpm -e rng-tools'],
  ] as const;

  test('the Red Hat form (stub package, dnf and systemd real): options in sysconfig, a running and enabled rngd', async () => {
    await sh(
      'el9',
      `ln -sf /dev/null /dev/tpm0
mkdir -p /usr/local/bin /etc/systemd/system/rngd.service.d
printf '#!/bin/sh\\ncat >/dev/null\\n' >/usr/local/bin/rngtest && chmod 755 /usr/local/bin/rngtest
cp /bin/sh /usr/local/bin/rngd
printf '[Service]\\nExecStart=\\nExecStart=/usr/local/bin/rngd -c "exec 3</dev/zero; while :; do sleep 3600; done" rngd $RNGD_ARGS\\n' >/etc/systemd/system/rngd.service.d/lab.conf`,
    );
    const apply = await run('apply', 'el9.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await inPlace();
    const again = await run('apply', 'el9.yml');
    expect(again.code, again.stdout + again.stderr).toBe(0);
    expect((await lastReport(folder())).hosts.map(({ outcome }) => outcome)).toEqual(['ok']);
  });

  test.each(drifts)('drift of the Red Hat form (stub package) is found and repaired: %s', async (_title, drift) => {
    await sh('el9', drift);
    const check = await run('check', 'el9.yml');
    expect(check.code, check.stdout + check.stderr).toBe(3);
    const apply = await run('apply', 'el9.yml');
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await inPlace();
    expect((await run('check', 'el9.yml')).code).toBe(0);
  });
}
