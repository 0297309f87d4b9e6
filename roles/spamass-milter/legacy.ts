import { block, directory, line, type Step, user } from 'drover';
import type { Layout } from './layout.ts';

const INIT_SCRIPT = '/etc/init.d/spamass-milter';

/** The line that starts the milter, in the package's words and in ours. */
const START = /^\s*(daemon|runuser)\b.*spamass-milter/;

/** What the package of CentOS 5 leaves to do: accounts, a directory for the socket, and a socket that Postfix may open. */
export function el5Steps({ milter }: Layout, spamd: string): Step[] {
  const home = (name: string): string => `/home/${name}`;
  return [
    user({ name: milter.account, comment: 'Spamassassin Milter', shell: '/bin/false', home: home(milter.account), createHome: true }),
    user({ name: spamd, comment: 'Spamassassin', shell: '/bin/false', home: home(spamd), createHome: true }),
    directory({ path: home(milter.account), mode: '0711' }),
    directory({ path: `${home(spamd)}/.spamassassin`, owner: spamd, mode: '0700' }),
    directory({ path: '/var/run/spamass-milter', owner: milter.account, mode: '0711' }),
    line({
      path: INIT_SCRIPT,
      match: START,
      line: `\trunuser - ${milter.account} -s /bin/bash -c "${milter.program} -p $SOCKET -f $EXTRA_FLAGS"`,
    }),
    block({
      path: INIT_SCRIPT,
      name: 'socket',
      after: START,
      block: [
        '\tfor i in 1 2 3 4 5 6 7 8 9 10; do [ -S "$SOCKET" ] && break; sleep 1; done',
        '\tchown postfix:postfix "$SOCKET" && chmod 660 "$SOCKET"',
        '',
      ].join('\n'),
    }),
  ];
}
