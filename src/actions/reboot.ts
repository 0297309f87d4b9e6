import type { CompiledAction } from '../model/ports.ts';

/** Longest wait for the host to take the order, in milliseconds. */
const ORDER_MS = 30_000;

/**
 * Orders a reboot a second from now, so that the script can still report its end. The order outlives the session: without a hangup
 * signal, and on systemd as a unit of its own (systemd-run(1)), which the end of the session's scope cannot take along.
 */
export function reboot(): CompiledAction {
  const order = 'sleep 1; systemctl reboot 2>/dev/null || shutdown -r now || reboot';
  return {
    summary: 'reboot',
    script: [
      'sync',
      `if [ -d /run/systemd/system ] && command -v systemd-run >/dev/null 2>&1; then`,
      `  systemd-run --quiet --on-active=1 --timer-property=AccuracySec=100ms systemctl reboot && exit 0`,
      'fi',
      `( trap '' HUP; ${order} ) </dev/null >/dev/null 2>&1 &`,
    ].join('\n'),
    deadlineMs: ORDER_MS,
  };
}
