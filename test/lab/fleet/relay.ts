import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** A listener of this process that a test may connect to, and its end. */
export interface Listener {
  readonly address: string;
  readonly port: number;
  /** Ends the listener and all its connections. */
  readonly close: () => Promise<void>;
}

/** Where a relay leads. */
export interface Target {
  readonly address: string;
  readonly port: number;
}

/**
 * A TCP relay that is `delayMs` away in each direction: it keeps order, limits no bandwidth, and makes a connection cost what it costs over such
 * a distance (the target hears of it one and a half round trips later, RFC 9293 section 3.5). Listens on `address`, on a port of the system's choice.
 */
export function startRelay(address: string, target: Target, delayMs: number): Promise<Listener> {
  return listen(address, (client, sockets) => {
    const buffered: (() => void)[] = [];
    let server: Socket | null = null;
    const toServer = (act: (server: Socket) => void): void => {
      if (server) act(server);
      else buffered.push(() => server && act(server));
    };
    const timer = setTimeout(() => {
      const opened = connect({ host: target.address, port: target.port, noDelay: true });
      server = opened;
      sockets.add(opened);
      forward(opened, delayMs, (act) => act(client));
      opened.on('close', () => setTimeout(() => client.destroySoon(), delayMs));
      for (const act of buffered) act();
    }, 3 * delayMs);
    forward(client, delayMs, toServer);
    client.on('close', () => {
      clearTimeout(timer);
      setTimeout(() => server?.destroy(), delayMs);
    });
  });
}

/** Accepts connections and never says a word, or none but the greeting: an SSH server that hangs. */
export function startSilentListener(address: string, greeting = ''): Promise<Listener> {
  return listen(address, (client) => void client.write(greeting));
}

/** Timers of the same length fire in the order they were set, which keeps the order of the bytes. */
function forward(from: Socket, delayMs: number, reach: (act: (to: Socket) => void) => void): void {
  from.setNoDelay(true);
  from.on('data', (chunk: Buffer) => setTimeout(() => reach((to) => to.write(chunk)), delayMs));
  from.on('end', () => setTimeout(() => reach((to) => to.end()), delayMs));
  // A reset connection ends in 'close', which the relay passes on.
  from.on('error', () => undefined);
}

function listen(address: string, accept: (client: Socket, sockets: Set<Socket>) => void): Promise<Listener> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    sockets.add(client);
    client.on('error', () => undefined);
    client.on('close', () => sockets.delete(client));
    accept(client, sockets);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, address, () => {
      const { port } = server.address() as AddressInfo;
      resolve({ address, port, close: () => closeAll(server, sockets) });
    });
  });
}

function closeAll(server: Server, sockets: ReadonlySet<Socket>): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    for (const socket of sockets) socket.destroy();
  });
}
