import { afterAll, beforeAll, expect, test } from 'vitest';
import { cli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { milterPlaybook } from './mail.ts';

const HOST = 'el9';

describeLab('spamass-milter on Red Hat, with stub packages', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let args: string[];

  beforeAll(async () => {
    work = await workspace({ 'site.yml': milterPlaybook(HOST, 'rejectText: This looks like spam') });
    args = ['site.yml', '-i', lab().inventoryFile];
  });
  afterAll(() => work.remove());

  const look = async (): Promise<string> =>
    sh(
      HOST,
      `postconf -h smtpd_milters milter_default_action; grep required_ /etc/mail/spamassassin/local.cf
      stat -c '%U:%G %a' /run/spamass-milter/postfix/sock
      ps -e -o user:20=,args= | grep -E '^[^ ]+ +/(bin/sh|usr/bin/perl) /usr/s?bin/spam' | sort -r; systemctl is-enabled spamassassin spamass-milter postfix`,
    );
  const FOUND_EL = `unix:/run/spamass-milter/postfix/sock
tempfail
required_score 5
sa-milt:postfix 660
spamd                /bin/sh /usr/bin/spamd --pidfile=/run/spamd/spamd.pid -i 127.0.0.1 --max-children 5 --nouser-config
sa-milt              /usr/bin/perl /usr/sbin/spamass-milter -P /run/spamass-milter/spamass-milter.pid -p /run/spamass-milter/postfix/sock -g postfix -u sa-milt -i 127.0.0.1 -a -r 5 -R This looks like spam -- -d 127.0.0.1
enabled
enabled
enabled
`;

  test('apply sets everything up, and a second one changes nothing', async () => {
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await look()).toBe(FOUND_EL);
    expect((await cli(work.path, ['check', ...args])).code).toBe(0);
  });

  test.each<[string, string]>([
    ['required_score', "sed -i 's/^required_score 5/required_score 7/' /etc/mail/spamassassin/local.cf"],
    ['the milter’s score', "sed -i 's/ -r 5/ -r 15/' /etc/sysconfig/spamass-milter; systemctl restart spamass-milter"],
    ['the options of spamd', "sed -i 's/ --nouser-config//' /etc/sysconfig/spamassassin"],
    ['the milter stopped and disabled', 'systemctl disable --quiet --now spamass-milter'],
    ['smtpd_milters', "postconf -e 'smtpd_milters = '"],
  ])('drift is found by check and repaired by apply: %s', async (_title, spoil) => {
    await sh(HOST, spoil);
    expect((await cli(work.path, ['check', ...args])).code).toBe(3);
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await look()).toBe(FOUND_EL);
  });

  test('a chrooted smtpd is never told of a socket that it cannot open', async () => {
    await sh(HOST, "postconf -e 'smtpd_milters = '; sed -i 's/^\\(smtp  *inet  *n  *-  *\\)n/\\1y/' /etc/postfix/master.cf");
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code).toBe(2);
    expect(apply.stdout).toContain('smtpd is chrooted');
    expect(await sh(HOST, 'postconf -h smtpd_milters')).toBe('\n');
  });
}, [HOST]);
