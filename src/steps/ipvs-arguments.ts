import { isIP, SocketAddress } from 'node:net';
import { type IpvsName, type IpvsServer, ipvsEndpoint } from '../model/ipvs-fact.ts';
import { StepArgumentError } from './step.ts';

/** A real server as a step takes it. */
export interface IpvsServerOptions {
  readonly address: string;
  /** Default: the port of the service. Another one only with `nat`: the others leave the packet as it is. */
  readonly port?: number | undefined;
  readonly method: 'dr' | 'nat' | 'tun';
  /** 0 to 65535; 0: no new connections. Default 1. */
  readonly weight?: number | undefined;
}

export function wrong(what: string, kind = 'ipvsService'): never {
  throw new StepArgumentError(`${kind}: ${what}`);
}

/** Throws unless it is an address with a port; returns the address as `ip` prints it. */
export function checkEndpoint(
  { address, port }: { readonly address: string; readonly port: number },
  kind?: string,
): { address: string; port: number } {
  const family = typeof address === 'string' && !address.includes('%') ? isIP(address) : 0;
  if (family === 0) wrong(`${JSON.stringify(address)} must be an IPv4 or IPv6 address`, kind);
  if (!(Number.isInteger(port) && port >= 1 && port <= 65_535))
    wrong(`port ${JSON.stringify(port)} of ${address} must be 1 to 65535`, kind);
  return { address: family === 6 ? new SocketAddress({ address, family: 'ipv6' }).address : address, port };
}

/** Throws unless these can be the real servers of that service. */
export function checkServers(servers: readonly IpvsServerOptions[], service: IpvsName): IpvsServer[] {
  const checked = servers.map((server) => checkServer(server, service));
  const names = checked.map(ipvsEndpoint);
  const twice = names.find((name, index) => names.indexOf(name) !== index);
  if (twice !== undefined) wrong(`real server ${twice} is there twice`);
  return checked;
}

function checkServer({ method, weight = 1, port, ...rest }: IpvsServerOptions, service: IpvsName): IpvsServer {
  const server = checkEndpoint({ ...rest, port: port ?? service.port });
  const name = ipvsEndpoint(server);
  if (!['dr', 'nat', 'tun'].includes(method)) wrong(`method ${JSON.stringify(method)} of ${name} must be 'dr', 'nat' or 'tun'`);
  if (!(Number.isInteger(weight) && weight >= 0 && weight <= 65_535))
    wrong(`weight ${JSON.stringify(weight)} of ${name} must be 0 to 65535`);
  if (method !== 'nat' && server.port !== service.port) {
    wrong(`${name} must have the port of the service, ${service.port}: only nat can change it`);
  }
  if (server.address === service.address) wrong(`${name} is the service address itself`);
  if (isIP(server.address) !== isIP(service.address) && method !== 'tun') {
    wrong(`${name} must be an address of the same kind as ${service.address}: only tun goes from one to the other`);
  }
  return { ...server, method, weight };
}
