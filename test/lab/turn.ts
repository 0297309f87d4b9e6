import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until no other test process has this turn, and takes it: an abstract socket (unix(7)), free again when its process ends. Resolves to the end of it. */
export async function takeTurn(name: string): Promise<() => Promise<void>> {
  for (;;) {
    const server = await listen(`\0drover-tests ${name}`);
    if (server !== null) return () => new Promise((resolve) => server.close(() => resolve()));
    await delay(20);
  }
}

function listen(path: string): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(path, () => resolve(server));
  });
}
