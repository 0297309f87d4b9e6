import { describe, expect, test } from 'vitest';
import role from '../../../roles/ipvs-director/role.ts';
import type { BaseFacts } from '../../../src/model/fact.ts';
import type { RoleSteps } from '../../../src/model/role.ts';
import { platformProblem } from '../../../src/plan/assemble.ts';
import { inet, named, PLATFORMS, planWith, wants } from '../cases.ts';

const HOST = { name: 'lb1', groups: [], vars: {} };
const MAIL = {
  port: 25,
  persistent: 300,
  method: 'dr',
  reals: [{ address: '192.0.2.51' }, { address: '192.0.2.52', weight: 0 }],
  check: { kind: 'smtp', interval: 10 },
};
const WEB = {
  port: 80,
  scheduler: 'rr',
  method: 'nat',
  reals: [{ address: '198.51.100.7', port: 8080 }],
  check: { kind: 'http', path: '/alive' },
};
const DNS = { protocol: 'udp', port: 53, method: 'tun', reals: [{ address: '203.0.113.9' }] };
const NETWORKD = { networkFile: '10-eth0.network' };

function made(facts: BaseFacts, params: object = {}): RoleSteps {
  const checked = role.params.parse({ vip: '192.0.2.80', interface: 'eth0', services: [MAIL, WEB, DNS], ...NETWORKD, ...params });
  return role.steps({ params: checked, facts, host: HOST, allow: { reboot: false, disconnect: false } });
}

function stepsOn(facts: BaseFacts, params: object = {}): Exclude<RoleSteps, { refused: string }> {
  const result = made(facts, params);
  if ('refused' in result) throw new Error(result.refused);
  return result;
}

const RULES = { manager: 'ipvsadm', services: [{ ...MAIL, check: undefined }, { ...WEB, check: undefined }, DNS] };
const RULES_TEXT = `-A -t 192.0.2.80:25 -s wlc -p 300
-a -t 192.0.2.80:25 -r 192.0.2.51:25 -g -w 1
-a -t 192.0.2.80:25 -r 192.0.2.52:25 -g -w 0
-A -t 192.0.2.80:80 -s rr
-a -t 192.0.2.80:80 -r 198.51.100.7:8080 -m -w 1
-A -u 192.0.2.80:53 -s wlc
-a -u 192.0.2.80:53 -r 203.0.113.9:53 -i -w 1
`;
const LIVE = [
  'ipvsService tcp 192.0.2.80:25',
  'ipvsService tcp 192.0.2.80:80',
  'ipvsService udp 192.0.2.80:53',
  'ipvsTable tcp 192.0.2.80:25,tcp 192.0.2.80:80,udp 192.0.2.80:53',
];
const FORWARDING = ['sysctl net.ipv4.ip_forward', 'sysctl net.ipv4.conf.all.send_redirects', 'sysctl net.ipv4.conf.eth0.send_redirects'];

describe('ipvs-director with keepalived', () => {
  test('Debian with systemd-networkd: every step, and ipvsadm’s own unit is left out of it', () => {
    const { steps, handlers, proofs = [] } = stepsOn(PLATFORMS.debian12);
    expect(named(steps)).toEqual([
      'command no other manager fills the table',
      'file /etc/modules-load.d/ipvs-director.conf',
      ...FORWARDING,
      'address eth0 192.0.2.80/32',
      'command 10-eth0.network configures eth0',
      'directory /etc/systemd/network',
      'directory /etc/systemd/network/10-eth0.network.d',
      'file /etc/systemd/network/10-eth0.network.d/60-ipvs-director.conf',
      'package keepalived,ipvsadm',
      'command ipvsadm leaves the table alone',
      'directory /etc/keepalived',
      'file /etc/keepalived/keepalived.conf',
      'service keepalived.service',
    ]);
    expect(wants(steps, 'file /etc/modules-load.d/ipvs-director.conf')).toBe(
      '# For the director (role ipvs-director)\nip_vs\nip_vs_rr\nip_vs_wlc\n',
    );
    expect(Object.keys(handlers ?? {})).toEqual(['announce the address', 'reload keepalived']);
    expect(named(proofs)).toEqual(['command keepalived’s services are in the kernel’s table', LIVE.at(-1)]);
    expect(proofs[0]?.reads).toEqual([
      {
        kind: 'guard',
        key: "grep -qs '^TCP  C0000250:0019 wlc ' /proc/net/ip_vs && grep -qs '^TCP  C0000250:0050 rr ' /proc/net/ip_vs && grep -qs '^UDP  C0000250:0035 wlc ' /proc/net/ip_vs",
      },
    ]);
  });

  test('its configuration, with a check of each kind and none for udp', () => {
    const { steps } = stepsOn(PLATFORMS.debian12);
    expect(wants(steps, 'file /etc/keepalived/keepalived.conf')).toBe(`# Virtual services of this director (role ipvs-director)

virtual_server 192.0.2.80 25 {
    protocol TCP
    lb_algo wlc
    lb_kind DR
    persistence_timeout 300
    delay_loop 10

    real_server 192.0.2.51 25 {
        weight 1
        SMTP_CHECK {
            connect_timeout 3
            retry 1
            delay_before_retry 1
            helo_name localhost
        }
    }

    real_server 192.0.2.52 25 {
        weight 0
        SMTP_CHECK {
            connect_timeout 3
            retry 1
            delay_before_retry 1
            helo_name localhost
        }
    }
}

virtual_server 192.0.2.80 80 {
    protocol TCP
    lb_algo rr
    lb_kind NAT
    delay_loop 6

    real_server 198.51.100.7 8080 {
        weight 1
        HTTP_GET {
            url {
                path /alive
                status_code 200
            }
            connect_timeout 3
            retry 1
            delay_before_retry 1
        }
    }
}

virtual_server 192.0.2.80 53 {
    protocol UDP
    lb_algo wlc
    lb_kind TUN
    delay_loop 6

    real_server 203.0.113.9 53 {
        weight 1
    }
}
`);
  });

  test('direct routing alone needs no forwarding', () => {
    expect(named(stepsOn(PLATFORMS.debian12, { services: [MAIL] }).steps).filter((name) => name.startsWith('sysctl'))).toEqual([]);
  });

  test('Red Hat 9: the address is added to the profile that NetworkManager has for the interface', () => {
    const { steps } = stepsOn(PLATFORMS.redhat9, { networkFile: undefined });
    expect(named(steps)).toContain('command NetworkManager keeps 192.0.2.80/32 on eth0');
    expect(named(steps)).toContain('package keepalived,ipvsadm');
  });
});

