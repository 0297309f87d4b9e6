import { IDLE, type StubRpm, systemUser, unit, unitScripts } from './stub-rpm.ts';
import { GRUBBY, IPVSADM, MASTER, MILTER, POSTCONF, POSTFIX, SPAMC, SPAMD } from './stub-rpm-programs.ts';

const demo = (version: string): Readonly<Record<string, string>> => ({
  'usr/bin/drover-demo': `#!/bin/sh\necho drover-demo ${version}\n`,
  'usr/share/drover-demo/version': `${version}\n`,
});

/** The same as the stubs of the apt source. */
const DEMO: readonly StubRpm[] = [
  { name: 'drover-demo', version: '1.0', files: demo('1.0') },
  { name: 'drover-demo', version: '1.1', files: demo('1.1') },
  { name: 'drover-demo-extra', version: '1.0', requires: ['drover-demo >= 1.0'], files: { 'usr/share/drover-demo-extra': 'extra\n' } },
  {
    name: 'drover-demo-daemon',
    version: '1.0',
    requires: ['drover-demo'],
    files: {
      'usr/lib/systemd/system/drover-demo-daemon.service': unit('Demo', '/bin/sleep infinity', 'User=drover-demo', 'ExecReload=/bin/true'),
      'etc/drover-demo/daemon.conf': 'colour = blue\n',
    },
    configs: ['/etc/drover-demo/daemon.conf'],
    scripts: unitScripts('drover-demo-daemon.service', systemUser('drover-demo', '/nonexistent')),
  },
  // A failing `post` would be a warning only.
  {
    name: 'drover-demo-broken',
    version: '1.0',
    files: { 'usr/share/drover-demo-broken': 'x\n' },
    scripts: { pre: 'echo this package always fails >&2\nexit 1\n' },
  },
];

const MAIL: readonly StubRpm[] = [
  {
    name: 'spamassassin',
    version: '3.4.6',
    files: {
      'usr/bin/spamd': SPAMD,
      'usr/bin/spamc': SPAMC,
      'usr/bin/spamassassin': '#!/bin/sh\nexit 0\n',
      'usr/lib/systemd/system/spamassassin.service': unit(
        'spamd',
        '/usr/bin/spamd $SPAMDOPTIONS',
        'EnvironmentFile=-/etc/sysconfig/spamassassin',
        'ExecReload=/bin/kill -HUP $MAINPID',
      ),
      'etc/sysconfig/spamassassin': '# Options to spamd\nSPAMDOPTIONS="-c -m5 -H"\n',
      'etc/mail/spamassassin/local.cf': 'required_hits 5\nreport_safe 0\nrewrite_header Subject [SPAM]\n',
    },
    configs: ['/etc/sysconfig/spamassassin', '/etc/mail/spamassassin/local.cf'],
    scripts: unitScripts('spamassassin.service'),
  },
  {
    name: 'spamass-milter',
    version: '0.4.0',
    requires: ['spamassassin'],
    files: {
      'usr/sbin/spamass-milter': MILTER,
      'usr/lib/systemd/system/spamass-milter.service': unit(
        'spamass-milter',
        '/usr/sbin/spamass-milter -p $SOCKET $SOCKET_OPTIONS $EXTRA_FLAGS',
        'User=sa-milt',
        'Environment=SOCKET=/run/spamass-milter/spamass-milter.sock SOCKET_OPTIONS= EXTRA_FLAGS=',
        'EnvironmentFile=-/etc/sysconfig/spamass-milter',
        'EnvironmentFile=-/etc/sysconfig/spamass-milter-postfix',
      ),
      'usr/lib/tmpfiles.d/spamass-milter.conf': 'd /run/spamass-milter 0711 sa-milt sa-milt -\n',
      'etc/sysconfig/spamass-milter': '#SOCKET=/run/spamass-milter/spamass-milter.sock\nEXTRA_FLAGS=""\n',
    },
    configs: ['/etc/sysconfig/spamass-milter'],
    scripts: unitScripts('spamass-milter.service', systemUser('sa-milt', '/var/lib/spamass-milter')),
  },
  {
    name: 'spamass-milter-postfix',
    version: '0.4.0',
    requires: ['spamass-milter = 0.4.0', 'postfix'],
    files: {
      'usr/lib/tmpfiles.d/spamass-milter-postfix.conf': 'd /run/spamass-milter/postfix 0750 sa-milt postfix -\n',
      'etc/sysconfig/spamass-milter-postfix': 'SOCKET="/run/spamass-milter/postfix/sock"\nSOCKET_OPTIONS="-g postfix"\n',
    },
    configs: ['/etc/sysconfig/spamass-milter-postfix'],
    scripts: { post: 'usermod -a -G postfix sa-milt || :\nsystemd-tmpfiles --create >/dev/null 2>&1 || :\n' },
  },
  {
    name: 'postfix',
    version: '3.5.25',
    files: {
      'usr/sbin/postconf': POSTCONF,
      'usr/sbin/postfix': POSTFIX,
      'usr/libexec/postfix/master': MASTER,
      'usr/lib/systemd/system/postfix.service': unit('postfix', '/usr/libexec/postfix/master', 'ExecReload=/bin/kill -HUP $MAINPID'),
      'etc/postfix/main.cf': 'inet_interfaces = localhost\ninet_protocols = all\n',
      'etc/postfix/master.cf': 'smtp      inet  n       -       n       -       -       smtpd\n',
    },
    configs: ['/etc/postfix/main.cf', '/etc/postfix/master.cf'],
    scripts: unitScripts('postfix.service', systemUser('postfix', '/var/spool/postfix')),
  },
];

