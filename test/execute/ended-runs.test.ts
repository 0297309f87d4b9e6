import { expect, test } from 'vitest';
import { endedRunScript } from '../../src/actions/lock.ts';
import { awaitEndedRuns } from '../../src/execute/ended-runs.ts';
import type { Become } from '../../src/model/host.ts';
import type { Ports } from '../../src/model/ports.ts';
import { createPorts } from '../../src/ports.ts';
import { createFakeTransport } from '../../src/transport/fake/fake-transport.ts';
import { BASE, host } from './rig.ts';

const ROOT: Become = { method: 'sudo', user: 'root' };

/** A host on which a script of run `dead` ends after so many looks; time passes a minute at each pause. */
function world(looks: number): { ports: Ports; asked: string[]; paused: () => number } {
  const asked: string[] = [];
  let left = looks;
  let minutes = 0;
  const transport = createFakeTransport({
    read: (_host, { text }, { become }) => {
      asked.push(`${text === 'base' ? 'base' : 'look'}${become === null ? '' : ` as ${become.user}`}`);
      if (text === 'base') return '';
      expect(text).toBe(endedRunScript({ run: 'new', owner: 'o', base: BASE, isLast: true, instead: ['dead'] }).text);
      left -= 1;
      return left >= 0 ? 'dead\n' : '';
    },
    write: () => '',
  });
  const real = createPorts(transport);
  const ports: Ports = {
    ...real,
    facts: { ...real.facts, baseScript: { kind: 'read', text: 'base' }, parseBase: () => BASE },
    pause: async () => {
      minutes += 1;
    },
    now: () => minutes * 60_000,
  };
  return { ports, asked, paused: () => minutes };
}

async function wait({ ports }: { ports: Ports }, levels: readonly (Become | null)[], instead: readonly string[] = ['dead']): Promise<void> {
  const { signal } = new AbortController();
  const reader = await ports.transport.connect(host('a'), signal);
  await awaitEndedRuns(levels, { host: host('a'), reader, ports, signal }, { run: 'new', owner: 'o', instead });
}

test('a run of its own asks nothing', async () => {
  const some = world(0);
  await wait(some, [null], []);
  expect(some.asked).toEqual([]);
});

test('each privilege level is asked once where nothing of the killed run is left', async () => {
  const some = world(0);
  await wait(some, [null, ROOT, null]);
  expect(some.asked).toEqual(['base', 'look', 'base as root', 'look as root']);
  expect(some.paused()).toBe(0);
});

test('nothing is read before the last action of the killed run has ended', async () => {
  const some = world(3);
  await wait(some, [ROOT]);
  expect(some.asked).toEqual(['base as root', ...Array.from({ length: 4 }, () => 'look as root')]);
  expect(some.paused()).toBe(3);
});

test('an action that does not end within the deadline of the host is trouble that names its run', async () => {
  const some = world(100);
  await expect(wait(some, [null])).rejects.toThrow('an action of run dead still runs here, after 300 s');
  expect(some.paused()).toBe(6);
});
