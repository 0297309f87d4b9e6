import { afterAll, beforeAll, expect, test } from 'vitest';
import { type CliResult, cli, lastReport, workspace } from '../lab/drive.ts';
import { describeHardware, hardware } from './hardware.ts';

const SITE = new URL('../../playbooks/site.yml', import.meta.url).pathname;
/** The groups whose roles need this lab; those of the other plays are in test/lab/site.test.ts. */
const LIMIT = 'realservers,directors,tunnels,metal';

describeHardware(
  'playbooks/site.yml in the groups of inventory/example.yml',
  () => {
    let work: Awaited<ReturnType<typeof workspace>>;
    let run: (command: string, ...more: string[]) => Promise<CliResult>;

    const sh = async (name: string, script: string): Promise<string> => {
      const { code, stdout, stderr } = await hardware().exec(name, ['sh', '-c', script]);
      expect(code, `${name}: ${script}\n${stdout}${stderr}`).toBe(0);
      return stdout;
    };

    beforeAll(async () => {
      const at = (name: string): string => hardware().host(name).inside;
      work = await workspace({
        'groups.yml': `
all:
  vars: { lan: 10.0.2.0/24, service_address: 10.0.2.80 }
directors:
  vars:
    service_interface: host0
    service_network_file: 10-lab.network
    real_servers: [{ address: ${at('real1')} }, { address: ${at('real2')} }]
realservers: { vars: { service_addresses: [10.0.2.80] } }
tunnels:
  hosts:
    tun1: { tunnel_local: ${at('tun1')}, tunnel_remote: ${at('tun2')}, tunnel_address: '2001:db8:7a::2/64', subnet_address: '2001:db8:feed::1' }
    tun2: { tunnel_local: ${at('tun2')}, tunnel_remote: ${at('tun1')}, tunnel_address: '2001:db8:7a::1/64', subnet_address: '2001:db8:beef::1' }
mail: { hosts: { client: } }
installers: { vars: { installation_tree: x, root_password_hash: '$6$salt$hash', install_address: x }, hosts: { client: } }
metal: { vars: { bmc_port: '0xca2' } }
`,
      });
      run = (command, ...more) => cli(work.path, [command, SITE, '-i', hardware().inventoryFile, '-i', 'groups.yml', '-l', LIMIT, ...more]);
    });
    afterAll(() => work.remove());

    test('is applied to all of them at once: BMC, TPM, tunnel, service address and director work', async () => {
      const applied = await run('apply', '--yes');
      expect(applied.code, applied.stdout + applied.stderr).toBe(0);
      expect(await sh('metal', 'ipmitool chassis status')).toContain('System Power         : on');
      expect(await sh('metal', 'cat /sys/class/misc/hw_random/rng_current; systemctl is-active rngd')).toBe('tpm-rng-0\nactive\n');
      expect(await sh('tun1', 'ip -6 route get 2001:db8:dead::6')).toContain('src 2001:db8:feed::1');
      const answers = await sh('client', 'for i in 1 2 3 4 5 6 7 8; do curl -sS --max-time 10 http://10.0.2.80/; done | sort -u');
      expect(answers).toBe('real1\nreal2\n');
    });

    test('finds nothing to change the second time, in at most two round trips a host', async () => {
      const check = await run('check');
      expect(check.code, check.stdout).toBe(0);
      const { hosts } = await lastReport(work.path);
      for (const { name, outcome, connection } of hosts) {
        expect([name, outcome]).toEqual([name, 'ok']);
        expect(connection?.roundTrips).toBeLessThanOrEqual(2);
      }
    });
  },
  'second',
);
