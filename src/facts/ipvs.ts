import { SocketAddress } from 'node:net';
import {
  IPVS_TABLE,
  type IpvsConnections,
  type IpvsFact,
  type IpvsMethod,
  type IpvsServer,
  ipvsEndpoint,
  NO_SERVICE,
  sortServers,
} from '../model/ipvs-fact.ts';
import { type FactReader, known, unreadable } from './reader.ts';

/**
 * A virtual service and its real servers, from /proc/net/ip_vs: one read for all keys, without a tool, and none where the module is not
 * loaded (ipvsadm(8) would load it). That file has the persistence in the kernel's ticks, whose length it does not say, so ipvsadm is asked
 * where any service is persistent.
 */
export const ipvsReader: FactReader<'ipvs'> = {
  kind: 'ipvs',
  script: () => `
if [ -r /proc/net/ip_vs ]; then cat /proc/net/ip_vs; elif [ -e /proc/net/ip_vs ]; then echo denied; fi
mark
if grep -qs ' persistent ' /proc/net/ip_vs && command -v ipvsadm >/dev/null 2>&1; then ipvsadm -L -n 2>/dev/null; fi`,
  parse(pieces, requests) {
    const [table, listed] = pieces.map((piece) => piece.toString('utf8').split('\n'));
    if (table === undefined || listed === undefined) return new Map();
    if (table[0] === 'denied') return new Map(requests.map(({ key }) => [key, unreadable<IpvsFact>('only root may read /proc/net/ip_vs')]));
    const services = parseTable(table);
    const seconds = parseSeconds(listed);
    return new Map(
      requests.map(({ key }) => {
        if (key === IPVS_TABLE) return [key, known({ ...NO_SERVICE, table: [...services.keys()].sort() })];
        const found = services.get(key);
        const persistentSec = found?.isPersistent === true ? seconds.get(key) : null;
        if (persistentSec === undefined) return [key, unreadable<IpvsFact>('it is persistent, and only ipvsadm can tell for how long')];
        return [key, known(found === undefined ? NO_SERVICE : factOf(found, persistentSec))];
      }),
    );
  },
};

interface Entry {
  readonly scheduler: string;
  readonly isPersistent: boolean;
  readonly servers: (IpvsServer & IpvsConnections)[];
}

function factOf({ scheduler, servers }: Entry, persistentSec: number | null): IpvsFact {
  return {
    exists: true,
    scheduler,
    persistentSec,
    servers: sortServers(servers).map(({ address, port, method, weight }) => ({ address, port, method, weight })),
    connections: Object.fromEntries(servers.map((each) => [ipvsEndpoint(each), { active: each.active, inactive: each.inactive }])),
    table: [],
  };
}

/** Kernel's words for the methods (net/netfilter/ipvs, ip_vs_fwd_name): Local is direct routing to the director itself. */
const METHODS: Readonly<Record<string, IpvsMethod>> = { Route: 'dr', Local: 'dr', Tunnel: 'tun', Masq: 'nat' };

/** `TCP  C0000250:0019 wlc persistent 75000 FFFFFFFF`, and below it `  -> C0000233:0019      Route   1      0          0`. */
function parseTable(lines: readonly string[]): Map<string, Entry> {
  const services = new Map<string, Entry>();
  let servers: Entry['servers'] = [];
  for (const words of lines.map((line) => line.trim().split(/\s+/))) {
    const server = words[0] === '->' ? serverOf(words) : null;
    if (server !== null) servers.push(server);
    if (words[0] === '->') continue;
    servers = [];
    const key = keyOf(words);
    if (key !== null) services.set(key, { scheduler: words[2] ?? '', isPersistent: words.includes('persistent'), servers });
  }
  return services;
}

/** null for other protocols, firewall marks and headings. */
function keyOf([protocol, where = '']: readonly string[]): string | null {
  const endpoint = protocol === 'TCP' || protocol === 'UDP' ? endpointOf(where) : null;
  return endpoint === null ? null : `${protocol?.toLowerCase()} ${ipvsEndpoint(endpoint)}`;
}

function serverOf([, where = '', forward = '', weight, active, inactive]: readonly string[]): (IpvsServer & IpvsConnections) | null {
  const endpoint = endpointOf(where);
  const method = METHODS[forward];
  if (endpoint === null || method === undefined) return null;
  return { ...endpoint, method, weight: Number(weight), active: Number(active), inactive: Number(inactive) };
}

/** Hexadecimal address and port: `C0000250:0019`, or `[2001:0db8:0000:…]:0019`. */
function endpointOf(text: string): { address: string; port: number } | null {
  const [, v6, v4, port = ''] = /^(?:\[([0-9a-f:]+)\]|([0-9A-F]{8})):([0-9A-F]{4})$/.exec(text) ?? [];
  if (v6 !== undefined) return { address: canonical(v6), port: Number.parseInt(port, 16) };
  if (v4 === undefined) return null;
  const octets = v4.match(/../g) ?? [];
  return { address: octets.map((octet) => Number.parseInt(octet, 16)).join('.'), port: Number.parseInt(port, 16) };
}

function canonical(address: string): string {
  return new SocketAddress({ address, family: 'ipv6' }).address;
}

/** Persistence by key from `ipvsadm -L -n`: `TCP  192.0.2.80:25 wlc persistent 300`. */
function parseSeconds(lines: readonly string[]): Map<string, number> {
  const seconds = new Map<string, number>();
  for (const line of lines) {
    const [, protocol = '', v6, v4, port, sec] =
      /^(TCP|UDP)\s+(?:\[([0-9a-f:.]+)\]|([0-9.]+)):(\d+)\s.*\bpersistent (\d+)/.exec(line) ?? [];
    const address = v6 === undefined ? v4 : canonical(v6);
    if (address !== undefined) seconds.set(`${protocol.toLowerCase()} ${ipvsEndpoint({ address, port: Number(port) })}`, Number(sec));
  }
  return seconds;
}
