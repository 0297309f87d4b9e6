import type { InterfaceConfiguration } from './desired.ts';

type Address = InterfaceConfiguration['addresses'][number];

/** Stanzas of interfaces(5). */
export function interfacesStanzas(configuration: InterfaceConfiguration): string {
  const { comment, type, tunnel } = configuration;
  if (type === 'tunnel' && tunnel !== null) return `# ${comment}\n${tunnelStanza(configuration, tunnel)}`;
  return `# ${comment}\n${type === 'loopback' ? labelled(configuration) : further(configuration)}`;
}

/** An alias each; broadcast 0.0.0.0, or ifupdown adds a broadcast route equal to the address. */
function labelled({ addresses, name }: InterfaceConfiguration): string {
  const stanza = ({ address, prefix, label }: Address): string => {
    const alias = label ?? name;
    return `\nauto ${alias}\niface ${alias} inet static\n    address ${address}/${prefix}\n    broadcast 0.0.0.0\n`;
  };
  return addresses.map(stanza).join('');
}

/** Further stanzas of an interface add to those that configure it elsewhere; no `auto`, that is their business. */
function further({ name, addresses, routes }: InterfaceConfiguration): string {
  const up = routes.map((route) => `    up ${routeCommand(route)}\n`).join('');
  if (addresses.length === 0) return `\niface ${name} inet manual\n${up}`;
  const stanza = (each: Address, more: string): string =>
    `\niface ${name} ${each.family === 4 ? 'inet' : 'inet6'} static\n    address ${each.address}/${each.prefix}\n${
      each.label === null ? '' : `    label ${each.label}\n`
    }${each.deprecated ? '    preferred-lifetime 0\n' : ''}${more}`;
  return addresses.map((each, index) => stanza(each, index === addresses.length - 1 ? up : '')).join('');
}

/**
 * The method v4tunnel makes the tunnel and fails where there is one of that name; what drover (or anybody) brought up by hand gives
 * way to it, so that ifup and a restart of networking work either way.
 */
function tunnelStanza({ name, addresses, routes }: InterfaceConfiguration, tunnel: NonNullable<InterfaceConfiguration['tunnel']>): string {
  const [first, ...rest] = addresses;
  const lines = [
    'pre-up ip tunnel del $IFACE 2>/dev/null || true',
    ...(first === undefined ? [] : [`address ${first.address}/${first.prefix}`]),
    ...(first?.deprecated === true ? ['preferred-lifetime 0'] : []),
    `endpoint ${tunnel.remote}`,
    `local ${tunnel.local}`,
    `ttl ${tunnel.ttl}`,
    `mtu ${tunnel.mtu}`,
    ...rest.map(
      ({ address, prefix, deprecated }) =>
        `up ip -6 addr replace ${address}/${prefix} dev $IFACE${deprecated ? ' preferred_lft 0' : ''} nodad`,
    ),
    ...routes.map((route) => `up ${routeCommand(route)}`),
  ];
  return `\nauto ${name}\niface ${name} inet6 v4tunnel\n${lines.map((line) => `    ${line}\n`).join('')}`;
}

function routeCommand({ address, prefix, family, via, source, metric }: InterfaceConfiguration['routes'][number]): string {
  return [
    `ip -${family} route replace ${address}/${prefix}`,
    ...(via === null ? [] : [`via ${via}`]),
    'dev $IFACE',
    ...(metric === null ? [] : [`metric ${metric}`]),
    ...(source === null ? [] : [`src ${source}`]),
  ].join(' ');
}
