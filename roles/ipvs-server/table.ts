/** An address and a port in the host's table of virtual services. */
export interface Endpoint {
  readonly address: string;
  readonly port: number;
}

/** As /proc/net/ip_vs writes it: `C0000250:0050`, `[2001:0db8:0000:0000:0000:0000:0000:0050]:0050` (Linux, ip_vs_ctl.c). */
export function inTable({ address, port }: Endpoint): string {
  const hexPort = hex(port, 4);
  if (!address.includes(':')) {
    const bytes = address.split('.').map((part) => hex(Number(part), 2));
    return `${bytes.join('')}:${hexPort}`;
  }
  return `[${fullIpv6(address)}]:${hexPort}`;
}

/** `sh` that succeeds where the service of the table has this server. */
export function isThere(protocol: 'tcp' | 'udp', service: Endpoint, server: Endpoint): string {
  const program = `$1 == "TCP" || $1 == "UDP" || $1 == "FWM" { own = $1 == "${protocol.toUpperCase()}" && $2 == "${inTable(service)}" }
own && $1 == "->" && $2 == "${inTable(server)}" { found = 1 }
END { exit !found }`;
  return `awk '${program}' /proc/net/ip_vs`;
}

function hex(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}

/** All eight groups, in lower case. The last two may be written as IPv4. */
function fullIpv6(address: string): string {
  const [, front = '', last = ''] = /^(.*:)?([^:]*)$/.exec(address) ?? [];
  const tail = last.includes('.') ? ipv4Groups(last) : last;
  const [before = '', after] = `${front}${tail}`.split('::');
  const groups = (text: string): string[] => text.split(':').filter((group) => group !== '');
  const head = groups(before);
  const rest = after === undefined ? [] : groups(after);
  const zeros = Array.from({ length: 8 - head.length - rest.length }, () => '0');
  return [...head, ...zeros, ...rest].map((group) => group.toLowerCase().padStart(4, '0')).join(':');
}

function ipv4Groups(text: string): string {
  const [a = 0, b = 0, c = 0, d = 0] = text.split('.').map(Number);
  return `${(a * 256 + b).toString(16)}:${(c * 256 + d).toString(16)}`;
}