describe('ipvs-director with ipvsadm', () => {
  test('Debian with ifupdown: rules, AUTO, and the live table', () => {
    const { steps, proofs } = stepsOn(PLATFORMS.debian12Ifupdown, RULES);
    expect(named(steps)).toEqual([
      'command no other manager fills the table',
      'file /etc/modules-load.d/ipvs-director.conf',
      ...FORWARDING,
      'address eth0 192.0.2.80/32',
      'directory /etc/network/interfaces.d',
      'file /etc/network/interfaces.d/ipvs-director',
      'line /etc/network/interfaces source /etc/network/interfaces.d/*',
      'package ipvsadm',
      'command keepalived leaves the table alone',
      'file /etc/ipvsadm.rules',
      'ini /etc/default/ipvsadm AUTO',
      ...LIVE,
      'service ipvsadm.service',
    ]);
    expect(wants(steps, 'file /etc/ipvsadm.rules')).toBe(RULES_TEXT);
    expect(wants(steps, 'file /etc/network/interfaces.d/ipvs-director')).toContain('iface eth0 inet static\n    address 192.0.2.80/32\n');
    expect(wants(steps, 'service ipvsadm.service', 'state')).toBeUndefined();
    expect(proofs).toEqual([]);
  });

  test('Red Hat 9: /etc/sysconfig/ipvsadm', () => {
    const { steps } = stepsOn(PLATFORMS.redhat9, RULES);
    expect(wants(steps, 'file /etc/sysconfig/ipvsadm')).toBe(RULES_TEXT);
    expect(named(steps)).not.toContain('ini /etc/default/ipvsadm AUTO');
  });

  test('CentOS 6: an alias file, /etc/sysctl.conf, init scripts, and nothing of systemd’s', () => {
    const { steps } = stepsOn(PLATFORMS.centos6, RULES);
    expect(named(steps)).toEqual([
      'command no other manager fills the table',
      ...FORWARDING,
      'address eth0 192.0.2.80/32',
      'file /etc/sysconfig/network-scripts/ifcfg-eth0:vip',
      'package ipvsadm',
      'command keepalived leaves the table alone',
      'file /etc/sysconfig/ipvsadm',
      ...LIVE,
      'service ipvsadm.service',
    ]);
    expect(wants(steps, 'address eth0 192.0.2.80/32', 'label')).toBe('eth0:vip');
    expect(wants(steps, 'file /etc/sysconfig/network-scripts/ifcfg-eth0:vip')).toContain('IPADDR=192.0.2.80\nNETMASK=255.255.255.255\n');
    expect(wants(steps, 'command keepalived leaves the table alone', 'run')).toBe('chkconfig keepalived off && service keepalived stop');
  });
});

