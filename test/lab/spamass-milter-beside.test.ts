import { afterAll, beforeAll, expect, test } from 'vitest';
import { readmeExample } from '../roles/readme.ts';
import { cli, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { GTUBE, milterPlaybook, sendMail } from './mail.ts';

const HOST = 'web01';

describeLab('spamass-milter beside others', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let inventory: string[];

  beforeAll(async () => {
    inventory = ['-i', lab().inventoryFile];
    work = await workspace({
      'readme.yml': readmeExample('spamass-milter', { mailservers: HOST, 'score: 5': 'score: 5\n        dns: false' }),
      'accept.yml': milterPlaybook(HOST, 'dns: false, score: 7, milterDefaultAction: accept'),
      'busybox.yml': milterPlaybook('busybox', 'dns: false'),
      'wrong.yml': milterPlaybook(HOST, 'score: 5.5'),
    });
  });
  afterAll(() => work.remove());

  test('the README’s example keeps a milter that was there before it', async () => {
    await sh(
      HOST,
      'DEBIAN_FRONTEND=noninteractive apt-get -qq -y install postfix >/dev/null 2>&1; postconf -e smtpd_milters=inet:127.0.0.1:8891',
    );
    const apply = await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    expect(await sh(HOST, 'postconf -h smtpd_milters')).toBe('inet:127.0.0.1:8891, unix:spamass/spamass.sock\n');
    expect(await sh(HOST, 'grep "^score" /etc/spamassassin/local.cf')).toBe('score RCVD_IN_XBL 3.5\n');
    expect((await cli(work.path, ['check', 'readme.yml', ...inventory])).code).toBe(0);
  });

  test('our milter missing beside another is found and added behind it', async () => {
    await sh(HOST, "postconf -e 'smtpd_milters={ inet:127.0.0.1:8891, default_action=accept }'");
    expect((await cli(work.path, ['check', 'readme.yml', ...inventory])).code).toBe(3);
    expect((await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory])).code).toBe(0);
    expect(await sh(HOST, 'postconf -h smtpd_milters')).toBe('{ inet:127.0.0.1:8891, default_action=accept }, unix:spamass/spamass.sock\n');
  });

  test('the account’s own setting, which a chrooted smtpd cannot open, gives way to ours', async () => {
    await sh(
      HOST,
      'postconf -e smtpd_milters=unix:/var/spool/postfix/spamass/spamass.sock,inet:127.0.0.1:8891; postfix reload 2>/dev/null',
    );
    expect(await sendMail(HOST, 'Lunch at noon?')).toMatch(/^451 4\.7\.1/);
    expect((await cli(work.path, ['check', 'readme.yml', ...inventory])).code).toBe(3);
    expect((await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory])).code).toBe(0);
    expect(await sh(HOST, 'postconf -h smtpd_milters')).toBe('inet:127.0.0.1:8891, unix:spamass/spamass.sock\n');
    expect((await cli(work.path, ['check', 'readme.yml', ...inventory])).code).toBe(0);
  });

  test('milters of its own in master.cf are told of: what main.cf says would not count', async () => {
    await sh(HOST, "postconf -e smtpd_milters=; postconf -P 'smtp/inet/smtpd_milters=inet:127.0.0.1:8891'");
    const check = await cli(work.path, ['check', 'readme.yml', ...inventory]);
    expect(check.code).toBe(3);
    const apply = await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory]);
    expect(apply.code).toBe(2);
    expect(apply.stdout).toContain('master.cf gives smtp inet milters of its own (-o smtpd_milters=inet:127.0.0.1:8891)');
    expect(await sh(HOST, "postconf -h smtpd_milters; postconf -PX 'smtp/inet/smtpd_milters'")).toBe('\n');
    expect((await cli(work.path, ['apply', '--yes', 'readme.yml', ...inventory])).code).toBe(0);
    expect(await sh(HOST, 'postconf -h smtpd_milters')).toBe('unix:spamass/spamass.sock\n');
  });

  test('while the milter is down mail is put off, and with the other default action accepted', async () => {
    await sh(HOST, 'systemctl stop spamass-milter');
    expect(await sendMail(HOST, 'Lunch at noon?')).toMatch(/^451 4\.7\.1/);
    const apply = await cli(work.path, ['apply', '--yes', 'accept.yml', ...inventory]);
    expect(apply.code, apply.stdout + apply.stderr).toBe(0);
    await sh(HOST, 'systemctl stop spamass-milter');
    expect(await sendMail(HOST, GTUBE)).toMatch(/^250 /);
  });

  test('another score is another score for the milter and for spamd', async () => {
    expect((await cli(work.path, ['apply', '--yes', 'accept.yml', ...inventory])).code).toBe(0);
    expect(await sendMail(HOST, 'Lunch at noon?')).toMatch(/^250 /);
    expect(await sh(HOST, 'journalctl -o cat -t spamd | grep "result: .*@example.com" | tail -n 1')).toContain('required_score=7.0,');
    expect(await sh(HOST, 'ps -e -o args= | grep "spamass-milte[r] -P"')).toContain(' -r 7 ');
  });

  test('a host that it does not support is refused by name, and a wrong score at its place before any host is asked', async () => {
    const unsupported = await cli(work.path, ['apply', '--yes', 'busybox.yml', ...inventory]);
    expect(unsupported.code).toBe(2);
    expect(unsupported.stdout).toContain('role spamass-milter does not support busybox and dropbear');
    const wrong = await cli(work.path, ['apply', '--yes', 'wrong.yml', ...inventory]);
    expect(wrong.code).toBe(5);
    expect(wrong.stderr).toMatch(/wrong\.yml:5:24 .*the score is a whole number from 1 to 50/);
  });
}, [HOST, 'busybox']);
