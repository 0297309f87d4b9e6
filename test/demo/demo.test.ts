import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';

const run = promisify(execFile);

/** Runs the demo as `npm run demo` does, on the built command. */
async function demo(env: Readonly<Record<string, string>> = {}): Promise<string> {
  const { stdout } = await run(process.execPath, ['--import', 'tsx', 'test/demo/main.ts'], { env: { ...process.env, ...env } });
  return stdout;
}

test('the demo shows plan, apply, report, an empty second plan, and the one host that drifted', async () => {
  const shown = await demo();
  expect(shown).toContain('All as promised');
  // The demo itself fails unless each command ends with its exit code and the reports name exactly what changed.
  expect(shown.match(/\(exit code \d+\)/g)).toEqual(['(exit code 0)', '(exit code 0)', '(exit code 0)', '(exit code 3)']);
}, 60_000);

test('it says so, and shows the same, where hosts cannot be isolated', async () => {
  const shown = await demo({ DROVER_DEMO_ISOLATION: 'folder' });
  expect(shown).toContain('playbooks/demo-folder.yml');
  expect(shown).toContain('All as promised');
}, 60_000);
