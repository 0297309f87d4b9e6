import { describe, expect, it } from 'vitest';
import { params } from '../../../roles/spamass-milter/params.ts';
import role from '../../../roles/spamass-milter/role.ts';
import type { BaseFacts } from '../../../src/model/fact.ts';
import type { Step } from '../../../src/model/step.ts';
import { platformProblem } from '../../../src/plan/assemble.ts';
import { named, PLATFORMS, planWith, wants } from '../cases.ts';

function made(facts: BaseFacts, given: Readonly<Record<string, unknown>> = {}) {
  const context = { facts, allow: { reboot: false, disconnect: false }, host: { name: 'mx01', groups: [], vars: {} } };
  return role.steps({ ...context, params: params.parse(given) });
}

function stepsOf(facts: BaseFacts, given: Readonly<Record<string, unknown>> = {}): readonly Step[] {
  const result = made(facts, given);
  if ('refused' in result) throw new Error(result.refused);
  return result.steps;
}

const { debian12, redhat9, redhat8, redhat7, centos6, centos5 } = PLATFORMS;
const debian11: BaseFacts = { ...debian12, os: { ...debian12.os, version: '11' } };

describe('spamass-milter on Debian 12', () => {
  it('tells Postfix of the milter last, behind daemons that run and a socket that Postfix can open', () => {
    expect(named(stepsOf(debian12))).toEqual([
      'package postfix',
      'command Postfix runs',
      'service postfix.service',
      'package spamass-milter,spamassassin,spamd,spamc',
      'ini /etc/spamassassin/local.cf required_score',
      'ini /etc/spamassassin/local.cf bayes_auto_learn',
      'ini /etc/spamassassin/local.cf dns_available',
      'ini /etc/spamassassin/local.cf required_hits',
      'block /etc/spamassassin/local.cf scores of rules',
      'command systemd reads spamd.service anew',
      'systemdUnit spamd.service.d/drover.conf',
      'verify systemd has read spamd.service',
      'ini /etc/default/spamd OPTIONS',
      'command spamd.service runs as configured',
      'service spamd.service',
      'ini /etc/default/spamass-milter OPTIONS',
      'ini /etc/default/spamass-milter SOCKET',
      'ini /etc/default/spamass-milter SOCKETOWNER',
      'ini /etc/default/spamass-milter SOCKETMODE',
      'directory /var/spool/postfix/spamass',
      'command spamass-milter.service runs as configured',
      'service spamass-milter.service',
      'command Postfix can open the socket',
      'command master.cf leaves the milters to main.cf',
      'postfixSetting milter_default_action',
      'postfixSetting smtpd_milters includes unix:spamass/spamass.sock',
      'postfixSetting smtpd_milters excludes unix:/var/spool/postfix/spamass/spamass.sock',
    ]);
  });

  it.each<[Record<string, unknown>, string, string]>([
    [{}, '-r 5', '5'],
    [{ score: 12 }, '-r 12', '12'],
    [{ score: 'sa-flag' }, '-r -1', '5'],
    [{ score: 'sa-flag', requiredScore: 6.2 }, '-r -1', '6.2'],
  ])('has one score for both: %j', (given, flag, required) => {
    const steps = stepsOf(debian12, given);
    expect(wants(steps, 'ini /etc/default/spamass-milter OPTIONS', 'OPTIONS')).toBe(
      `-u spamass-milter -i 127.0.0.1 -I ${flag} -- -d 127.0.0.1`,
    );
    expect(wants(steps, 'ini /etc/spamassassin/local.cf required_score', 'required_score')).toBe(required);
    const guards = steps.flatMap((step) => step.reads.filter(({ kind }) => kind === 'guard').map(({ key }) => key));
    expect(guards.some((guard) => guard.includes(` ${flag} -- -d 127.0.0.1 END`))).toBe(true);
    expect(guards.some((guard) => guard.includes(`required_score ${required}`))).toBe(true);
  });

  it('gives every parameter its option', () => {
    const given = {
      ignoreNetworks: ['127.0.0.1', '192.0.2.0/24'],
      ignoreAuthenticated: false,
      defaultUser: 'mail',
      spamdUser: 'filter',
      perUserConfig: true,
      maxChildren: 2,
      milterDefaultAction: 'accept',
      rejectText: 'See-https://mail.example.com/spam',
      dnsblAsScore: { RCVD_IN_XBL: 3.5 },
      bayesAutolearn: true,
      dns: false,
    };
    const steps = stepsOf(debian12, given);
    expect(wants(steps, 'ini /etc/default/spamass-milter OPTIONS', 'OPTIONS')).toBe(
      '-u mail -i 127.0.0.1,192.0.2.0/24 -r 5 -R See-https://mail.example.com/spam -- -d 127.0.0.1',
    );
    expect(wants(steps, 'ini /etc/default/spamd OPTIONS', 'OPTIONS')).toBe('-i 127.0.0.1 --max-children 2 --create-prefs');
    expect(wants(steps, 'systemdUnit spamd.service.d/drover.conf')).toContain('\nUser=filter\n');
    expect(named(steps)).toContain('user filter');
    expect(wants(steps, 'postfixSetting milter_default_action', 'milter_default_action')).toBe('accept');
    expect(wants(steps, 'block /etc/spamassassin/local.cf scores of rules', 'block')).toBe('score RCVD_IN_XBL 3.5\n');
    expect(wants(steps, 'ini /etc/spamassassin/local.cf bayes_auto_learn', 'bayes_auto_learn')).toBe('1');
    expect(wants(steps, 'ini /etc/spamassassin/local.cf dns_available', 'dns_available')).toBe('no');
  });

  it('names a socket as a chrooted smtpd finds it, and takes the standard one out where there is another', () => {
    const steps = named(stepsOf(debian12, { socket: '/var/spool/postfix/filter/sa.sock' }));
    expect(steps.slice(-4)).toEqual([
      'postfixSetting smtpd_milters includes unix:filter/sa.sock',
      'postfixSetting smtpd_milters excludes unix:/var/spool/postfix/filter/sa.sock',
      'postfixSetting smtpd_milters excludes unix:spamass/spamass.sock',
      'postfixSetting smtpd_milters excludes unix:/var/spool/postfix/spamass/spamass.sock',
    ]);
    expect(steps).toContain('directory /var/spool/postfix/filter');
  });

  it('finds spamd in the package spamassassin of Debian 11', () => {
    const steps = named(stepsOf(debian11));
    expect(steps).toContain('package spamass-milter,spamassassin,spamc');
    expect(steps).toContain('systemdUnit spamassassin.service.d/drover.conf');
    expect(steps).toContain('ini /etc/default/spamassassin OPTIONS');
  });

  it.each([
    ['20.04', 'spamass-milter,spamassassin,spamc', 'spamassassin.service'],
    ['22.04', 'spamass-milter,spamassassin,spamc', 'spamassassin.service'],
    ['24.04', 'spamass-milter,spamassassin,spamd,spamc', 'spamd.service'],
  ])('counts Ubuntu %s by its own versions', (version, packages, unit) => {
    const steps = named(stepsOf({ ...debian12, os: { ...debian12.os, id: 'ubuntu', idLike: ['debian'], version } }));
    expect(steps).toContain(`package ${packages}`);
    expect(steps).toContain(`service ${unit}`);
  });
});

