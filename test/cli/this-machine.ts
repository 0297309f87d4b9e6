import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** An abstract socket (unix(7)): one process has it, and it is free when that process ends. */
const NAME = '\0drover-tests-on-this-machine';

/** Waits until no other test drives this machine itself: two runs at a time on a host are what drover refuses. Resolves to the end of it. */
export async function takeThisMachine(): Promise<() => Promise<void>> {
  for (;;) {
    const server = await listen();
    if (server !== null) return () => new Promise((resolve) => server.close(() => resolve()));
    await delay(20);
  }
}

function listen(): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(NAME, () => resolve(server));
  });
}
