import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { GTUBE, milterPlaybook, sendMail } from './mail.ts';

const HOST = 'web01';

/** All that the role is about, by the host's own tools. */
const LOOK = `
postconf -h smtpd_milters milter_default_action non_smtpd_milters
grep -hE '^[[:space:]]*(required_score|required_hits|bayes_auto_learn|dns_available|score)\\b' /etc/spamassassin/local.cf | sort
grep -E '^(OPTIONS|SOCKET)' /etc/default/spamass-milter /etc/default/spamd
stat -c '%U:%G %a' /var/spool/postfix/spamass /var/spool/postfix/spamass/spamass.sock
ps -e -o user:20=,args= | grep -E '^[^ ]+ +(/usr/bin/perl .*spamd|spamd child|/usr/sbin/spamass-milter)' | sort -u
systemctl is-active spamd spamass-milter postfix@-
systemctl is-enabled spamd spamass-milter postfix 2>/dev/null
`;

const FOUND = `unix:spamass/spamass.sock
tempfail

bayes_auto_learn 0
dns_available no
required_score 5
/etc/default/spamass-milter:OPTIONS="-u spamass-milter -i 127.0.0.1 -I -r 5 -- -d 127.0.0.1"
/etc/default/spamass-milter:SOCKET=/var/spool/postfix/spamass/spamass.sock
/etc/default/spamass-milter:SOCKETOWNER=postfix:postfix
/etc/default/spamass-milter:SOCKETMODE=0660
/etc/default/spamd:OPTIONS="-i 127.0.0.1 --max-children 5 --nouser-config"
spamass-milter:root 755
postfix:postfix 660
debian-spamd         /usr/bin/perl -T -w /usr/sbin/spamd --pidfile=/run/spamd/spamd.pid -i 127.0.0.1 --max-children 5 --nouser-config
debian-spamd         spamd child
spamass-milter       /usr/sbin/spamass-milter -P /var/run/spamass/spamass.pid -f -p /var/spool/postfix/spamass/spamass.sock -u spamass-milter -i 127.0.0.1 -I -r 5 -- -d 127.0.0.1
active
active
active
enabled
enabled
enabled
`;

