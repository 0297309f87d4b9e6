/** A Debian package of the lab: real to apt and dpkg, but with next to nothing in it. */
export interface StubPackage {
  readonly name: string;
  readonly version: string;
  readonly depends?: string;
  /** Path without the leading slash → content; a file under `bin` is made executable. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths, with the leading slash, that dpkg keeps when the user has changed them. */
  readonly conffiles?: readonly string[];
  /** Maintainer scripts by name (`postinst`, `prerm`, `postrm`). */
  readonly scripts?: Readonly<Record<string, string>>;
}

const program = (version: string): Readonly<Record<string, string>> => ({
  'usr/bin/drover-demo': `#!/bin/sh\necho drover-demo ${version}\n`,
  'usr/share/drover-demo/version': `${version}\n`,
});

const UNIT = `[Unit]
Description=Stub daemon of drover's lab
[Service]
User=drover-demo
ExecStart=/bin/sleep infinity
ExecReload=/bin/true
[Install]
WantedBy=multi-user.target
`;

// What debhelper's dh_installsystemd writes, shortened: enable on first install, start, stop before removal, forget on purge.
const POSTINST = `#!/bin/sh
set -e
[ "$1" = configure ] || exit 0
getent passwd drover-demo >/dev/null || useradd --system --user-group --no-create-home --home-dir /nonexistent --shell /usr/sbin/nologin drover-demo
deb-systemd-helper unmask drover-demo-daemon.service >/dev/null || true
if deb-systemd-helper --quiet was-enabled drover-demo-daemon.service; then
  deb-systemd-helper enable drover-demo-daemon.service >/dev/null || true
fi
if [ -d /run/systemd/system ]; then
  systemctl --system daemon-reload >/dev/null || true
  deb-systemd-invoke start drover-demo-daemon.service >/dev/null || true
fi
`;

const PRERM = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then deb-systemd-invoke stop drover-demo-daemon.service >/dev/null || true; fi
`;

const POSTRM = `#!/bin/sh
set -e
if [ "$1" = remove ] && [ -d /run/systemd/system ]; then systemctl --system daemon-reload >/dev/null || true; fi
if [ "$1" = purge ]; then deb-systemd-helper purge drover-demo-daemon.service >/dev/null || true; fi
`;

/** The packages of the lab's apt source: two versions of one, one that depends on it, a daemon, one that fails and one that takes its time. */
export const STUB_PACKAGES: readonly StubPackage[] = [
  { name: 'drover-demo', version: '1.0', files: program('1.0') },
  { name: 'drover-demo', version: '1.1', files: program('1.1') },
  {
    name: 'drover-demo-extra',
    version: '1.0',
    depends: 'drover-demo (>= 1.0)',
    files: { 'usr/share/drover-demo/extra': 'extra\n' },
  },
  {
    name: 'drover-demo-daemon',
    version: '1.0',
    depends: 'drover-demo',
    files: { 'lib/systemd/system/drover-demo-daemon.service': UNIT, 'etc/drover-demo/daemon.conf': 'colour = blue\n' },
    conffiles: ['/etc/drover-demo/daemon.conf'],
    scripts: { postinst: POSTINST, prerm: PRERM, postrm: POSTRM },
  },
  {
    name: 'drover-demo-broken',
    version: '1.0',
    files: { 'usr/share/drover-demo-broken/file': 'x\n' },
    scripts: { postinst: '#!/bin/sh\necho drover-demo-broken: this package always fails >&2\nexit 1\n' },
  },
  {
    name: 'drover-demo-slow',
    version: '1.0',
    files: { 'usr/share/drover-demo-slow/file': 'x\n' },
    scripts: { postinst: '#!/bin/sh\nsleep 5\n' },
  },
];
