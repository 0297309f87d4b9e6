import { createServer, type Server } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until no other test process has this turn, and takes it: an abstract socket (unix(7)), free again when its process ends. Resolves to the end of it. */
export async function takeTurn(name: string): Promise<() => Promise<void>> {
  const { end } = await takeOneOf([name]);
  return end;
}

function listen(path: string): Promise<Server | null> {
  const server = createServer();
  return new Promise((resolve) => {
    server.once('error', () => resolve(null));
    server.listen(path, () => resolve(server));
  });
}

/** The same for whichever of these turns is free first. Resolves to its index and the end of it. */
export async function takeOneOf(names: readonly string[]): Promise<{ readonly index: number; readonly end: () => Promise<void> }> {
  for (;;) {
    for (const [index, name] of names.entries()) {
      const server = await listen(nameOf(name));
      if (server !== null) return { index, end: () => closed(server) };
    }
    await delay(20);
  }
}

function nameOf(turn: string): string {
  return `\0drover-tests ${turn}`;
}

function closed(server: Server): Promise<void> {
  return new Promise((resolve) => server.close(() => resolve()));
}
