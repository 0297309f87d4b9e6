import type { BmcInterface, IpmiParams } from './params.ts';

/** Parameters of ipmi_si: comma lists with one place for each interface, 0 where it has none of them (kernel documentation, driver-api/ipmi). */
export function driverOptions({
  interfaces,
  disableDiscovery,
}: Pick<IpmiParams, 'interfaces' | 'disableDiscovery'>): Record<string, string | null> {
  const list = (of: (each: BmcInterface) => number | undefined, print: (value: number) => string): string | null =>
    interfaces.every((each) => of(each) === undefined) ? null : interfaces.map((each) => print(of(each) ?? 0)).join(',');
  return {
    type: interfaces.map(({ type }) => type).join(','),
    ports: list(({ port }) => port, hex),
    addrs: list(({ mem }) => mem, hex),
    regspacings: list(({ regSpacing }) => regSpacing, String),
    slave_addrs: list(({ slaveAddr }) => slaveAddr, hex),
    irqs: list(({ irq }) => irq, String),
    ...(disableDiscovery ? { trydmi: '0', tryacpi: '0' } : {}),
  };
}

function hex(value: number): string {
  return value === 0 ? '0' : `0x${value.toString(16)}`;
}

/** How the driver shows a working interface, as a basic regular expression: `kcs,i/o,0xca2,rsp=1,rsi=1,rsh=0,irq=0,ipmb=32`. */
export function shownAs({ type, port, mem, regSpacing, slaveAddr }: BmcInterface): string {
  const place = port === undefined ? `mem,${hex(mem ?? 0)}` : `i/o,${hex(port)}`;
  const spacing = regSpacing === undefined ? '' : `.*rsp=${regSpacing},`;
  const address = slaveAddr === undefined ? '' : `.*ipmb=${slaveAddr}$`;
  return `^${type},${place},${spacing}${address}`;
}

/** An interface in words, with all that the driver shows of it. */
export function interfaceName({ type, port, mem, regSpacing, slaveAddr }: BmcInterface): string {
  const more = [
    ...(regSpacing === undefined ? [] : [`register spacing ${regSpacing}`]),
    ...(slaveAddr === undefined ? [] : [`slave address ${hex(slaveAddr)}`]),
  ];
  return [`${type} at ${port === undefined ? 'memory' : 'port'} ${hex(port ?? mem ?? 0)}`, ...more].join(' with ');
}
