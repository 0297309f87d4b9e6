import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { containsAddress } from '../../../roles/lo0-vip/conflict.ts';
import role from '../../../roles/lo0-vip/role.ts';
import type { BaseFacts } from '../../../src/model/fact.ts';
import type { RoleSteps } from '../../../src/model/role.ts';
import { platformProblem } from '../../../src/plan/assemble.ts';
import { inet, named, PLATFORMS, planWith, wants } from '../cases.ts';

const HOST = { name: 'real1', groups: [], vars: {} };
const VIPS = ['198.51.100.80', '203.0.113.80'];

function made(facts: BaseFacts, params: object = {}): RoleSteps {
  const checked = role.params.parse({ vips: VIPS, ...params });
  return role.steps({ params: checked, facts, host: HOST, allow: { reboot: false, disconnect: false } });
}

function stepsOn(facts: BaseFacts, params: object = {}): Exclude<RoleSteps, { refused: string }> {
  const result = made(facts, params);
  if ('refused' in result) throw new Error(result.refused);
  return result;
}

const LIVE = ['address lo 198.51.100.80/32', 'address lo 203.0.113.80/32'];
const ALONE = 'command no other file configures lo';
const ARP = ['sysctl net.ipv4.conf.all.arp_ignore', 'sysctl net.ipv4.conf.all.arp_announce'];

describe('lo0-vip, by platform', () => {
  test('Debian with systemd-networkd', () => {
    const { steps } = stepsOn(PLATFORMS.debian12);
    const path = '/etc/systemd/network/60-lo0-vip.network';
    expect(named(steps)).toEqual([...ARP, ...LIVE, 'directory /etc/systemd/network', `file ${path}`, ALONE]);
    expect(wants(steps, `file ${path}`)).toBe(
      '# Service addresses for IPVS direct routing (role lo0-vip)\n[Match]\nName=lo\n\n[Address]\nAddress=198.51.100.80/32\nLabel=lo:0\n\n[Address]\nAddress=203.0.113.80/32\nLabel=lo:1\n',
    );
  });

  test('Debian with ifupdown', () => {
    const { steps } = stepsOn(PLATFORMS.debian12Ifupdown, { vips: ['198.51.100.80'] });
    expect(wants(steps, 'file /etc/network/interfaces.d/lo0-vip')).toBe(
      '# Service addresses for IPVS direct routing (role lo0-vip)\n\nauto lo:0\niface lo:0 inet static\n    address 198.51.100.80/32\n    broadcast 0.0.0.0\n',
    );
  });

  test('Red Hat 9: a profile of NetworkManager, which keeps the loopback address and knows no labels', () => {
    const { steps } = stepsOn(PLATFORMS.redhat9);
    const name = 'file /etc/NetworkManager/system-connections/lo0-vip.nmconnection';
    expect(named(steps)).toEqual([...ARP, ...LIVE, name, ALONE]);
    expect(wants(steps, name)).toMatch(
      /type=loopback\ninterface-name=lo\n(?:.*\n)*address1=127\.0\.0\.1\/8\naddress2=198\.51\.100\.80\/32\naddress3=203\.0\.113\.80\/32\n/,
    );
    expect(wants(steps, name, 'mode')).toBe('0600');
    expect(wants(steps, LIVE[0] ?? '', 'label')).toBeUndefined();
  });

  test('Red Hat 8, whose NetworkManager leaves lo alone: a unit behind systemd-sysctl', () => {
    const { steps } = stepsOn(PLATFORMS.redhat8);
    expect(named(steps)).toEqual([...ARP, ...LIVE, 'systemdUnit lo0-vip.service', 'service lo0-vip.service']);
    const unit = wants(steps, 'systemdUnit lo0-vip.service');
    expect(unit).toContain('After=systemd-sysctl.service\n');
    expect(unit).toContain(
      'ExecStart=/sbin/ip addr replace 198.51.100.80/32 dev lo label lo:0\nExecStart=/sbin/ip addr replace 203.0.113.80/32 dev lo label lo:1\n',
    );
    expect(wants(steps, 'service lo0-vip.service', 'enabled')).toBe(true);
  });

  test.each([
    ['9.1', 'systemdUnit lo0-vip.service'],
    ['9.2', 'file /etc/NetworkManager/system-connections/lo0-vip.nmconnection'],
    ['9', 'file /etc/NetworkManager/system-connections/lo0-vip.nmconnection'],
    ['10.0', 'file /etc/NetworkManager/system-connections/lo0-vip.nmconnection'],
  ])('Red Hat %s keeps it by %s', (version, step) => {
    const facts = { ...PLATFORMS.redhat9, os: { ...PLATFORMS.redhat9.os, version } };
    expect(named(stepsOn(facts).steps)).toContain(step);
  });

  test.each(['centos6', 'centos5'] as const)('%s: ifcfg-lo:0 and /etc/sysctl.conf', (name) => {
    const { steps } = stepsOn(PLATFORMS[name]);
    const files = ['file /etc/sysconfig/network-scripts/ifcfg-lo:0', 'file /etc/sysconfig/network-scripts/ifcfg-lo:1'];
    expect(named(steps)).toEqual([...ARP, ...LIVE, ...files]);
    expect(wants(steps, files[0] ?? '')).toBe(
      '# Service addresses for IPVS direct routing (role lo0-vip)\nDEVICE=lo:0\nBOOTPROTO=static\nONBOOT=yes\nIPADDR=198.51.100.80\nNETMASK=255.255.255.255\n',
    );
    expect(steps[0]?.reads).toContainEqual(expect.objectContaining({ kind: 'file', key: '/etc/sysctl.conf' }));
  });

  test('others are refused by name', () => {
    const alpine = {
      ...PLATFORMS.debian12,
      os: { ...PLATFORMS.debian12.os, family: 'alpine' as const, id: 'alpine', name: 'Alpine Linux v3.19' },
    };
    expect(platformProblem(role, alpine)).toMatch(/Alpine Linux v3\.19/);
    expect(platformProblem(role, PLATFORMS.centos5)).toBeNull();
  });
});

