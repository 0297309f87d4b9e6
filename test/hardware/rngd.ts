import { expect } from 'vitest';
import { hardware } from './hardware.ts';

export const CURRENT = '/sys/class/misc/hw_random/rng_current';
export const DROP_IN = '/etc/systemd/system/rngd.service.d/rngd-tpm.conf';

/** Takes away what the role installs. */
export const REMOVE_RNGD = `apt-get purge -y -q rng-tools5; rm -rf ${DROP_IN.replace(/\/[^/]*$/, '')}`;

/** Standard output of a line of sh that must succeed. */
export async function must(name: string, script: string): Promise<string> {
  const { code, stdout, stderr } = await hardware().exec(name, ['sh', '-c', script]);
  expect(code, `${name}: ${script}\n${stdout}${stderr}`).toBe(0);
  return stdout;
}

/** What rngd has open, what it was started with, and what the kernel and systemd say, none of it from drover. */
export async function expectRngdInPlace(): Promise<void> {
  const open = await must('metal', 'for fd in /proc/$(pidof -s rngd)/fd/*; do readlink $fd || :; done');
  expect(open.split('\n')).toEqual(expect.arrayContaining(['/dev/hwrng', '/dev/random']));
  expect(await must('metal', "tr '\\0' ' ' </proc/$(pidof -s rngd)/cmdline")).toBe('/usr/sbin/rngd -f -r /dev/hwrng -n 1 ');
  expect(await must('metal', `cat ${CURRENT}; systemctl is-enabled rngd; systemctl is-active rngd`)).toBe('tpm-rng-0\nenabled\nactive\n');
}
