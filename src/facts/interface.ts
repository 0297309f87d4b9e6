import type { InterfaceFact } from '../model/network-fact.ts';
import { type FactReader, known, unreadable } from './reader.ts';
import { parseSession, SESSION_SCRIPT, type Session } from './session.ts';

/**
 * A network interface, by name. Details as `ip -d` shows them where it knows the option; a tunnel's endpoints and ttl also by `ip tunnel`,
 * which the oldest kernels and busybox answer too.
 */
export const interfaceReader: FactReader<'interface'> = {
  kind: 'interface',
  script: () => `
ip -d -o link show 2>/dev/null || ip -o link show 2>/dev/null
mark
ip tunnel show 2>/dev/null
mark
grep -s . /proc/sys/net/ipv6/conf/*/mtu /dev/null
mark
${SESSION_SCRIPT}`,
  parse(pieces, requests) {
    const [links, tunnels, mtus, session] = pieces.map((piece) => piece.toString('utf8'));
    if (links === undefined || tunnels === undefined || mtus === undefined || session === undefined) return new Map();
    const all = new Map(links.split('\n').flatMap(parseLink));
    const own = new Map(tunnels.split('\n').flatMap(parseTunnel));
    const found = { mtus: parseMtus(mtus), session: parseSession(session) };
    return new Map(
      requests.map(({ key }) => {
        if (all.size === 0) return [key, unreadable<InterfaceFact>('the host has no ip command, or it shows no interfaces')];
        const link = all.get(key);
        if (link === undefined) return [key, known(ABSENT)];
        const tunnel = link.tunnel ?? own.get(key) ?? null;
        if (link.kind === 'sit' && tunnel === null) {
          return [key, unreadable<InterfaceFact>(`the host's ip command does not show the endpoints and ttl of the tunnel ${key}`)];
        }
        return [key, known(factOf(key, link, { ...found, tunnel }))];
      }),
    );
  },
};

const ABSENT: InterfaceFact = {
  exists: false,
  up: false,
  mtu: null,
  ipv6Mtu: null,
  kind: null,
  local: null,
  remote: null,
  ttl: null,
  session: false,
};

interface Tunnel {
  readonly local: string | null;
  readonly remote: string | null;
  readonly ttl: number;
}

interface Link {
  readonly up: boolean;
  readonly mtu: number | null;
  readonly kind: string | null;
  /** Only where `ip -d` shows it. */
  readonly tunnel: Tunnel | null;
}

interface Found {
  readonly tunnel: Tunnel | null;
  readonly mtus: ReadonlyMap<string, number>;
  readonly session: Session;
}

function factOf(name: string, { up, mtu, kind }: Link, { tunnel, mtus, session }: Found): InterfaceFact {
  const { local, remote, ttl } = tunnel ?? { local: null, remote: null, ttl: null };
  return {
    exists: true,
    up,
    mtu,
    ipv6Mtu: mtus.get(name) ?? null,
    kind,
    local,
    remote,
    ttl,
    session: session.devices.includes(name),
  };
}

/** A line of `ip -o link` (ip-link(8)): parts divided by backslashes; with `-d` one of them begins with the kind. */
function parseLink(line: string): (readonly [string, Link])[] {
  const match = /^\d+: ([^:@\s]+)(?:@[^:\s]*)?: <([^>]*)>(.*)$/.exec(line);
  if (match === null) return [];
  const [, name = '', flags = '', rest = ''] = match;
  const [first = '', ...parts] = rest.split('\\').map((part) => part.trim());
  const type = parts.map((part) => /^link\/(\S+)/.exec(part)?.[1]).find((each) => each !== undefined);
  const details = parts.find((part) => part !== '' && !/^(link\/|alias |altname |RX|TX|vf )/.test(part));
  const kind = details?.split(' ')[0] ?? (type === 'sit' ? 'sit' : null);
  const mtu = /\bmtu (\d+)/.exec(first)?.[1];
  const tunnel = kind === 'sit' && details !== undefined ? tunnelOf(details) : null;
  return [[name, { up: flags.split(',').includes('UP'), mtu: mtu === undefined ? null : Number(mtu), kind, tunnel }]];
}

/** A line of `ip tunnel show` (ip-tunnel(8)): `sit1: ipv6/ip remote 192.0.2.1 local 192.0.2.2 ttl 64`. */
function parseTunnel(line: string): (readonly [string, Tunnel])[] {
  const [, name = '', rest = ''] = /^([^:\s]+): (.*)$/.exec(line) ?? [];
  const tunnel = tunnelOf(rest);
  return tunnel === null ? [] : [[name, tunnel]];
}

function tunnelOf(text: string): Tunnel | null {
  const ttl = /\bttl (\d+|inherit)/.exec(text)?.[1];
  if (ttl === undefined) return null;
  const endpoint = (word: string): string | null => new RegExp(`\\b${word} ([0-9.]+)(?:\\s|$)`).exec(text)?.[1] ?? null;
  return { local: endpoint('local'), remote: endpoint('remote'), ttl: ttl === 'inherit' ? 0 : Number(ttl) };
}

function parseMtus(text: string): Map<string, number> {
  const pairs = [...text.matchAll(/^\/proc\/sys\/net\/ipv6\/conf\/([^/]+)\/mtu:(\d+)$/gm)];
  return new Map(pairs.map(([, name = '', mtu]) => [name, Number(mtu)]));
}