describe('lo0-vip', () => {
  test.each<[string, Partial<BaseFacts>, RegExp]>([
    [
      'the address of the SSH connection',
      { sshConnection: { client: '192.0.2.1', server: VIPS[0] ?? '', serverPort: 22 } },
      /address of the SSH connection/,
    ],
    [
      'an address of another interface',
      { addresses: [inet('eth0', VIPS[1] ?? '', 32)] },
      /is configured on eth0: this host is the director/,
    ],
    ['an unknown network system without systemd', { network: 'unknown', init: 'openrc' }, /no way is known/],
  ])('refuses %s', (_title, facts, reason) => {
    expect(made({ ...PLATFORMS.debian12, ...facts })).toEqual({ refused: expect.stringMatching(reason) });
  });

  test('takes wider addresses that hold a service address from lo, after the kernel parameters and before the new ones', () => {
    const facts = {
      ...PLATFORMS.debian12,
      addresses: [inet('lo', '127.0.0.1', 8), inet('lo', '198.51.100.1', 24), inet('lo', '192.0.2.1', 24)],
    };
    expect(named(stepsOn(facts).steps).slice(0, 4)).toEqual([...ARP, 'address lo 198.51.100.1/24', LIVE[0]]);
  });

  test.each([
    ['22.04', 'service lo0-vip.service'],
    ['24.04', 'file /etc/NetworkManager/system-connections/lo0-vip.nmconnection'],
  ])('Ubuntu %s with NetworkManager, which counts by its own versions: %s', (version, last) => {
    const os = { ...PLATFORMS.debian12.os, id: 'ubuntu', idLike: ['debian'], version };
    expect(named(stepsOn({ ...PLATFORMS.debian12, network: 'networkmanager', os }).steps)).toContain(last);
  });

  test.each([
    ['LISTEN 0 511 0.0.0.0:80 0.0.0.0:*', true],
    ['LISTEN 0 511 *:80 *:*', true],
    ['LISTEN 0 511 :::80 :::*', true],
    ['LISTEN 0 511 198.51.100.80:80 0.0.0.0:*', true],
    ['LISTEN 0 511 [::]:80 [::]:*', false],
    ['LISTEN 0 511 127.0.0.1:80 0.0.0.0:*', false],
    ['LISTEN 0 511 *:8080 *:*', false],
  ])('its listener is found in what ss says: %s: %s', (line, found) => {
    const key = stepsOn(PLATFORMS.debian12, { expectListeners: [80] }).proofs?.[0]?.reads[0]?.key ?? '';
    const ss = `ss() { echo '${line}'; }; netstat() { :; };`;
    expect(spawnSync('sh', ['-c', `${ss} ${key}`]).status === 0).toBe(found);
  });

  test('checks listeners for every address at the end', () => {
    expect(named(stepsOn(PLATFORMS.debian12, { expectListeners: [25, 80] }).proofs ?? [])).toEqual(
      VIPS.flatMap((vip) => [`verify something listens on ${vip}:25`, `verify something listens on ${vip}:80`]),
    );
  });

  test.each([
    ['198.51.100.1', 24, true],
    ['198.51.100.80', 32, true],
    ['198.51.100.81', 32, false],
    ['198.51.101.1', 24, false],
    ['0.0.0.0', 0, true],
    ['198.0.0.1', 8, true],
  ])('%s/%i holds 198.51.100.80: %s', (address, prefix, held) => {
    expect(containsAddress({ address, prefix }, '198.51.100.80')).toBe(held);
  });

  test.each([
    ['vips: [192.0.2.80], prefix: »24', /the prefix must be 32/],
    ['vips: »[]', /vips/],
    ['vips: [192.0.2.80, »192.0.2.80]', /is there twice/],
    ['vips: [»127.0.0.2]', /unicast/],
    ['vips: [192.0.2.80], expectListeners: [»http]', /expectListeners/],
    ['vips: [192.0.2.80], renderer: »netplan', /renderer/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: lo0-vip\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });
});
