import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { loadProject } from '../../src/project.ts';

const file = (name: string): string => new URL(`../../${name}`, import.meta.url).pathname;
const OPERATOR = { cwd: tmpdir(), home: tmpdir(), username: 'nobody', agentSocket: null, hostKeyPolicy: null, becomePassword: null };

test('playbooks/site.yml serves the groups of inventory/example.yml, each with its roles and right parameters', async () => {
  const { value, problems } = await loadProject({
    ...OPERATOR,
    playbook: file('playbooks/site.yml'),
    inventory: [file('inventory/example.yml')],
    limit: null,
    tags: [],
    skipTags: [],
  });
  expect(problems).toEqual([]);
  const roles = (value?.tasks ?? []).map(({ host, plays }) => [
    host.name,
    plays.flatMap((play) => play.roles.map(({ role }) => role.name)),
  ]);
  expect(Object.fromEntries(roles)).toEqual({
    'lb1.example.com': ['ipvs-director'],
    'web1.example.com': ['lo0-vip'],
    'web2.example.com': ['lo0-vip'],
    'web3.example.com': ['lo0-vip'],
    'mail1.example.com': ['spamass-milter'],
    'edge1.example.com': ['ipv6-tunnel'],
    'install1.example.com': ['gpt-kickstart'],
    'node01.example.com': ['ipmi-ports', 'rngd-tpm'],
    'node02.example.com': ['ipmi-ports', 'rngd-tpm'],
    'node03.example.com': ['ipmi-ports', 'rngd-tpm'],
    'node04.example.com': ['ipmi-ports', 'rngd-tpm'],
  });
});
