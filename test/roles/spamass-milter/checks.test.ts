import { execFileSync } from 'node:child_process';
import { chmodSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { asks, canOpen } from '../../../roles/spamass-milter/checks.ts';
import { folder } from '../../cli/folder.ts';

/** A postconf that answers from files named like the parameters, and a master.cf; what a check says there, empty when it holds. */
async function said(check: readonly string[], master: string, main: Readonly<Record<string, string>> = {}): Promise<string> {
  const parameters = { queue_directory: '/var/spool/postfix', mail_owner: 'postfix', compatibility_level: '3.6', ...main };
  const root = await folder({
    'bin/postconf':
      '#!/bin/sh\ncd "$(dirname "$0")/.." || exit 1\n[ "$2" != config_directory ] || exec pwd\ncat "main/$2" 2>/dev/null; exit 0\n',
    'master.cf': `# service type private unpriv chroot wakeup maxproc command + args\n${master}\n`,
    ...Object.fromEntries(Object.entries(parameters).map(([name, value]) => [`main/${name}`, value])),
  });
  chmodSync(join(root, 'bin/postconf'), 0o755);
  const [program = '', ...args] = check;
  try {
    execFileSync(program, args, { env: { PATH: `${join(root, 'bin')}:${process.env.PATH}` }, stdio: ['ignore', 'pipe', 'ignore'] });
    return '';
  } catch (error) {
    return String((error as { stdout: Buffer }).stdout).trim();
  }
}

const MILTER = 'unix:spamass/spamass.sock';
const SMTP = 'smtp inet n - y - - smtpd';
const POSTSCREEN = 'smtp inet n - y - 1 postscreen\nsmtpd pass - - y - - smtpd';

describe('spamass-milter, master.cf', () => {
  test.each<[string, string, Readonly<Record<string, string>>]>([
    ['nothing special', SMTP, {}],
    ['a port by its number, on one address', '192.0.2.25:25 inet n - y - - smtpd\n  -o content_filter=', {}],
    ['other milters for submission', `${SMTP}\nsubmission inet n - y - - smtpd\n  -o smtpd_milters=inet:localhost:1\n`, {}],
    ['no milters behind a content filter', `${SMTP}\n127.0.0.1:10025 inet n - n - - smtpd -o receive_override_options=no_milters`, {}],
    ['milters of its own, ours among them', `${SMTP}\n  -o smtpd_milters=inet:localhost:1,${MILTER}`, {}],
    ['a comment', `${SMTP}\n#  -o smtpd_milters=\n  # -o smtpd_milters=`, {}],
    ['other milters for what Postfix itself sends', `${SMTP}\n  -o non_smtpd_milters=inet:localhost:1`, {}],
    ['no_milters taken back', `${SMTP}\n  -o receive_override_options=`, { receive_override_options: 'no_milters' }],
    ['postscreen', POSTSCREEN, {}],
  ])('leaves the milters to main.cf: %s', async (_title, master, main) => {
    expect(await said(asks(MILTER), master, main)).toBe('');
  });

  test.each<[string, string, Readonly<Record<string, string>>, string]>([
    [
      'other milters',
      `${SMTP}\n    -o smtpd_milters=inet:localhost:8891`,
      {},
      'smtp inet milters of its own (-o smtpd_milters=inet:localhost:8891)',
    ],
    ['none at all', `${SMTP} -o smtpd_milters= -o content_filter=`, {}, 'smtp inet milters of its own (-o smtpd_milters=)'],
    [
      'a list in braces',
      `${SMTP}\n -o { smtpd_milters = { inet:a:1, b=c }, inet:b:2 }\n -o x=y`,
      {},
      '(-o smtpd_milters={ inet:a:1, b=c }, inet:b:2 )',
    ],
    ['no_milters', `${SMTP}\n\t-o receive_override_options=no_address_mappings,no_milters`, {}, 'no milter is asked on smtp inet'],
    ['no_milters in main.cf', SMTP, { receive_override_options: 'no_milters' }, 'no milter is asked on smtp inet'],
    ['the smtpd behind postscreen', `${POSTSCREEN}\n  -o smtpd_milters=`, {}, 'gives smtpd pass milters of its own'],
    [
      'an address with the port',
      '[2001:db8::25]:smtp inet n - y - - smtpd -o smtpd_milters=',
      {},
      'gives [2001:db8::25]:smtp inet milters',
    ],
    ['no smtpd', 'pickup unix n - y 60 1 pickup', {}, 'master.cf has no smtpd'],
  ])('does not: %s', async (_title, master, main, message) => {
    expect(await said(asks(MILTER), master, main)).toContain(message);
  });

  const absolute = canOpen('/run/spamass-milter/postfix/sock', 'unix:/run/spamass-milter/postfix/sock');
  test.each<[string, string, string, string]>([
    ['y', SMTP, '3.6', 'smtpd is chrooted (master.cf, smtp inet, column 5 is y)'],
    ['the default of old', 'smtp inet n - - - - smtpd', '', 'column 5 is -'],
    ['the default of today', 'smtp inet n - - - - smtpd', '3.6', 'there is no socket'],
    ['n', 'smtp inet n - n - - smtpd', '', 'there is no socket'],
    [
      'the smtpd behind postscreen',
      'smtp inet n - n - 1 postscreen\nsmtpd pass - - y - - smtpd',
      '3.6',
      'master.cf, smtpd pass, column 5 is y',
    ],
    ['postscreen itself does not count', 'smtp inet n - y - 1 postscreen\nsmtpd pass - - n - - smtpd', '3.6', 'there is no socket'],
    ['a port by its number', '25 inet n - n - - smtpd', '3.6', 'there is no socket'],
  ])('chroot: %s', async (_title, master, level, message) => {
    expect(await said(absolute, master, { compatibility_level: level })).toContain(message);
  });
});
