/** What an administrator would write by hand to read the facts of the bench role's steps: one process for each kind of fact. */
export function floorScript(times: number): string {
  const roots = Array.from({ length: times }, (_, index) => `/srv/bench${index}`);
  const files = roots.flatMap((root) => Array.from({ length: 20 }, (_, index) => `${root}/f${index}`));
  const directories = roots.flatMap((root) => [root, ...Array.from({ length: 9 }, (_, index) => `${root}/d${index + 1}`)]);
  const edited = roots.flatMap((root) => Array.from({ length: 5 }, (_, index) => `${root}/edited${index}`));
  const users = roots.map((_, index) => `bench${index}`);
  return [
    'exec 2>/dev/null; LC_ALL=C; export LC_ALL',
    `stat -c '%n %f %U %G %s' ${[...directories, ...files, ...edited].join(' ')}`,
    `sha256sum ${[...files, ...edited].join(' ')}`,
    `cat ${edited.join(' ')}`,
    "dpkg-query -W -f '${Package} ${db:Status-Abbrev} ${Version}\\n' cron sudo iproute2",
    'systemctl show --property=Id,LoadState,ActiveState,UnitFileState cron.service ssh.service systemd-networkd.service',
    `getent passwd ${users.join(' ')}`,
    'getent group',
    '',
  ].join('\n');
}
