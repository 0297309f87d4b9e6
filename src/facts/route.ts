import { isIP } from 'node:net';
import { type Cidr, canonicalAddress, familyOf, holds } from '../model/network-address.ts';
import { type RouteEntry, type RouteFact, sortRoutes } from '../model/network-fact.ts';
import { type FactReader, known, unreadable } from './reader.ts';

const UNREADABLE = '!';

/** The routes to one destination. All tables are read by one `ip route` per family that is asked for (ip-route(8)). */
export const routeReader: FactReader<'route'> = {
  kind: 'route',
  script(requests) {
    const asked = new Set(requests.map(({ key }) => familyOf(key)));
    const show = (family: 4 | 6): string =>
      asked.has(family) ? `ip -${family} -o route show table all 2>/dev/null || echo '${UNREADABLE}'` : ':';
    return `
${show(4)}
mark
${show(6)}
mark
cat /etc/iproute2/rt_tables /usr/share/iproute2/rt_tables 2>/dev/null
mark
echo "\${SSH_CONNECTION:-}"`;
  },
  parse(pieces, requests) {
    const [ipv4, ipv6, tables, session] = pieces.map((piece) => piece.toString('utf8').split('\n'));
    if (ipv4 === undefined || ipv6 === undefined || tables === undefined || session === undefined) return new Map();
    const numbers = new Map(tables.flatMap(tableNumber));
    const client = clientOf(session);
    const lines = { 4: ipv4, 6: ipv6 };
    const routes = ([4, 6] as const).flatMap((family) => lines[family].flatMap((line) => parseRoute(line, { family, numbers })));
    return new Map(
      requests.map(({ key }) => {
        const family = familyOf(key);
        if (lines[family].includes(UNREADABLE)) return [key, unreadable<RouteFact>(`the host's ip command shows no IPv${family} routes`)];
        const own = routes.filter((route) => route.key === key).map(({ entry }) => entry);
        return [key, known<RouteFact>({ routes: sortRoutes(own), session: sessionRoute(client, routes) })];
      }),
    );
  },
};

interface Found {
  readonly key: string;
  readonly table: string;
  readonly to: Cidr;
  readonly entry: RouteEntry;
}

/** `254 main` → its number by its name. */
function tableNumber(line: string): (readonly [string, string])[] {
  const [, number = '', name = ''] = /^\s*(\d+)\s+(\S+)/.exec(line) ?? [];
  return name === '' ? [] : [[name, number === '254' ? 'main' : number]];
}

function clientOf(lines: readonly string[]): string | null {
  const client = lines.find((line) => line !== '')?.split(/[ %]/)[0] ?? '';
  return isIP(client) === 0 ? null : canonicalAddress(client);
}

const TYPES = 'unicast|local|broadcast|multicast|throw|unreachable|prohibit|blackhole|nat|anycast';
const LINE = new RegExp(`^(?:(${TYPES}) )?(default|[0-9a-f.:]+)(?:/(\\d+))?( .*)?$`);

/** A line of `ip -o route`; entries of the cache that old kernels show as well are left out. */
function parseRoute(line: string, { family, numbers }: { family: 4 | 6; numbers: ReadonlyMap<string, string> }): Found[] {
  const match = LINE.exec(line.trim());
  if (match === null || / cache\b/.test(line)) return [];
  const [, type = 'unicast', destination = '', length, rest = ''] = match;
  const to = destinationOf(destination, length, family);
  const name = wordAfter(rest, 'table') ?? 'main';
  const table = name === '254' ? 'main' : (numbers.get(name) ?? name);
  return [{ key: `${table} ${to.address}/${to.prefix}`, table, to, entry: entryOf(type, rest) }];
}

function destinationOf(text: string, length: string | undefined, family: 4 | 6): Cidr {
  if (text === 'default') return { address: family === 4 ? '0.0.0.0' : '::', prefix: 0, family };
  return { address: text, prefix: Number(length ?? (family === 4 ? 32 : 128)), family };
}

function entryOf(type: string, rest: string): RouteEntry {
  const common = { source: wordAfter(rest, 'src'), metric: Number(wordAfter(rest, 'metric') ?? 0) };
  if (/ nexthop |\\/.test(rest)) return { type: 'multipath', via: null, device: null, ...common };
  return { type, via: wordAfter(rest, 'via'), device: wordAfter(rest, 'dev'), ...common };
}

function wordAfter(rest: string, word: string): string | null {
  return new RegExp(` ${word} (?:inet6 )?(\\S+)`).exec(rest)?.[1] ?? null;
}

/** The route of the main table that the kernel takes to the client: the longest prefix, then the lowest metric. */
function sessionRoute(client: string | null, routes: readonly Found[]): RouteFact['session'] {
  if (client === null) return null;
  const [best] = routes
    .filter(({ table, to, entry }) => table === 'main' && entry.type !== 'local' && holds(to, client))
    .sort((a, b) => b.to.prefix - a.to.prefix || a.entry.metric - b.entry.metric);
  return best === undefined ? null : { client, prefix: best.to.prefix, metric: best.entry.metric, device: best.entry.device };
}
