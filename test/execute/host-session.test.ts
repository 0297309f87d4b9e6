import { expect, it } from 'vitest';
import { HostSession } from '../../src/execute/host-session.ts';
import type { RunContext } from '../../src/execute/prepare.ts';
import { createPorts } from '../../src/ports.ts';
import { createFakeTransport } from '../../src/transport/fake/fake-transport.ts';
import { host } from './rig.ts';

it('two that need a connection at once get the same one, and none is left open', async () => {
  const transport = createFakeTransport();
  const { signal } = new AbortController();
  const context: RunContext = {
    run: 'r',
    owner: '',
    beganMs: 0,
    ports: createPorts(transport),
    emit: () => {},
    stop: { soft: signal, hard: signal },
  };
  const session = new HostSession(host('lb'), null);
  const [one, other] = await Promise.all([session.connection(context), session.connection(context)]);
  expect(other).toBe(one);
  await session.drop();
  expect(transport.connected).toEqual([]);
});
