import type { BootState } from '../model/ports.ts';
import type { ReadScript } from '../model/transport.ts';

/** Which boot this is, and whether it has come to its end (systemctl(1), is-system-running: `initializing` and `starting` are before it). */
export const BOOT_SCRIPT: ReadScript = {
  kind: 'read',
  text: `cat /proc/sys/kernel/random/boot_id
[ ! -d /run/systemd/system ] || systemctl is-system-running 2>/dev/null || :
`,
};

/** What BOOT_SCRIPT printed. */
export function parseBoot(stdout: Buffer): BootState {
  const [bootId = '', state = ''] = stdout.toString('utf8').trim().split('\n');
  return { bootId, isSettled: state !== 'initializing' && state !== 'starting' };
}