describe('spamass-milter on Red Hat', () => {
  it.each([redhat8, redhat9])('has EPEL’s accounts, socket and names', (facts) => {
    const steps = stepsOf(facts, { rejectText: 'This looks like spam' });
    expect(named(steps)).toEqual([
      'package postfix',
      'command Postfix runs',
      'service postfix.service',
      'package spamassassin,spamass-milter,spamass-milter-postfix',
      'user spamd',
      'ini /etc/mail/spamassassin/local.cf required_score',
      'ini /etc/mail/spamassassin/local.cf bayes_auto_learn',
      'ini /etc/mail/spamassassin/local.cf dns_available',
      'ini /etc/mail/spamassassin/local.cf required_hits',
      'block /etc/mail/spamassassin/local.cf scores of rules',
      'command systemd reads spamassassin.service anew',
      'systemdUnit spamassassin.service.d/drover.conf',
      'verify systemd has read spamassassin.service',
      'ini /etc/sysconfig/spamassassin SPAMDOPTIONS',
      'command spamassassin.service runs as configured',
      'service spamassassin.service',
      'command systemd reads spamass-milter.service anew',
      'systemdUnit spamass-milter.service.d/drover.conf',
      'verify systemd has read spamass-milter.service',
      'ini /etc/sysconfig/spamass-milter EXTRA_FLAGS',
      'command spamass-milter.service runs as configured',
      'service spamass-milter.service',
      'command Postfix can open the socket',
      'command master.cf leaves the milters to main.cf',
      'postfixSetting milter_default_action',
      'postfixSetting smtpd_milters includes unix:/run/spamass-milter/postfix/sock',
      'postfixSetting smtpd_milters excludes unix:/var/run/spamass-milter/postfix/sock',
    ]);
    expect(wants(steps, 'ini /etc/sysconfig/spamass-milter EXTRA_FLAGS', 'EXTRA_FLAGS')).toBe(
      "-u sa-milt -i 127.0.0.1 -a -r 5 -R 'This looks like spam' -- -d 127.0.0.1",
    );
    expect(wants(steps, 'systemdUnit spamass-milter.service.d/drover.conf')).toContain(
      'ExecStart=/usr/sbin/spamass-milter -P /run/spamass-milter/spamass-milter.pid -p /run/spamass-milter/postfix/sock -g postfix $EXTRA_FLAGS\n',
    );
  });

  it('has no units on CentOS 6, whose init scripts read the same files', () => {
    const steps = stepsOf(centos6);
    expect(named(steps).filter((name) => /systemd/.test(name))).toEqual([]);
    expect(wants(steps, 'ini /etc/sysconfig/spamass-milter EXTRA_FLAGS', 'EXTRA_FLAGS')).toBe(
      '-u sa-milt -i 127.0.0.1 -I -r 5 -g postfix -- -d 127.0.0.1',
    );
    expect(wants(steps, 'ini /etc/sysconfig/spamassassin SPAMDOPTIONS', 'SPAMDOPTIONS')).toBe(
      '-d -i 127.0.0.1 --max-children 5 --nouser-config -u spamd -g spamd',
    );
    expect(wants(steps, 'command spamassassin.service runs as configured', 'run')).toBe('service spamassassin restart');
    expect(named(steps).at(-2)).toBe('postfixSetting smtpd_milters includes unix:/var/run/spamass-milter/postfix/sock');
  });

  it('does on CentOS 5 what the account says that the package leaves to do', () => {
    const steps = stepsOf(centos5);
    expect(named(steps).slice(4, 11)).toEqual([
      'user spamass-milter',
      'user spamassassin',
      'directory /home/spamass-milter',
      'directory /home/spamassassin/.spamassassin',
      'directory /var/run/spamass-milter',
      expect.stringContaining('line /etc/init.d/spamass-milter \trunuser - spamass-milter -s /bin/bash'),
      'block /etc/init.d/spamass-milter socket',
    ]);
    expect(wants(steps, 'directory /var/run/spamass-milter', 'mode')).toBe('0711');
    expect(wants(steps, 'ini /etc/sysconfig/spamass-milter SOCKET', 'SOCKET')).toBe('/var/run/spamass-milter/spamass.sock');
    expect(wants(steps, 'ini /etc/sysconfig/spamassassin SPAMDOPTIONS', 'SPAMDOPTIONS')).toContain('-u spamassassin -g spamassassin');
  });
});

