import { type Cidr, familyOf } from '../../model/network-address.ts';
import { StepArgumentError } from '../step.ts';
import { checkAddress, checkCidr, checkDestination, checkInterfaceName, checkNumber } from './values.ts';

/** Network systems that drover writes files for. */
export type InterfaceSystem = 'networkd' | 'ifupdown' | 'networkmanager' | 'ifcfg';

/** An address that an interface gets at boot. */
export interface InterfaceAddressOptions {
  /** With its prefix length: `192.0.2.80/32`. */
  readonly address: string;
  /** IPv4 only: `lo:0`; needed on loopback with ifupdown and ifcfg, not known to NetworkManager. */
  readonly label?: string | undefined;
  /** IPv6 only: never chosen as source where there is another (preferred lifetime 0). Default false. Not known to NetworkManager and ifcfg. */
  readonly deprecated?: boolean | undefined;
}

/** A route through an interface at boot. */
export interface InterfaceRouteOptions {
  /** A network, an address, or `::/0`. */
  readonly to: string;
  /** Gateway. Default: none, the destination is reached directly. */
  readonly via?: string | undefined;
  /** Preferred source address. */
  readonly source?: string | undefined;
  /** Default: the kernel's, 1024 for IPv6 and 0 for IPv4. */
  readonly metric?: number | undefined;
}

/** The endpoints of a sit tunnel: IPv6 in IPv4 (RFC 4213). */
export interface TunnelEndpoints {
  /** IPv4 address of this host. */
  readonly local: string;
  /** IPv4 address of the other end. */
  readonly remote: string;
  /** Of the IPv4 packets, 1 to 255. Default 64. */
  readonly ttl?: number | undefined;
  /** 1280 to 65535. Default 1480. */
  readonly mtu?: number | undefined;
}

/** What a renderer writes: everything checked, defaults filled in. */
export interface InterfaceConfiguration {
  /** Of the interface. */
  readonly name: string;
  readonly type: 'tunnel' | 'loopback' | 'ethernet';
  /** First lines of every file, without `#`. */
  readonly comment: string;
  readonly tunnel: { readonly local: string; readonly remote: string; readonly ttl: number; readonly mtu: number } | null;
  readonly addresses: readonly (Cidr & { readonly label: string | null; readonly deprecated: boolean })[];
  readonly routes: readonly (Cidr & { readonly via: string | null; readonly source: string | null; readonly metric: number | null })[];
}

const KIND = 'interfaceFiles';

function wrong(what: string): never {
  throw new StepArgumentError(`${KIND}: ${what}`);
}

/** Throws StepArgumentError for an argument that no system could take. */
export function checkConfiguration(options: {
  readonly name: string;
  readonly type: 'tunnel' | 'loopback' | 'ethernet';
  readonly comment: string;
  readonly tunnel: TunnelEndpoints | undefined;
  readonly addresses: readonly InterfaceAddressOptions[];
  readonly routes: readonly InterfaceRouteOptions[];
}): InterfaceConfiguration {
  const { type, comment } = options;
  const name = checkInterfaceName(KIND, options.name);
  checkType(type, name, options.tunnel !== undefined);
  if (/[\n\r\0]/.test(comment)) wrong(`comment ${JSON.stringify(comment)} must be one line`);
  const addresses = options.addresses.map((each) => checkOne(each, { name, type }));
  const routes = options.routes.map(checkRoute);
  const wrongFamily = [...addresses, ...routes].find(({ family }) => family === 4 && type === 'tunnel');
  if (wrongFamily !== undefined) wrong(`${wrongFamily.address}/${wrongFamily.prefix}: a sit tunnel carries IPv6 only`);
  return { name, type, comment, tunnel: options.tunnel === undefined ? null : checkTunnel(options.tunnel), addresses, routes };
}

function checkType(type: string, name: string, hasTunnel: boolean): void {
  if (!['tunnel', 'loopback', 'ethernet'].includes(type)) wrong(`type ${JSON.stringify(type)} must be 'tunnel', 'loopback' or 'ethernet'`);
  if ((type === 'tunnel') !== hasTunnel) wrong(`tunnel endpoints belong to type 'tunnel', and only to it (type is '${type}')`);
  if ((type === 'loopback') !== (name === 'lo')) wrong(`the loopback interface is lo, and no other is (${name}, type '${type}')`);
  if (name === 'sit0') wrong('sit0 is the kernel’s own fallback device; take another name, such as sit1');
}

/** Checked endpoints with the defaults filled in. */
function checkTunnel({ local, remote, ttl = 64, mtu = 1480 }: TunnelEndpoints): NonNullable<InterfaceConfiguration['tunnel']> {
  return {
    local: checkAddress(`${KIND}: local`, local, 4),
    remote: checkAddress(`${KIND}: remote`, remote, 4),
    ttl: checkNumber(`${KIND}: ttl`, ttl, [1, 255]),
    mtu: checkNumber(`${KIND}: mtu`, mtu, [1280, 65535]),
  };
}

function checkOne(
  { address, label, deprecated = false }: InterfaceAddressOptions,
  { name, type }: { readonly name: string; readonly type: string },
): InterfaceConfiguration['addresses'][number] {
  const cidr = checkCidr(KIND, address);
  if (type === 'loopback' && cidr.family === 6) wrong(`${address}: only IPv4 addresses are kept on lo`);
  if (label !== undefined && (cidr.family === 6 || !/^[A-Za-z0-9._:-]{1,15}$/.test(label) || !label.startsWith(`${name}:`))) {
    wrong(`label ${JSON.stringify(label)} must be ${name}:TEXT, at most 15 characters, on an IPv4 address`);
  }
  if (deprecated && cidr.family === 4) wrong(`${address}: only an IPv6 address can be deprecated`);
  return { ...cidr, label: label ?? null, deprecated };
}

function checkRoute({ to, via, source, metric }: InterfaceRouteOptions): InterfaceConfiguration['routes'][number] {
  const family = familyOf(`${to}${via ?? ''}${source ?? ''}`);
  return {
    ...checkDestination(KIND, to, family),
    via: via === undefined ? null : checkAddress(`${KIND}: gateway`, via, family),
    source: source === undefined ? null : checkAddress(`${KIND}: source`, source, family),
    metric: metric === undefined ? null : checkNumber(`${KIND}: metric`, metric, [family === 6 ? 1 : 0, 4294967295]),
  };
}
