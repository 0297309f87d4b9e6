import type { InterfaceConfiguration } from './desired.ts';

/** systemd.netdev(5) of a sit tunnel; `Independent`: it needs no .network of another interface that names it. */
export function netdevFile({ name, comment, tunnel }: InterfaceConfiguration): string {
  if (tunnel === null) return '';
  return `# ${comment}
[NetDev]
Name=${name}
Kind=sit
MTUBytes=${tunnel.mtu}

[Tunnel]
Local=${tunnel.local}
Remote=${tunnel.remote}
TTL=${tunnel.ttl}
Independent=yes
`;
}

/** systemd.network(5) with the interface's addresses and routes. A tunnel takes no router advertisements. */
export function networkFile(configuration: InterfaceConfiguration): string {
  const { name, comment, type } = configuration;
  const network = type === 'tunnel' ? '\n[Network]\nIPv6AcceptRA=no\n' : '';
  return `# ${comment}\n[Match]\nName=${name}\n${network}${sections(configuration)}`;
}

/** A drop-in with additional addresses and routes for the .network file that configures the interface. */
export function networkDropIn(configuration: InterfaceConfiguration): string {
  return `# ${configuration.comment}${sections(configuration)}`;
}

function sections({ addresses, routes }: InterfaceConfiguration): string {
  const parts = [
    ...addresses.map(({ address, prefix, label, deprecated }) => [
      '[Address]',
      `Address=${address}/${prefix}`,
      ...(label === null ? [] : [`Label=${label}`]),
      ...(deprecated ? ['PreferredLifetime=0'] : []),
    ]),
    ...routes.map(({ address, prefix, via, source, metric }) => [
      '[Route]',
      `Destination=${address}/${prefix}`,
      ...(via === null ? [] : [`Gateway=${via}`]),
      ...(source === null ? [] : [`PreferredSource=${source}`]),
      ...(metric === null ? [] : [`Metric=${metric}`]),
    ]),
  ];
  return parts.map((lines) => `\n${lines.join('\n')}\n`).join('');
}
