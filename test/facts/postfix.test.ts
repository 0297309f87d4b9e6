import { describe, expect, it } from 'vitest';
import { compileRead } from '../../src/facts/batch.ts';
import { postfixReader } from '../../src/facts/postfix.ts';
import type { FactRequest } from '../../src/model/fact.ts';
import { hosts, testBase } from '../steps/support/host.ts';

/** Postfix 3.7 of Debian 12; the warning comes for a parameter that nothing uses. */
const SET = `append_dot_mydomain = no
smtpd_milters = inet:127.0.0.1:8891, { unix:/a/b, default_action=accept } unix:c
smtpd_banner = $myhostname ESMTP $mail_name (Debian/GNU)
relayhost =
smtp_tls_policy_maps = inline:{a=b = c}
postconf: warning: /etc/postfix/main.cf: unused parameter: foo_bar=x

status 0`;
const DEFAULTS = 'smtpd_milters =\nmilter_default_action = tempfail\nrelayhost =\nsmtp_tls_policy_maps =\n';

const request = (key: string): FactRequest<'postfix'> => ({ kind: 'postfix', key });
const parse = (texts: readonly string[], key: string) =>
  postfixReader
    .parse(
      texts.map((text) => Buffer.from(text)),
      [request(key)],
      testBase(false),
    )
    .get(key);

describe('facts of Postfix', () => {
  it.each<[string, object]>([
    ['smtpd_milters', { value: 'inet:127.0.0.1:8891, { unix:/a/b, default_action=accept } unix:c', default: '' }],
    ['milter_default_action', { value: null, default: 'tempfail' }],
    ['relayhost', { value: '', default: '' }],
    ['smtp_tls_policy_maps', { value: 'inline:{a=b = c}', default: '' }],
    ['smtpd_milter', { value: null, default: null }],
    ['foo_bar', { value: null, default: null }],
  ])('show %s', (key, value) => {
    expect(parse(['yes\n', SET, DEFAULTS, ''], key)).toEqual({ state: 'known', value: { exists: true, ...value } });
  });

  it('say that there is no Postfix, which a package may change', () => {
    const value = { exists: false, value: null, default: null };
    expect(parse(['no\n'], 'smtpd_milters')).toEqual({ state: 'known', value });
  });

  it('cannot be read where postconf fails, with its words', () => {
    const said = 'postconf: fatal: open /etc/postfix/main.cf: No such file or directory\n\nstatus 1';
    expect(parse(['yes\n', said, DEFAULTS, ''], 'smtpd_milters')).toEqual({
      state: 'unreadable',
      reason: 'postconf says: postconf: fatal: open /etc/postfix/main.cf: No such file or directory',
    });
  });

  it('cannot be read where the host printed nothing', () => {
    expect(parse([''], 'smtpd_milters')).toBeUndefined();
  });

  it.each(hosts.map((host) => [host.name, host] as const))(
    'are read by two processes for all keys, in a shell that goes on (%s)',
    (_name, host) => {
      const keys = [request('smtpd_milters'), request("it's $HOME"), request('relayhost')];
      const { script } = compileRead([...keys, { kind: 'guard', key: 'echo behind' }], host.base, 'n0nce');
      const fake = `command() { return 0; }\npostconf() { printf '%s\\n' "ran $*" "relayhost = [192.0.2.1]:25" "it's $HOME = x"; }\n`;
      const output = host.run(fake + script.text).toString();
      expect(output.match(/^ran .*$/gm)).toEqual(['ran -n', "ran -d smtpd_milters it's $HOME relayhost"]);
      expect(output).toContain('behind');
    },
  );
});
