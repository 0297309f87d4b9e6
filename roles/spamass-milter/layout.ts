import type { BaseFacts } from 'drover';

/** Where a platform keeps things. */
export interface Layout {
  readonly kind: 'debian' | 'redhat' | 'el6' | 'el5';
  /** Besides Postfix. */
  readonly packages: readonly string[];
  readonly siteConfig: string;
  readonly spamd: Daemon;
  readonly milter: Daemon & { readonly socket: string; readonly ignoreAuthenticated: string };
}

/** A daemon of the role. */
export interface Daemon {
  readonly unit: string;
  readonly program: string;
  readonly account: string;
  /** Shell-like file with its options, and the variable that holds them. */
  readonly settings: string;
  readonly variable: string;
  /** Command that prints its process id. */
  readonly pid: string;
}

const MILTER = '/usr/sbin/spamass-milter';

/** Before SpamAssassin 4 (Debian 12, Ubuntu 23.04) spamd is in the package spamassassin, and its unit and settings are called so. */
function debian(hasSpamd: boolean): Layout {
  const name = hasSpamd ? 'spamd' : 'spamassassin';
  return {
    kind: 'debian',
    packages: ['spamass-milter', 'spamassassin', ...(hasSpamd ? ['spamd'] : []), 'spamc'],
    siteConfig: '/etc/spamassassin',
    spamd: {
      unit: `${name}.service`,
      program: '/usr/sbin/spamd',
      account: 'debian-spamd',
      settings: `/etc/default/${name}`,
      variable: 'OPTIONS',
      pid: 'cat /run/spamd/spamd.pid',
    },
    milter: {
      unit: 'spamass-milter.service',
      program: MILTER,
      account: 'spamass-milter',
      settings: '/etc/default/spamass-milter',
      variable: 'OPTIONS',
      pid: 'cat /run/spamass/spamass.pid',
      socket: '/var/spool/postfix/spamass/spamass.sock',
      ignoreAuthenticated: '-I',
    },
  };
}

/** Red Hat and EPEL: the milter's account and its group-writable socket come with spamass-milter-postfix. */
const REDHAT: Layout = {
  kind: 'redhat',
  packages: ['spamassassin', 'spamass-milter', 'spamass-milter-postfix'],
  siteConfig: '/etc/mail/spamassassin',
  spamd: {
    unit: 'spamassassin.service',
    program: '/usr/bin/spamd',
    account: 'spamd',
    settings: '/etc/sysconfig/spamassassin',
    variable: 'SPAMDOPTIONS',
    pid: 'cat /run/spamd/spamd.pid',
  },
  milter: {
    unit: 'spamass-milter.service',
    program: MILTER,
    account: 'sa-milt',
    settings: '/etc/sysconfig/spamass-milter',
    variable: 'EXTRA_FLAGS',
    pid: 'cat /run/spamass-milter/spamass-milter.pid',
    socket: '/run/spamass-milter/postfix/sock',
    ignoreAuthenticated: '-a',
  },
};

const EL6: Layout = {
  ...REDHAT,
  kind: 'el6',
  spamd: { ...REDHAT.spamd, pid: 'pgrep -o -x spamd' },
  milter: {
    ...REDHAT.milter,
    pid: 'pgrep -o -x spamass-milter',
    socket: '/var/run/spamass-milter/postfix/sock',
    ignoreAuthenticated: '-I',
  },
};

/** CentOS 5 as in the account that the role comes from: the package has neither accounts nor a socket that Postfix may open. */
const EL5: Layout = {
  ...EL6,
  kind: 'el5',
  packages: ['spamassassin', 'spamass-milter'],
  spamd: { ...EL6.spamd, account: 'spamassassin' },
  milter: { ...EL6.milter, account: 'spamass-milter', socket: '/var/run/spamass-milter/spamass.sock' },
};

/** The layout of a host; its platform is one that the role supports. */
export function layoutOf({ os }: BaseFacts): Layout {
  const version = Number.parseInt(os.version, 10);
  // Debian testing has no version: it counts as newest.
  if (os.family === 'debian') return debian(!(version < ([os.id, ...os.idLike].includes('ubuntu') ? 23 : 12)));
  if (version >= 8) return REDHAT;
  return version === 6 ? EL6 : EL5;
}
