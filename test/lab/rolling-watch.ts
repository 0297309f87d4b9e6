import { existsSync, readFileSync } from 'node:fs';
import { get } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { FleetHandle } from './fleet/open-fleet.ts';

/** One answer, or why there was none. */
interface Answer {
  readonly status: number | null;
  readonly text: string;
}

/** Clients that go on asking both balancers, each request on a connection of its own and never again. */
export interface Clients {
  readonly answered: () => number;
  /** Bodies of good answers so far, and how many of each. */
  readonly bodies: () => ReadonlyMap<string, number>;
  /** Requests without a good answer: when, where, and what came instead. */
  readonly failures: () => readonly string[];
  readonly stop: () => Promise<void>;
}

/** Starts clients: for each balancer some that ask for `/` and one that asks for `/slow`, which takes about a second. */
export function startClients(addresses: readonly string[]): Clients {
  const bodies = new Map<string, number>();
  const failures: string[] = [];
  let answered = 0;
  let isStopped = false;
  const client = async (address: string, path: string): Promise<void> => {
    while (!isStopped) {
      const started = new Date();
      const { status, text } = await ask(`http://${address}${path}`);
      if (status === 200) {
        answered += 1;
        const body = path === '/' ? text.trim() : path;
        bodies.set(body, (bodies.get(body) ?? 0) + 1);
      } else failures.push(`${started.toISOString()} ${address}${path}: ${status ?? 'no answer'} ${text.trim().slice(0, 200)}`);
      await delay(30);
    }
  };
  const all = addresses.flatMap((address) => ['/', '/', '/slow', '/slow'].map((path) => client(address, path)));
  return {
    answered: () => answered,
    bodies: () => bodies,
    failures: () => failures,
    stop: async () => {
      isStopped = true;
      await Promise.all(all);
    },
  };
}

/** One request. Anything but a whole answer is an answer without a status. */
export function ask(url: string): Promise<Answer> {
  return new Promise((resolve) => {
    const request = get(url, { agent: false, timeout: 15_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('close', () => resolve({ status: response.complete ? (response.statusCode ?? null) : null, text }));
    });
    request.on('timeout', () => request.destroy(new Error('no answer within 15 s')));
    request.on('error', (error) => resolve({ status: null, text: error.message }));
  });
}

/** What the balancers had out of rotation, over time. */
export interface Watch {
  /** Hosts that were out at once on any balancer, each set once, in order of their appearance. */
  readonly seen: () => readonly (readonly string[])[];
  readonly looks: () => number;
  readonly stop: () => Promise<void>;
}

/** Looks twenty times a second which hosts the balancers' own files have out of rotation, without drover and without asking the hosts. */
export function watchBalancers(fleet: FleetHandle, balancers: readonly string[], hosts: ReadonlyMap<string, string>): Watch {
  const seen = new Map<string, readonly string[]>();
  let looks = 0;
  let isStopped = false;
  const loop = async (): Promise<void> => {
    while (!isStopped) {
      const out = [...new Set(balancers.flatMap((name) => outOf(fleet, name, hosts)))].sort();
      if (!seen.has(out.join())) seen.set(out.join(), out);
      looks += 1;
      await delay(50);
    }
  };
  const running = loop();
  return {
    seen: () => [...seen.values()],
    looks: () => looks,
    stop: async () => {
      isStopped = true;
      await running;
    },
  };
}

/** Names of the hosts that a balancer has out of rotation; `hosts` are names by address. */
export function outOf(fleet: FleetHandle, balancer: string, hosts: ReadonlyMap<string, string>): string[] {
  const file = join(fleet.root(balancer), 'etc/nginx/upstreams/shop.conf');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const out = [...text.matchAll(/^server ([0-9.]+):80 .*down;$|^server ([0-9.]+):80 down;$/gm)];
  return out.map((match) => hosts.get(match[1] ?? match[2] ?? '') ?? 'unknown');
}
