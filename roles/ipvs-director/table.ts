import { type IpvsServerOptions, ipvsService, ipvsTable, type Step } from 'drover';
import type { DirectorParams, DirectorService } from './parameters.ts';

type Table = Pick<DirectorParams, 'vip' | 'services'>;

const FLAGS = { dr: '-g', nat: '-m', tun: '-i' } as const;

/** The rules that ipvsadm-restore(8) reads at boot. */
export function ipvsRules({ vip, services }: Table): string {
  const lines = services.flatMap(({ protocol, port, scheduler, persistent, method, reals }) => {
    const name = `${protocol === 'tcp' ? '-t' : '-u'} ${vip}:${port}`;
    return [
      `-A ${name} -s ${scheduler}${persistent === undefined ? '' : ` -p ${persistent}`}`,
      ...reals.map((real) => `-a ${name} -r ${real.address}:${real.port ?? port} ${FLAGS[method]} -w ${real.weight}`),
    ];
  });
  return lines.map((line) => `${line}\n`).join('');
}

/** The kernel's table as it must be now: exactly these services with exactly these real servers. */
export function liveTable({ vip, services }: Table): Step[] {
  return [
    ...services.map(({ protocol, port, scheduler, persistent, ...rest }) =>
      ipvsService({ protocol, address: vip, port, scheduler, persistent, servers: serversOf(rest) }),
    ),
    noOthers({ vip, services }),
  ];
}

/** No other virtual services. */
export function noOthers({ vip, services }: Table): Step {
  return ipvsTable({ services: services.map(({ protocol, port }) => ({ protocol, address: vip, port })) });
}

function serversOf({ reals, method }: Pick<DirectorService, 'reals' | 'method'>): IpvsServerOptions[] {
  return reals.map(({ address, port, weight }) => ({ address, port, weight, method }));
}

/** A line for sh that succeeds when the kernel has all these services, whatever their real servers: keepalived decides which of them live. */
export function hasServices({ vip, services }: Table): string {
  const lines = services.map(({ protocol, port, scheduler }) => `${protocol.toUpperCase()}  ${hex(vip)}:${padded(port, 4)} ${scheduler} `);
  return lines.map((line) => `grep -qs '^${line}' /proc/net/ip_vs`).join(' && ');
}

/** As /proc/net/ip_vs has addresses: C0000250 for 192.0.2.80. */
function hex(address: string): string {
  return address
    .split('.')
    .map((octet) => padded(Number(octet), 2))
    .join('');
}

function padded(value: number, digits: number): string {
  return value.toString(16).toUpperCase().padStart(digits, '0');
}
