import { Duplex } from 'node:stream';
import type { Client, ClientChannel } from 'ssh2';

/**
 * The bytes of a forwarded channel as a stream that ends with the connection which carries it (a channel of ssh2's never does when that is cut), and as
 * soon as nothing more is to be read: nobody half-closes an SSH connection.
 */
export class ChannelStream extends Duplex {
  readonly #channel: ClientChannel;
  readonly #leave: () => void;

  constructor(channel: ClientChannel, carrier: Client) {
    super();
    const end = (): void => void this.destroy();
    carrier.once('close', end);
    this.#leave = () => carrier.off('close', end);
    this.#channel = channel;
    this.on('error', () => {});
    this.once('end', end);
    channel.on('error', () => {});
    channel.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) channel.pause();
    });
    channel.once('end', () => this.push(null));
  }

  override _read(): void {
    this.#channel.resume();
  }

  override _write(chunk: Buffer, _: BufferEncoding, done: () => void): void {
    if (this.#channel.write(chunk)) done();
    else this.#channel.once('drain', done);
  }

  override _final(done: () => void): void {
    this.#channel.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#leave();
    this.#channel.destroy();
    done(error);
  }
}
