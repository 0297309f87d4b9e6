import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import role from '../../../roles/ipvs-server/role.ts';
import { inTable, isThere } from '../../../roles/ipvs-server/table.ts';
import { loadProject } from '../../../src/project.ts';
import { folder } from '../../cli/folder.ts';
import { named, PLATFORMS, planWith, wants } from '../cases.ts';
import { readmeExample } from '../readme.ts';
import { stepsOf } from '../role-steps.ts';

const SERVICE = { address: '192.0.2.80', port: 80 };
const TABLE = `IP Virtual Server version 1.2.1 (size=4096)
Prot LocalAddress:Port Scheduler Flags
  -> RemoteAddress:Port Forward Weight ActiveConn InActConn
TCP  C0000250:0050 rr
  -> C0000233:0050      Route   1      0          0
TCP  C0000250:01BB rr
  -> C0000234:01BB      Route   1      0          0
UDP  C0000250:0050 rr
  -> C0000235:0050      Route   1      0          0
TCP  [2001:0db8:0000:0000:0000:0000:0000:0050]:0050 rr
  -> [2001:0db8:0000:0000:0000:0000:0000:0051]:0050      Route   1      0          0
`;

describe('ipvs-server', () => {
  test.each(['debian12', 'redhat9', 'centos6'] as const)('%s: taken out by weight 0, and drained', (name) => {
    const { steps } = stepsOf(role, PLATFORMS[name], { service: SERVICE, address: '192.0.2.51', weight: 0, drainSeconds: 60 });
    expect(named(steps)).toEqual(['ipvsServer tcp 192.0.2.80:80 192.0.2.51:80']);
    expect(wants(steps, 'ipvsServer tcp 192.0.2.80:80 192.0.2.51:80', 'active connections')).toBe(0);
  });

  test('put back when keepalived has put it back after a reboot', () => {
    const { steps } = stepsOf(role, PLATFORMS.debian12, { service: SERVICE, address: '192.0.2.51', weight: 2 });
    expect(named(steps)).toEqual(['command 192.0.2.51 is in the table again', 'ipvsServer tcp 192.0.2.80:80 192.0.2.51:80']);
    const ipvsadm = stepsOf(role, PLATFORMS.debian12, { service: SERVICE, address: '192.0.2.51', weight: 2, returnSeconds: 0 });
    expect(named(ipvsadm.steps)).toEqual(['ipvsServer tcp 192.0.2.80:80 192.0.2.51:80']);
  });

  test.each<[string, string]>([
    ['192.0.2.80', 'C0000250:0050'],
    ['2001:db8::50', '[2001:0db8:0000:0000:0000:0000:0000:0050]:0050'],
    ['::1', '[0000:0000:0000:0000:0000:0000:0000:0001]:0050'],
    ['2001:DB8:1:2:3:4:5:6', '[2001:0db8:0001:0002:0003:0004:0005:0006]:0050'],
    ['64:ff9b::192.0.2.1', '[0064:ff9b:0000:0000:0000:0000:c000:0201]:0050'],
  ])('%s port 80 is %s in the table', (address, text) => {
    expect(inTable({ address, port: 80 })).toBe(text);
  });

  test.each([
    ['its own service has it', 'tcp', '192.0.2.80', 80, '192.0.2.51', 0],
    ['another port has it', 'tcp', '192.0.2.80', 80, '192.0.2.52', 1],
    ['another protocol has it', 'tcp', '192.0.2.80', 80, '192.0.2.53', 1],
    ['udp', 'udp', '192.0.2.80', 80, '192.0.2.53', 0],
    ['IPv6', 'tcp', '2001:db8::50', 80, '2001:db8::51', 0],
    ['no such service', 'tcp', '192.0.2.81', 80, '192.0.2.51', 1],
  ] as const)('whether it is in the table: %s', async (_, protocol, address, port, server, status) => {
    const path = join(await folder({}), 'ip_vs');
    writeFileSync(path, TABLE);
    const line = isThere(protocol, { address, port }, { address: server, port: 80 }).replace('/proc/net/ip_vs', path);
    expect(spawnSync('sh', ['-c', line]).status).toBe(status);
  });

  test('the example of its README is a playbook with right parameters', async () => {
    const hosts =
      'all: { children: { directors: { hosts: { lb1: {} } }, realservers: { hosts: { web1: { address: 192.0.2.51 }, web2: { address: 192.0.2.52 } } } } }';
    const cwd = await folder({ 'site.yml': readmeExample('ipvs-server', {}), 'hosts.yml': hosts });
    const operator = { cwd, home: cwd, username: 'nobody', agentSocket: null, hostKeyPolicy: null, becomePassword: null };
    const files = { playbook: join(cwd, 'site.yml'), inventory: [join(cwd, 'hosts.yml')] };
    const { value, problems } = await loadProject({ ...operator, ...files, limit: null, tags: [], skipTags: [] });
    expect(problems).toEqual([]);
    const { before = [], after = [] } = value?.plays[0]?.rollout?.visits.get('web2') ?? {};
    expect([...before, ...after].map(({ host, play }) => [host.name, play.roles[0]?.params])).toEqual([
      ['lb1', expect.objectContaining({ address: '192.0.2.52', weight: 0, drainSeconds: 60 })],
      ['web2', expect.objectContaining({ url: 'http://192.0.2.52/' })],
      ['lb1', expect.objectContaining({ address: '192.0.2.52', weight: 1 })],
    ]);
  });

  test.each([
    ['service: { address: 192.0.2.80, port: 80 }, address: 192.0.2.51, weight: 1, drainSeconds: »60', /goes with weight 0/],
    ['service: { address: »vip, port: 80 }, address: 192.0.2.51, weight: 1', /address/],
    ['service: { address: 192.0.2.80, port: 80 }, address: 192.0.2.51, weight: »-1', /weight/],
  ])('wrong parameters { %s } end with 5 at their place', async (params, message) => {
    const { code, said, place } = await planWith(`- hosts: all\n  roles:\n    - role: ipvs-server\n      params: { ${params} }\n`);
    expect(said).toContain(`${place} error parameter-invalid`);
    expect(said).toMatch(message);
    expect(code).toBe(5);
  });
});
