/** systemd.network(5) for lo with every service address as /32, labelled lo:0, lo:1, … */
export function networkUnit(vips: readonly string[]): string {
  const addresses = vips.map((vip, index) => `\n[Address]\nAddress=${vip}/32\nLabel=lo:${index}\n`);
  return `# Service addresses for IPVS direct routing (role lo0-vip)\n[Match]\nName=lo\n${addresses.join('')}`;
}

/** interfaces(5); broadcast 0.0.0.0, or ifupdown adds a broadcast route equal to the address. */
export function interfacesStanza(vips: readonly string[]): string {
  const stanzas = vips.map(
    (vip, index) => `\nauto lo:${index}\niface lo:${index} inet static\n    address ${vip}/32\n    broadcast 0.0.0.0\n`,
  );
  return `# Service addresses for IPVS direct routing (role lo0-vip)\n${stanzas.join('')}`;
}

/** True where the prefix of an address holds another IPv4 address. */
export function containsAddress(prefix: { readonly address: string; readonly prefix: number }, other: string): boolean {
  const shift = 32 - prefix.prefix;
  return shift >= 32 || toNumber(prefix.address) >>> shift === toNumber(other) >>> shift;
}

function toNumber(address: string): number {
  return address.split('.').reduce((sum, part) => sum * 256 + Number(part), 0);
}