describe('spamass-milter refuses', () => {
  it.each<[string, BaseFacts, Record<string, unknown>, string]>([
    ['a socket outside of the chroot', debian12, { socket: '/run/spamass/sock' }, 'must be below /var/spool/postfix/'],
    ['a socket in the queue directory itself', debian12, { socket: '/var/spool/postfix/sock' }, 'in a folder of its own'],
    [
      'a socket among those of Postfix itself',
      debian12,
      { socket: '/var/spool/postfix/private/sa.sock' },
      'private, which is Postfix’s own',
    ],
    ['a socket that Postfix’s group cannot reach', redhat9, { socket: '/run/sock' }, 'must be below /run/spamass-milter/postfix/'],
    ['spaces that an init script would part', debian12, { rejectText: 'no spam' }, 'rejectText has spaces'],
    ['a text that the old milter cannot say', centos5, { rejectText: 'spam' }, 'no option for rejectText'],
  ])('%s', (_title, facts, given, reason) => {
    expect(made(facts, given)).toEqual({ refused: expect.stringContaining(reason) });
  });

  it('platforms that it does not know, by name', () => {
    const busybox: BaseFacts = { ...debian12, os: { ...debian12.os, family: 'other', name: 'busybox' }, init: 'none' };
    expect(platformProblem(role, busybox)).toContain('role spamass-milter does not support busybox (init none)');
    expect(platformProblem(role, redhat7)).toContain('does not support');
    for (const facts of [debian11, debian12, redhat8, redhat9, centos6, centos5]) expect(platformProblem(role, facts)).toBeNull();
  });

  it.each<[string, string]>([
    ['score: »5.5', 'the score is a whole number from 1 to 50'],
    ['score: »0', 'at least 1'],
    ['score: »high', 'the score is a whole number from 1 to 50'],
    ['score: 5, requiredScore: »6', 'the required score is the score itself'],
    ['requiredScore: »6', 'the required score is the score itself'],
    ['ignoreNetworks: [127.0.0.1, »0.0.0.0/0]', 'would let most of the Internet past the filter'],
    ['ignoreNetworks: [»example.com]', 'this must be an IPv4 network'],
    ['spamdUser: »root', 'what reads mail from strangers does not run as root'],
    ['defaultUser: »"a b"', 'this is not the name of an account'],
    ['maxChildren: »0', 'at least 1'],
    ['milterDefaultAction: »discard', 'tempfail'],
    ['rejectText: »"$(id)"', 'the text must be plain letters'],
    ['socket: »"../sock"', 'this must be an absolute path'],
    ['bayesAutolearn: »maybe', 'true or false'],
  ])('wrong parameters with their place: %s', async (text, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: spamass-milter\n      params: { ${text} }\n`);
    expect(said).toContain(message);
    expect(said).toContain(place);
    expect(code).toBe(5);
  });
});
