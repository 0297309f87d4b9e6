import { connect } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';

/** Waits until a server answers with an SSH banner (RFC 4253, section 4.2), trying again for so many milliseconds. */
export async function awaitBanner(address: string, port: number, withinMs: number): Promise<void> {
  const deadline = Date.now() + withinMs;
  for (;;) {
    if (await sendsBanner(address, port)) return;
    if (Date.now() > deadline) throw new Error(`${address}:${port} sent no SSH banner`);
    await delay(20);
  }
}

function sendsBanner(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host: address, port, timeout: 2_000 });
    const end = (isBanner: boolean): void => {
      socket.destroy();
      resolve(isBanner);
    };
    socket.once('data', (chunk: Buffer) => end(chunk.toString('latin1').startsWith('SSH-')));
    for (const event of ['error', 'timeout', 'close']) socket.once(event, () => end(false));
  });
}