describe('ipvs-director refuses', () => {
  const far = { ...MAIL, reals: [{ address: '198.51.100.51' }] };
  test.each<[string, Partial<BaseFacts>, object, RegExp]>([
    [
      'a real server in another network with direct routing',
      {},
      { services: [far] },
      /198\.51\.100\.51 is not in a network of eth0 \(192\.0\.2\.10\/24\)/,
    ],
    ['an interface without an address', {}, { interface: 'eth9' }, /eth9 has no IPv4 address/],
    [
      'the address of the SSH connection',
      { sshConnection: { client: '192.0.2.1', server: '192.0.2.80', serverPort: 22 } },
      {},
      /address of the SSH connection/,
    ],
    [
      'a host that is a real server',
      { addresses: [inet('eth0', '192.0.2.10', 24), inet('lo', '192.0.2.80', 32)] },
      {},
      /is a real server of it \(role lo0-vip\)/,
    ],
    [
      'the address on another interface',
      { addresses: [inet('eth0', '192.0.2.10', 24), inet('eth1', '192.0.2.80', 32)] },
      {},
      /configured on eth1, not on eth0/,
    ],
    ['networkd without the name of its file', {}, { networkFile: undefined }, /say in networkFile/],
    ['an unknown network system', { network: 'unknown' }, {}, /no network system is known/],
  ])('%s', (_title, facts, params, reason) => {
    expect(made({ ...PLATFORMS.debian12, ...facts }, params)).toEqual({ refused: expect.stringMatching(reason) });
  });

  test.each(['redhat7', 'centos6'] as const)('keepalived on %s, which cannot test its file', (name) => {
    expect(made(PLATFORMS[name])).toEqual({ refused: expect.stringMatching(/cannot test its configuration.*manager: ipvsadm/) });
    expect(made(PLATFORMS[name], RULES)).toHaveProperty('steps');
  });

  test('unsupported platforms, by name', () => {
    expect(platformProblem(role, { ...PLATFORMS.centos5, os: { ...PLATFORMS.centos5.os, name: 'CentOS release 5.11 (Final)' } })).toMatch(
      /CentOS release 5\.11/,
    );
    expect(platformProblem(role, PLATFORMS.centos6)).toBeNull();
    expect(platformProblem(role, PLATFORMS.redhat9)).toBeNull();
  });

  test('other addresses do not count as the service address: a wrong prefix of it goes', () => {
    const addresses = [inet('eth0', '192.0.2.10', 24), inet('eth0', '192.0.2.80', 24)];
    expect(named(stepsOn({ ...PLATFORMS.debian12, addresses }).steps)).toContain('address eth0 192.0.2.80/24');
  });

  const reals = 'reals: [{ address: 192.0.2.51 }]';
  test.each([
    [`{ port: 25, method: dr, scheduler: »lblc, ${reals} }`, /all clients would go to the same real server/],
    [`{ port: 25, method: dr, scheduler: »dh, ${reals} }`, /all clients would go to the same real server/],
    ['{ port: 25, method: dr, reals: [{ address: 192.0.2.51, port: »2525 }] }', /only nat changes the port/],
    ['{ port: 25, method: dr, reals: [{ address: »192.0.2.80 }] }', /is the service address itself/],
    ['{ port: 25, method: dr, reals: [{ address: 192.0.2.51 }, { address: »192.0.2.51 }] }', /is there twice/],
    ['{ port: 25, method: dr, reals: »[] }', /reals/],
    [`{ port: 25, method: »gate, ${reals} }`, /method/],
    [`{ port: 25, method: dr, ${reals} }, { port: »25, method: dr, ${reals} }`, /there is already a service for tcp 25/],
    [`{ port: 53, protocol: udp, method: dr, ${reals}, check: »{ kind: tcp } }`, /make a TCP connection, and this service is udp/],
    [`{ port: 25, method: dr, ${reals}, check: { kind: http, path: »"/x }" } }`, /must begin with \//],
    [`{ port: 25, method: dr, ${reals}, »weigth: 1 }`, /weigth/],
  ])('services [%s] with 5, at their place', async (service, message) => {
    const head = '- hosts: all\n  roles:\n    - role: ipvs-director\n      params:\n        vip: 192.0.2.80\n        interface: eth0\n';
    const { code, said, place } = await planWith(`${head}        services: [${service}]\n`);
    expect(said).toContain(`${place} error parameter-`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });

  test.each([
    [`vip: 192.0.2.80, interface: »lo, services: [{ port: 25, method: dr, ${reals} }]`, /is not on lo/],
    [`vip: »224.0.0.18, interface: eth0, services: [{ port: 25, method: dr, ${reals} }]`, /unicast/],
    [
      `vip: 192.0.2.80, interface: eth0, manager: ipvsadm, services: [{ port: 25, method: dr, ${reals}, check: »{ kind: tcp } }]`,
      /ipvsadm checks nothing/,
    ],
  ])('{ %s } with 5, at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: ipvs-director\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });
});
