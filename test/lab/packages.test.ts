import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import type { CommandResult } from './fleet/command.ts';
import { describeLab, lab } from './lab.ts';
import { withoutNameServer } from './mail.ts';

/** Installs by hand, as root by the back door. */
function install(name: string, ...packages: string[]): Promise<CommandResult> {
  return lab().exec(name, ['env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', '-y', 'install', ...packages]);
}

async function look(name: string, script: string): Promise<string> {
  return (await lab().exec(name, ['sh', '-c', script])).stdout;
}

/** The first line that a server on a host says by itself. */
function greeting(name: string, port: number): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: lab().host(name).address, port, timeout: 10_000 });
    socket.once('data', (chunk: Buffer) => {
      socket.destroy();
      resolve(chunk.toString('latin1'));
    });
    socket.once('error', reject);
    socket.once('timeout', () => socket.destroy(new Error(`${name}:${port} says nothing`)));
  });
}

describeLab('Debian’s own packages on hosts without internet', () => {
  test.concurrent('postfix, then spamass-milter with spamd, run and answer after noninteractive installs', async () => {
    await withoutNameServer('web01');
    expect(await install('web01', 'postfix')).toMatchObject({ code: 0 });
    expect(await install('web01', 'spamass-milter', 'spamd', 'spamc')).toMatchObject({ code: 0 });
    expect(await look('web01', 'systemctl is-active postfix spamd spamass-milter')).toBe('active\nactive\nactive\n');
    expect(await greeting('web01', 25)).toBe('220 web01 ESMTP Postfix (Debian/GNU)\r\n');
    // The unit is active before it listens.
    expect(await look('web01', 'spamc -K --connect-retries=60 --retry-sleep=1 </dev/null')).toMatch(/^SPAMD\/[\d.]+ 0/);
    expect(await look('web01', "stat -c '%U:%G %a' /var/spool/postfix/spamass/spamass.sock")).toBe('postfix:postfix 660\n');

    // Nobody was asked: an Internet site for all interfaces, its smtpd in a chroot, no milter.
    const main = readFileSync(join(lab().root('web01'), 'etc/postfix/main.cf'), 'utf8');
    expect(main).toMatch(/^inet_interfaces = all$/m);
    expect(await look('web01', 'postconf -h smtpd_milters milter_default_action; postconf -M smtp/inet')).toBe(
      '\ntempfail\nsmtp       inet  n       -       y       -       -       smtpd\n',
    );
  });

  test.concurrent('Debian’s spamass-milter cannot be configured in one transaction with postfix, nor by a second try', async () => {
    await withoutNameServer('web02');
    const together = await install('web02', 'postfix', 'spamass-milter', 'spamd', 'spamc');
    expect(together.code).toBe(100);
    expect(together.stdout).toContain('invalid user');
    expect((await install('web02', 'spamass-milter')).code).toBe(100);
    // The daemon of the first try is still there, and the init script takes that for an error.
    await look('web02', 'kill "$(cat /run/spamass/spamass.pid)"; while pgrep -x spamass-milter >/dev/null; do sleep 0.1; done');
    expect(await install('web02', 'spamass-milter')).toMatchObject({ code: 0 });
    expect(await look('web02', 'systemctl is-active spamass-milter')).toBe('active\n');
  });

  test.concurrent('nginx-light serves its first page', async () => {
    expect(await install('db01', 'nginx-light')).toMatchObject({ code: 0 });
    const response = await fetch(`http://${lab().host('db01').address}/`);
    expect([response.status, response.headers.get('server')]).toEqual([200, expect.stringMatching(/^nginx/)]);
  });
}, ['web01', 'web02', 'db01']);