/** A package with one idle daemon of its own name. */
function idleDaemon(part: {
  name: string;
  version: string;
  program: string;
  unitName: string;
  options: string;
  config: [path: string, text: string];
}): StubRpm {
  const { name, version, program, unitName, options, config } = part;
  const [path, text] = config;
  return {
    name,
    version,
    files: {
      [program]: IDLE,
      [`usr/lib/systemd/system/${unitName}`]: unit(
        name,
        `/${program} ${options}`,
        'ExecReload=/bin/kill -HUP $MAINPID',
        `EnvironmentFile=-/${path}`,
      ),
      [path]: text,
    },
    configs: [`/${path}`],
    scripts: unitScripts(unitName),
  };
}

const SERVERS: readonly StubRpm[] = [
  idleDaemon({
    name: 'rng-tools',
    version: '6.16',
    program: 'usr/sbin/rngd',
    unitName: 'rngd.service',
    options: '-f $RNGD_ARGS',
    config: ['etc/sysconfig/rngd', 'RNGD_ARGS="-x pkcs11 -x nist -D daemon:daemon"\n'],
  }),
  idleDaemon({
    name: 'keepalived',
    version: '2.2.8',
    program: 'usr/sbin/keepalived',
    unitName: 'keepalived.service',
    options: '--dont-fork $KEEPALIVED_OPTIONS',
    config: ['etc/sysconfig/keepalived', 'KEEPALIVED_OPTIONS="-D"\n'],
  }),
  idleDaemon({
    name: 'nginx',
    version: '1.20.1',
    program: 'usr/sbin/nginx',
    unitName: 'nginx.service',
    options: '',
    config: ['etc/nginx/nginx.conf', 'include /etc/nginx/conf.d/*.conf;\n'],
  }),
  {
    name: 'ipvsadm',
    version: '1.31',
    files: {
      ...Object.fromEntries(['ipvsadm', 'ipvsadm-save', 'ipvsadm-restore'].map((name) => [`usr/sbin/${name}`, IPVSADM])),
      'usr/lib/systemd/system/ipvsadm.service': unit(
        'ipvsadm',
        '/bin/sh -c "exec /usr/sbin/ipvsadm-restore </etc/sysconfig/ipvsadm"',
        'Type=oneshot',
        'RemainAfterExit=yes',
        'ExecStop=/bin/sh -c "exec /usr/sbin/ipvsadm-save -n >/etc/sysconfig/ipvsadm"',
        'ExecStop=/usr/sbin/ipvsadm -C',
      ),
      // As on Red Hat the rules, /etc/sysconfig/ipvsadm, are not in the package.
      'etc/sysconfig/ipvsadm-config': 'IPVS_SAVE_ON_STOP="no"\n',
    },
    configs: ['/etc/sysconfig/ipvsadm-config'],
    scripts: unitScripts('ipvsadm.service'),
  },
];

const HARDWARE: readonly StubRpm[] = [
  {
    name: 'OpenIPMI',
    version: '2.0.32',
    files: {
      'usr/libexec/openipmi-helper': '#!/bin/sh\nexit 0\n',
      'usr/lib/systemd/system/ipmi.service': unit('IPMI', '/usr/libexec/openipmi-helper start', 'Type=oneshot', 'RemainAfterExit=yes'),
      'etc/sysconfig/ipmi': 'IPMI_SI=yes\nDEV_IPMI=yes\nIPMI_WATCHDOG=no\nIPMI_POWEROFF=no\nIPMI_IMB=no\n',
    },
    configs: ['/etc/sysconfig/ipmi'],
    scripts: unitScripts('ipmi.service'),
  },
  {
    name: 'ipmitool',
    version: '1.8.18',
    files: { 'usr/bin/ipmitool': '#!/bin/sh\necho "Could not open device at /dev/ipmi0: No such file or directory" >&2\nexit 1\n' },
  },
  { name: 'parted', version: '3.5', files: { 'usr/sbin/parted': '#!/bin/sh\necho "parted (GNU parted) 3.5"\n' } },
  { name: 'grubby', version: '8.40', files: { 'usr/sbin/grubby': GRUBBY } },
  {
    name: 'NetworkManager',
    version: '1.46.0',
    files: {
      'usr/sbin/NetworkManager': IDLE,
      'usr/lib/systemd/system/NetworkManager.service': unit(
        'NetworkManager: it only makes /run/NetworkManager',
        '/usr/sbin/NetworkManager --no-daemon',
        'RuntimeDirectory=NetworkManager',
      ),
    },
    folders: { 'etc/NetworkManager/system-connections': '0700' },
    scripts: unitScripts('NetworkManager.service'),
  },
];

/** The packages of the lab's dnf repository: units, configuration files and where they lie are Red Hat's, programs are stubs. */
export const STUB_RPMS: readonly StubRpm[] = [...DEMO, ...MAIL, ...SERVERS, ...HARDWARE];
