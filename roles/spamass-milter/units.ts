import { type Step, systemdUnit } from 'drover';
import type { Layout } from './layout.ts';

/**
 * spamd as its account from the start, parent included, and not called started before it answers: what comes behind a restart in the role's
 * order needs it. The settings file is the package's own.
 */
export function spamdUnit({ spamd }: Layout, account: string): Step {
  return systemdUnit({
    name: spamd.unit,
    dropIn: 'drover',
    sections: {
      Service: {
        Type: 'simple',
        PIDFile: '',
        User: account,
        RuntimeDirectory: 'spamd',
        // Its port is 783.
        AmbientCapabilities: 'CAP_NET_BIND_SERVICE',
        ExecStartPre: '',
        ExecStart: ['', `${spamd.program} --pidfile=/run/spamd/spamd.pid $${spamd.variable}`],
        ExecStartPost: ["/usr/bin/timeout 60 /bin/sh -c 'until spamc -d 127.0.0.1 -K >/dev/null 2>&1; do sleep 0.2; done'"],
      },
    },
  });
}

/** EPEL's milter with the socket given to Postfix's group, and not called started before the socket is there. */
export function milterUnit({ milter }: Layout, socket: string): Step {
  return systemdUnit({
    name: milter.unit,
    dropIn: 'drover',
    sections: {
      Service: {
        Type: 'simple',
        ExecStart: ['', `${milter.program} ${milterWords(socket)} $${milter.variable}`],
        ExecStartPost: [`/usr/bin/timeout 30 /bin/sh -c 'until test -S ${socket}; do sleep 0.1; done'`],
      },
    },
  });
}

/** The part of the milter's command line that is not in its settings. */
export function milterWords(socket: string): string {
  return `-P /run/spamass-milter/spamass-milter.pid -p ${socket} -g postfix`;
}
