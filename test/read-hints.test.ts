import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { main } from '../src/cli/command-line.ts';
import type { Report } from '../src/report/report.ts';
import { project } from './cli/project.ts';
import { testIo } from './cli/test-io.ts';

/** Runs drover on this machine itself and returns what the report says of its one host. */
async function roundTrips(
  root: string,
  argv: readonly string[],
): Promise<{ trips: number | undefined; outcome: string | undefined; diff: string }> {
  const io = testIo({ cwd: root });
  await main([...argv, '--json'], io);
  const report: Report = JSON.parse(io.out());
  const [host] = report.hosts;
  return {
    trips: host?.connection?.roundTrips,
    outcome: host?.outcome,
    diff: JSON.stringify(host?.steps.flatMap((step) => step.changes) ?? []),
  };
}

test('the second run of a playbook asks everything in one round trip', async () => {
  const { root, args } = await project(['one']);
  expect(await roundTrips(root, ['check', ...args])).toMatchObject({ trips: 2, outcome: 'changed' });
  expect(await roundTrips(root, ['check', ...args])).toMatchObject({ trips: 1, outcome: 'changed' });
  expect(await roundTrips(root, ['apply', '--yes', ...args])).toMatchObject({ trips: 3, outcome: 'changed' });
  expect(await roundTrips(root, ['check', ...args])).toMatchObject({ trips: 1, outcome: 'ok' });
});

test('only questions are remembered: what changed in between is found', async () => {
  const { root, args } = await project(['one']);
  await roundTrips(root, ['apply', '--yes', ...args]);
  await writeFile(join(root, 'one.txt'), 'somebody was here\n');
  const drifted = await roundTrips(root, ['check', ...args]);
  expect(drifted).toMatchObject({ trips: 1, outcome: 'changed' });
  expect(drifted.diff).toContain('-somebody was here');
});

test('what a changed playbook asks anew costs the second round trip, once', async () => {
  const { root, args } = await project(['one']);
  await roundTrips(root, ['apply', '--yes', ...args]);
  const site = join(root, 'site.yml');
  await writeFile(site, (await readFile(site, 'utf8')).replace('"path":', '"text": "other", "path":'));
  const changed = await roundTrips(root, ['check', ...args]);
  expect(changed).toMatchObject({ trips: 2, outcome: 'changed' });
  expect(changed.diff).toMatch(/-hello.*\+other/);
  expect((await roundTrips(root, ['check', ...args])).trips).toBe(1);
});

const GUARDED = `import { command, defineRole, z } from 'drover';
export default defineRole({
  name: 'guarded', description: 'd', platforms: 'any', params: z.strictObject({}),
  steps: () => ({ steps: [command({ command: 'true', unless: 'true' })] }),
});
`;

test('guards are commands, so they are never asked on the word of an earlier run', async () => {
  const { root, args } = await project(['one'], { 'roles/guarded.ts': GUARDED });
  await writeFile(join(root, 'site.yml'), JSON.stringify([{ hosts: 'all', roles: ['guarded'] }]));
  expect((await roundTrips(root, ['check', ...args])).trips).toBe(2);
  expect((await roundTrips(root, ['check', ...args])).trips).toBe(2);
  const cache = join(root, '.drover', 'cache');
  const [file = ''] = (await readdir(cache)).filter((name) => name.startsWith('reads-'));
  const kept = JSON.parse(await readFile(join(cache, file), 'utf8'));
  expect(JSON.stringify(kept.lists)).not.toContain('guard');
});

test.each(['', 'not JSON', '{"drover":"0.1.0","lists":5,"hosts":null}'])(
  'a cache file that holds %j costs a round trip and nothing else',
  async (text) => {
    const { root, args } = await project(['one']);
    await roundTrips(root, ['check', ...args]);
    const cache = join(root, '.drover', 'cache');
    for (const name of await readdir(cache)) if (name.startsWith('reads-')) await writeFile(join(cache, name), text);
    expect(await roundTrips(root, ['check', ...args])).toMatchObject({ trips: 2, outcome: 'changed' });
  },
);
