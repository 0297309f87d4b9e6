import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from './drive.ts';
import { sh } from './kind-case.ts';
import { describeLab, lab } from './lab.ts';
import { withoutNameServer } from './mail.ts';

const SITE = new URL('../../playbooks/site.yml', import.meta.url).pathname;
/** The groups whose roles need no hardware and no module that this kernel lacks; the others are in test/hardware/site.test.ts. */
const LIMIT = 'realservers,mail,installers';

describeLab('playbooks/site.yml in the groups of inventory/example.yml', () => {
  let work: Awaited<ReturnType<typeof workspace>>;
  let run: (command: string, ...more: string[]) => Promise<CliResult>;

  beforeAll(async () => {
    const fleet = lab();
    const net = `10.213.${fleet.number}`;
    await withoutNameServer('web03');
    work = await workspace({
      'groups.yml': `
all:
  vars: { lan: ${net}.0/24, service_address: ${net}.200 }
directors: { vars: { service_interface: host0, service_network_file: 10-lab.network, real_servers: [{ address: ${net}.11 }] }, hosts: { db02: } }
realservers: { vars: { service_addresses: [${net}.200] }, hosts: { web01:, web02: } }
mail: { hosts: { web03: } }
tunnels:
  vars: { tunnel_remote: 203.0.113.1, tunnel_local: ${net}.17, tunnel_address: '2001:db8:7a::2/64', subnet_address: '2001:db8:feed::1' }
  hosts: { db03: }
installers:
  vars:
    installation_tree: http://192.0.2.10/el9/os
    root_password_hash: $6$saltsaltsaltsalt$L3o4rMYmvjEqfxm8RYgs1yLp4NUmEMhIv4t4kRQSIwnHEXB4xDXnJYCzJ0mX4kuJRkBVAb6FjT7qH1kR8qC0X1
    install_address: ${fleet.host('db01').address}
  hosts: { db01: }
metal: { vars: { bmc_port: '0xca2' }, hosts: { db04: } }
`,
    });
    run = (command, ...more) => cli(work.path, [command, SITE, '-i', fleet.inventoryFile, '-i', 'groups.yml', '-l', LIMIT, ...more]);
  });
  afterAll(() => work.remove());

  test('is applied to all of them at once', async () => {
    const applied = await run('apply', '--yes');
    expect(applied.code, applied.stdout + applied.stderr).toBe(0);
    const { number } = lab();
    for (const name of ['web01', 'web02']) expect(await sh(name, 'ip -4 -o addr show dev lo')).toContain(`10.213.${number}.200/32`);
    expect(await sh('web03', 'postconf -h smtpd_milters; systemctl is-active spamass-milter spamd')).toBe(
      'unix:spamass/spamass.sock\nactive\nactive\n',
    );
    // nginx answers from its old configuration until its new workers have begun.
    const served = async (): Promise<string> => (await fetch(`http://${lab().host('db01').address}/web.ks`)).text();
    await expect.poll(served, { timeout: 10_000 }).toBe(await sh('db01', 'cat /srv/kickstart/web.ks'));
  });

  test('finds nothing to change the second time', async () => {
    expect((await run('check')).code).toBe(0);
    const { hosts } = await lastReport(work.path);
    expect(hosts.map(({ name, outcome }) => [name, outcome])).toEqual(['web01', 'web02', 'web03', 'db01'].map((name) => [name, 'ok']));
  });

  test('refuses by name what this platform cannot have, with nothing half configured', async () => {
    const before = await sh('db04', 'find /etc -newer /etc/hostname -type f | sort');
    const refused = await cli(work.path, ['apply', '--yes', SITE, '-i', lab().inventoryFile, '-i', 'groups.yml', '-l', 'metal']);
    expect(refused.code).toBe(2);
    expect(refused.stdout.replaceAll(/\s+/g, ' ')).toMatch(/rngd-tpm.* TPM|ipmi-ports/);
    expect(await sh('db04', 'find /etc -newer /etc/hostname -type f | sort')).toBe(before);
  });
}, ['web01', 'web02', 'web03', 'db01', 'db04']);
