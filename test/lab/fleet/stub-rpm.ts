/** An RPM of the lab: real to rpm, dnf and systemd, but its programs are stubs. */
export interface StubRpm {
  readonly name: string;
  /** The release is always 1.el9. */
  readonly version: string;
  readonly requires?: readonly string[];
  readonly provides?: readonly string[];
  /** Path without the leading slash → content; a file under `bin`, `sbin` or `libexec` is made executable. */
  readonly files: Readonly<Record<string, string>>;
  /** Paths, with the leading slash, that rpm keeps when the user has changed them. */
  readonly configs?: readonly string[];
  /** Path without the leading slash → mode, of folders that the package brings empty. */
  readonly folders?: Readonly<Record<string, string>>;
  /** Scriptlets by name (`pre`, `post`, `preun`, `postun`). */
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Scriptlets of a package with a unit: nothing is started, and enabled only what the presets name. */
export function unitScripts(unit: string, first = ''): Readonly<Record<string, string>> {
  return {
    ...(first === '' ? {} : { pre: first }),
    post: `systemctl daemon-reload >/dev/null 2>&1 || :\nsystemd-tmpfiles --create >/dev/null 2>&1 || :\nif [ "$1" = 1 ]; then systemctl preset ${unit} >/dev/null 2>&1 || :; fi\n`,
    preun: `if [ "$1" = 0 ]; then systemctl disable --now ${unit} >/dev/null 2>&1 || :; fi\n`,
    postun: `systemctl daemon-reload >/dev/null 2>&1 || :\nif [ "$1" -ge 1 ]; then systemctl try-restart ${unit} >/dev/null 2>&1 || :; fi\n`,
  };
}

/** `pre` that makes a system user with a group of the same name. */
export function systemUser(name: string, home: string): string {
  return `getent group ${name} >/dev/null || groupadd -r ${name}
getent passwd ${name} >/dev/null || useradd -r -g ${name} -d ${home} -s /sbin/nologin ${name} 2>/dev/null
exit 0
`;
}

/** A unit that runs one program; `lines` are more lines of its [Service]. */
export function unit(description: string, exec: string, ...lines: string[]): string {
  return `[Unit]
Description=${description} (stub of drover's lab)
[Service]
ExecStart=${exec}
${lines.join('\n')}
[Install]
WantedBy=multi-user.target
`;
}

/** A program that does nothing until it is ended, bears a SIGHUP, and takes `-t` for a test of its configuration. */
export const IDLE = `#!/bin/sh
for option do case $option in -t) exit 0 ;; esac; done
trap 'kill "$!"' HUP
while :; do sleep 3600 & wait "$!"; done
`;
