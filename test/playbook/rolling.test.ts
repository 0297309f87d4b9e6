import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { loadProject } from '../../src/project.ts';

const file = (name: string): string => new URL(`../../${name}`, import.meta.url).pathname;
const OPERATOR = { cwd: tmpdir(), home: tmpdir(), username: 'nobody', agentSocket: null, hostKeyPolicy: null, becomePassword: null };

test('playbooks/rolling-maintenance.yml works on the web servers of inventory/rolling.yml, with both balancers around each', async () => {
  const { value, problems } = await loadProject({
    ...OPERATOR,
    playbook: file('playbooks/rolling-maintenance.yml'),
    inventory: [file('inventory/rolling.yml')],
    limit: null,
    tags: [],
    skipTags: [],
  });
  expect(problems).toEqual([]);
  expect(
    (value?.tasks ?? []).map(({ host, plays }) => [
      host.name,
      plays.filter(({ part }) => part === 'roles').map(({ index, roles }) => [index, roles.map(({ role }) => role.name)]),
    ]),
  ).toEqual([
    ...['lb1', 'lb2'].map((name) => [`${name}.example.com`, [[0, ['nginx-upstream']]]]),
    ...[1, 2, 3, 4, 5, 6, 7, 8].map((number) => [`web${number}.example.com`, [[1, ['nginx-site', 'upgrade']]]]),
  ]);
  const [balancers, web] = (value?.plays ?? []).map(({ rollout }) => rollout);
  expect(balancers?.settings.serial).toEqual([{ kind: 'count', count: 1 }]);
  expect(web?.settings).toMatchObject({ spread: [{ by: 'zone', max: 2 }], soakMs: 10_000, onFailure: 'putBack', onGateFailure: 'undo' });
  const { before = [], after = [], gate = [] } = web?.visits.get('web5.example.com') ?? {};
  const named = (visits: typeof before): unknown[] =>
    visits.map(({ host, play }) => [host.name, play.roles[0]?.role.name, play.roles[0]?.params]);
  const server = { upstream: 'shop', address: '192.0.2.55' };
  expect(named(before)).toEqual(
    ['lb1', 'lb2'].map((name) => [`${name}.example.com`, 'nginx-upstream-server', expect.objectContaining({ ...server, state: 'down' })]),
  );
  expect(named(after)).toEqual([
    ['web5.example.com', 'http-check', expect.objectContaining({ url: 'http://192.0.2.55/health' })],
    ...['lb1', 'lb2'].map((name) => [`${name}.example.com`, 'nginx-upstream-server', expect.objectContaining({ ...server, state: 'up' })]),
  ]);
  expect(named(gate).map((each) => (each as unknown[]).slice(0, 2))).toEqual(
    ['lb1', 'lb2'].map((name) => [`${name}.example.com`, 'http-check']),
  );
});
