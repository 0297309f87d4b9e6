import { connect } from 'node:net';
import { createInterface } from 'node:readline';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readmeExample } from '../roles/readme.ts';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { differences } from './fleet/snapshot.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';

const GTUBE = 'XJS*C4JDBQADN1.NSBN3*2IDNEN*GTUBE-STANDARD-ANTI-UBE-TEST-EMAIL*C.34X';
const HOST = 'web01';
const OTHER = 'web02';
/** The lab has no name server. */
const PARAMS = 'dns: false';

function playbook(params: string, hosts: string = HOST): string {
  return `- hosts: ${hosts}\n  become: true\n  roles:\n    - role: spamass-milter\n      params: { ${params} }\n`;
}

/** Sends a message from this machine, which the milter does not ignore, and resolves to the answer to its end. */
async function sendMail(body: string, name: string = HOST): Promise<string> {
  const socket = connect({ host: lab().host(name).address, port: 25, timeout: 60_000 });
  const said = [
    ...['EHLO client.example.com', 'MAIL FROM:<sender@example.com>', 'RCPT TO:<root@localhost>', 'DATA'],
    `From: sender@example.com\r\nTo: root@localhost\r\nSubject: drover\r\nDate: ${new Date().toUTCString()}\r\nMessage-ID: <${Date.now()}@example.com>\r\n\r\n${body}\r\n.`,
  ];
  try {
    for await (const line of createInterface({ input: socket })) {
      // A dash behind the code says that more lines follow (RFC 5321, section 4.2.1).
      if (line[3] === '-') continue;
      const next = said.shift();
      if (next === undefined || /^[45]/.test(line)) return line;
      socket.write(`${next}\r\n`);
    }
  } finally {
    socket.destroy();
  }
  throw new Error('the server hung up');
}

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
    work = await workspace({ 'site.yml': playbook(PARAMS) });
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
    expect(await sendMail(GTUBE)).toMatch(/^550 5\.7\.1 Blocked by SpamAssassin/);
    expect(await sendMail('Lunch at noon?')).toMatch(/^250 2\.0\.0 Ok: queued/);
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
}, ['web01', 'web02', 'busybox', 'el9']);

describeLab('spamass-milter beside others', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let inventory: string[];

  beforeAll(async () => {
    inventory = ['-i', lab().inventoryFile];
    work = await workspace({
      'readme.yml': readmeExample('spamass-milter', { mailservers: OTHER, 'score: 5': 'score: 5\n        dns: false' }),
      'accept.yml': playbook('dns: false, score: 7, milterDefaultAction: accept', OTHER),
      'busybox.yml': playbook('dns: false', 'busybox'),
      'wrong.yml': playbook('score: 5.5', OTHER),
    });
  });
  afterAll(() => work.remove());

  test('the README’s example keeps a milter that was there before it', async () => {
    await sh(
      OTHER,
      'DEBIAN_FRONTEND=noninteractive apt-get -qq -y install postfix >/dev/null 2>&1; postconf -e smtpd_milters=inet:127.0.0.1:8891',
    );
    const apply = await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await sh(OTHER, 'postconf -h smtpd_milters')).toBe('inet:127.0.0.1:8891, unix:spamass/spamass.sock\n');
    expect(await sh(OTHER, 'grep "^score" /etc/spamassassin/local.cf')).toBe('score RCVD_IN_XBL 3.5\n');
    expect((await cli(work.path, ['check', 'readme.yml', ...inventory])).code).toBe(0);
  });

  test('our milter missing beside another is found and added behind it', async () => {
    await sh(OTHER, "postconf -e 'smtpd_milters={ inet:127.0.0.1:8891, default_action=accept }'");
    expect((await cli(work.path, ['check', 'readme.yml', ...inventory])).code).toBe(3);
    expect((await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory])).code).toBe(0);
    expect(await sh(OTHER, 'postconf -h smtpd_milters')).toBe(
      '{ inet:127.0.0.1:8891, default_action=accept }, unix:spamass/spamass.sock\n',
    );
  });

  test('while the milter is down mail is put off, and with the other default action accepted', async () => {
    await sh(OTHER, 'systemctl stop spamass-milter');
    expect(await sendMail('Lunch at noon?', OTHER)).toMatch(/^451 4\.7\.1/);
    const apply = await cli(work.path, ['apply', '--yes', 'accept.yml', ...inventory]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await sh(OTHER, 'systemctl stop spamass-milter');
    expect(await sendMail(GTUBE, OTHER)).toMatch(/^250 /);
  });

  test('another score is another score for the milter and for spamd', async () => {
    expect((await cli(work.path, ['apply', '--yes', 'accept.yml', ...inventory])).code).toBe(0);
    expect(await sendMail('Lunch at noon?', OTHER)).toMatch(/^250 /);
    expect(await sh(OTHER, 'journalctl -o cat -t spamd | grep "result: .*@example.com" | tail -n 1')).toContain('required_score=7.0,');
    expect(await sh(OTHER, 'ps -e -o args= | grep "spamass-milte[r] -P"')).toContain(' -r 7 ');
  });

  test('a host that it does not support is refused by name, and a wrong score at its place before any host is asked', async () => {
    const unsupported = await cli(work.path, ['apply', '--yes', 'busybox.yml', ...inventory]);
    expect(unsupported.code).toBe(2);
    expect(unsupported.stdout).toContain('role spamass-milter does not support busybox and dropbear');
    const wrong = await cli(work.path, ['apply', '--yes', 'wrong.yml', ...inventory]);
    expect(wrong.code).toBe(5);
    expect(wrong.stderr).toMatch(/wrong\.yml:5:24 .*the score is a whole number from 1 to 50/);
  });
}, ['web01', 'web02', 'busybox', 'el9']);

describeLab('spamass-milter on Red Hat, with stub packages', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let args: string[];

  beforeAll(async () => {
    work = await workspace({ 'site.yml': playbook('rejectText: This looks like spam', 'el9') });
    args = ['site.yml', '-i', lab().inventoryFile];
  });
  afterAll(() => work.remove());

  const look = async (): Promise<string> =>
    sh(
      'el9',
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
    await sh('el9', spoil);
    expect((await cli(work.path, ['check', ...args])).code).toBe(3);
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await look()).toBe(FOUND_EL);
  });

  test('a chrooted smtpd is never told of a socket that it cannot open', async () => {
    await sh('el9', "postconf -e 'smtpd_milters = '; sed -i 's/^\\(smtp  *inet  *n  *-  *\\)n/\\1y/' /etc/postfix/master.cf");
    const apply = await cli(work.path, ['apply', '--yes', ...args]);
    expect(apply.code).toBe(2);
    expect(apply.stdout).toContain('smtpd is chrooted');
    expect(await sh('el9', 'postconf -h smtpd_milters')).toBe('\n');
  });
}, ['web01', 'web02', 'busybox', 'el9']);
