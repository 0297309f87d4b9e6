import { expect, it } from 'vitest';
import { createFakeTransport } from '../../src/transport/fake/fake-transport.ts';
import { selectTransport } from '../../src/transport/select.ts';
import { hostWith } from './world.ts';

it.each(['ssh', 'openssh', 'local'] as const)('a host with transport %s is reached by it alone', async (transport) => {
  const fakes = { ssh: createFakeTransport(), openssh: createFakeTransport(), local: createFakeTransport() };
  await selectTransport(fakes).connect(hostWith({ transport }), new AbortController().signal);
  const used = Object.entries(fakes).filter(([, fake]) => fake.calls.length > 0);
  expect(used.map(([name, fake]) => [name, fake.calls.length])).toEqual([[transport, 1]]);
});
