import { describe, expect, it } from 'vitest';
import { TransportError } from '../../../src/model/transport.ts';
import { deferred } from '../../../src/transport/fake/deferred.ts';
import { createFakeTransport } from '../../../src/transport/fake/fake-transport.ts';
import { hostWith, run, trouble } from '../world.ts';

const signal = new AbortController().signal;
const named = (name: string) => ({ ...hostWith(), name });

describe('the fake transport', () => {
  it('succeeds with nothing to say by default, and counts', async () => {
    const connection = await createFakeTransport().connect(named('a'), signal);
    expect(await run(connection, 'x')).toEqual({ stdout: Buffer.alloc(0), stderr: Buffer.alloc(0), exitCode: 0, signal: null });
    expect(connection.stats()).toEqual({ connectMs: 0, roundTrips: 1, bytesSent: 1, bytesReceived: 0 });
  });

  it('answers as the test says, by host and script', async () => {
    const fake = createFakeTransport({
      read: (host, script) => `${host.name} ${script.text}`,
      write: () => ({ exitCode: 3, stderr: Buffer.from('no') }),
    });
    const connection = await fake.connect(named('a'), signal);
    const chunks: string[] = [];
    await run(connection, 'x', { onStdout: (chunk) => void chunks.push(chunk.toString()) });
    expect(chunks).toEqual(['a x']);
    const written = await connection.write({ kind: 'write', text: 'y' }, { become: null, deadlineMs: 1 });
    expect([written.exitCode, written.stderr.toString()]).toEqual([3, 'no']);
    expect(fake.calls.map(({ kind, text }) => `${kind} ${text}`)).toEqual(['connect ', 'read x', 'write y']);
  });

  it('shows what is in flight until the test lets it go', async () => {
    const gates = { a: deferred(), b: deferred() };
    const fake = createFakeTransport({ connect: (host) => (host.name === 'a' ? gates.a.promise : gates.b.promise) });
    const both = Promise.all(['a', 'b'].map((name) => fake.connect(named(name), signal)));
    await fake.until((inFlight) => inFlight.length === 2);
    gates.b.resolve();
    await fake.until((inFlight) => inFlight.length === 1);
    expect([fake.inFlight[0]?.host, fake.connected, fake.peak]).toEqual(['a', ['b'], 2]);
    gates.a.resolve();
    for (const connection of await both) await connection.close();
    expect([fake.connected, fake.inFlight]).toEqual([[], []]);
  });

  it('rejects as the test says', async () => {
    const gate = deferred<string>();
    const connection = await createFakeTransport({ read: () => gate.promise }).connect(named('a'), signal);
    const running = trouble(run(connection, 'x'));
    gate.reject(new TransportError('link', 'gone'));
    expect((await running).message).toBe('gone');
  });

  it('honours the abort of a connect and of a script, and the end of a connection', async () => {
    const never = deferred<string>().promise;
    const fake = createFakeTransport({ connect: (host) => (host.name === 'slow' ? deferred().promise : undefined), read: () => never });
    const stop = new AbortController();
    const connecting = trouble(fake.connect(named('slow'), stop.signal));
    const connection = await fake.connect(named('a'), signal);
    const aborted = trouble(run(connection, 'x', { signal: stop.signal }));
    const lost = trouble(run(connection, 'y'));
    stop.abort();
    expect([(await connecting).phase, (await aborted).phase]).toEqual(['aborted', 'aborted']);
    await connection.close();
    expect((await lost).phase).toBe('link');
    expect((await trouble(run(connection, 'z'))).phase).toBe('link');
    await connection.close();
    expect(fake.calls.filter(({ kind }) => kind === 'close')).toHaveLength(1);
  });
});