describeLab('spamass-milter with Debian’s own Postfix, spamd and milter', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let args: string[];

  beforeAll(async () => {
    // The lab has no name server.
    work = await workspace({ 'site.yml': milterPlaybook(HOST, 'dns: false') });
    args = ['site.yml', '-i', lab().inventoryFile];
  });
  afterAll(() => work.remove());

  const expectCode = (result: CliResult, code: number): void => expect(result.code, result.stdout + result.stderr).toBe(code);

  test('a plan says what it will see only then, and leaves every file and unit as it was', async () => {
    const before = await lab().snapshot(HOST);
    const plan = await cli(work.path, ['plan', ...args]);
    expectCode(plan, 0);
    expect(plan.stdout).toContain('spamass-milter/package[');
    expectCode(await cli(work.path, ['check', ...args]), 3);
    expect(differences(before, await lab().snapshot(HOST))).toEqual([]);
  });

  test('apply sets everything up, read back by the host’s own tools', async () => {
    expectCode(await cli(work.path, ['apply', '--yes', ...args]), 0);
    expect(await sh(HOST, LOOK)).toBe(FOUND);
  });

  test('GTUBE is rejected during SMTP and a clean message is accepted, and spamd logged the one score for both', async () => {
    expect(await sendMail(HOST, GTUBE)).toMatch(/^550 5\.7\.1 Blocked by SpamAssassin/);
    expect(await sendMail(HOST, 'Lunch at noon?')).toMatch(/^250 2\.0\.0 Ok: queued/);
    const log = await sh(HOST, 'journalctl -o cat -t spamd');
    expect(log).toMatch(/spamd: result: Y .*required_score=5\.0,/);
    expect(log).toMatch(/spamd: result: \. .*required_score=5\.0,/);
    expect(log).not.toContain('handle_user');
    expect(await sh(HOST, 'until [ -s /var/mail/root ]; do sleep 0.1; done; grep -c X-Spam-Status: /var/mail/root')).toBe('1\n');
  });

  test('a second apply changes nothing, in at most two round trips', async () => {
    expectCode(await cli(work.path, ['apply', '--yes', ...args]), 0);
    const [host] = (await lastReport(work.path)).hosts;
    expect(host?.steps.filter((step) => step.outcome === 'changed')).toEqual([]);
    expect(host?.connection?.roundTrips).toBeLessThanOrEqual(2);
    expectCode(await cli(work.path, ['check', ...args]), 0);
  });

  test.each<[string, string]>([
    ['required_score', "sed -i 's/^required_score 5/required_score 7/' /etc/spamassassin/local.cf"],
    ['a second required_score behind the first', 'echo required_score 9 >>/etc/spamassassin/local.cf'],
    ['the old name of required_score', 'echo required_hits 9 >>/etc/spamassassin/local.cf'],
    [
      'required_score, which spamd has read',
      "sed -i 's/^required_score 5/required_score 7/' /etc/spamassassin/local.cf; systemctl restart spamd",
    ],
    ['bayes_auto_learn', "sed -i 's/^bayes_auto_learn 0/bayes_auto_learn 1/' /etc/spamassassin/local.cf"],
    ['the milter’s score', "sed -i 's/ -r 5/ -r 15/' /etc/default/spamass-milter"],
    ['the milter’s socket', "sed -i 's,^SOCKET=.*,SOCKET=/run/spamass/other.sock,' /etc/default/spamass-milter"],
    ['the mode of the milter’s socket', "sed -i 's,^SOCKETMODE=.*,SOCKETMODE=0600,' /etc/default/spamass-milter"],
    ['the options of spamd', "sed -i 's/--nouser-config/--create-prefs/' /etc/default/spamd"],
    ['a unit that systemd has yet to read', 'touch /etc/systemd/system/spamd.service.d/drover.conf'],
    ['the account of spamd', 'rm /etc/systemd/system/spamd.service.d/drover.conf; systemctl daemon-reload'],
    ['the socket itself', 'chown root:root /var/spool/postfix/spamass/spamass.sock'],
    ['the folder of the socket', 'chmod 700 /var/spool/postfix/spamass'],
    ['milter_default_action', 'postconf -e milter_default_action=accept'],
    ['a milter that says otherwise for itself', "postconf -e 'smtpd_milters={ unix:spamass/spamass.sock, default_action=accept }'"],
    ['spamd stopped', 'systemctl stop spamd'],
    ['spamd disabled', 'systemctl disable --quiet spamd'],
    ['the milter stopped', 'systemctl stop spamass-milter'],
    ['the milter disabled', 'systemctl disable --quiet spamass-milter 2>/dev/null'],
    ['the milter killed, which its unit does not notice', 'kill -KILL $(cat /run/spamass/spamass.pid)'],
    ['Postfix stopped, which its unit does not notice', 'postfix stop 2>/dev/null'],
    [
      'a milter that runs with the options of yesterday',
      "cp -p /etc/default/spamass-milter /root/kept; sed -i 's/ -r 5/ -r 15/' /etc/default/spamass-milter; systemctl restart spamass-milter; cp -p /root/kept /etc/default/spamass-milter",
    ],
    [
      'a spamd that has read yesterday’s configuration',
      "cp -p /etc/spamassassin/local.cf /root/kept; sed -i 's/^required_score 5/required_score 7/' /etc/spamassassin/local.cf; systemctl restart spamd; cp -p /root/kept /etc/spamassassin/local.cf",
    ],
  ])('drift is found by check and repaired by apply: %s', async (_title, spoil) => {
    await sh(HOST, spoil);
    expectCode(await cli(work.path, ['check', ...args]), 3);
    expectCode(await cli(work.path, ['apply', '--yes', ...args]), 0);
    expect(await sh(HOST, LOOK)).toBe(FOUND);
    expectCode(await cli(work.path, ['check', ...args]), 0);
  });
}, [HOST]);
