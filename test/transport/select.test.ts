import { expect, it } from 'vitest';
import { createFakeTransport } from '../../src/transport/fake/fake-transport.ts';
import { selectTransport } from '../../src/transport/select.ts';
import { hostWith } from './world.ts';

it.each(['ssh', 'local'] as const)('a host with transport %s is reached by it alone', async (transport) => {
  const fakes = { ssh: createFakeTransport(), local: createFakeTransport() };
  await selectTransport(fakes).connect(hostWith({ transport }), new AbortController().signal);
  expect(fakes[transport].calls).toHaveLength(1);
  expect(fakes[transport === 'ssh' ? 'local' : 'ssh'].calls).toEqual([]);
});
