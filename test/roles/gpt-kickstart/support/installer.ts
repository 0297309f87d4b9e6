import { spawnSync } from 'node:child_process';

/** What `%pre` sees of a machine besides its disks. */
export interface Machine {
  /** Loop devices that it has. */
  readonly disks: readonly string[];
  /** Serial numbers by block device, as udev tells them. */
  readonly serials?: Readonly<Record<string, string>>;
  /** Links below /dev/disk/by-id. */
  readonly byId?: Readonly<Record<string, string>>;
  /** `sh` run before. */
  readonly before?: string;
}

export interface PreResult {
  readonly code: number | null;
  /** What the installer's log would have. */
  readonly log: string;
  /** The file to include; null where none was written. */
  readonly parts: string | null;
}

/** A /dev and a /tmp of its own, with the machine's disks; udevadm answers from $SERIALS. */
const SETUP = `
set -e
mount -t tmpfs tmpfs /tmp
mount -t tmpfs tmpfs /dev
mknod -m 666 /dev/null c 1 3
mkdir -p /dev/disk/by-id /tmp/bin
for disk in $DISKS; do mknod "/dev/$disk" b 7 "\${disk#loop}"; done
for link in $LINKS; do ln -s "../../\${link#*=}" "/dev/disk/by-id/\${link%%=*}"; done
cat >/tmp/bin/udevadm <<'END'
#!/bin/sh
for each in $SERIALS; do
  case " $* " in *" --name=\${each%%=*} "*) echo "ID_SERIAL_SHORT=\${each#*=}" ;; esac
done
END
chmod +x /tmp/bin/udevadm
PATH=/tmp/bin:$PATH
eval "$BEFORE"
set +e
"$@" >/tmp/log 2>&1
code=$?
cat /tmp/log
echo ----
cat /tmp/gpt-kickstart.parts 2>/dev/null || echo none
exit $code
`;

/** Runs the `%pre` section of a kickstart file by a shell, as the installer would. */
export function runPre(kickstart: string, shell: readonly string[], { disks, serials = {}, byId = {}, before = '' }: Machine): PreResult {
  const script = /^%pre .*\n([\s\S]*?)^%end$/m.exec(kickstart)?.[1] ?? 'exit 99';
  const words = (values: Readonly<Record<string, string>>): string =>
    Object.entries(values)
      .map((pair) => pair.join('='))
      .join(' ');
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', SETUP, 'sh', ...shell, '-c', script], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH, DISKS: disks.join(' '), SERIALS: words(serials), LINKS: words(byId), BEFORE: before },
  });
  const [log = '', parts = ''] = stdout.split('----\n');
  return { code: status, log: log + stderr, parts: parts === 'none\n' ? null : parts };
}
