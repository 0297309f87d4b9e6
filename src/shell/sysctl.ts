/** Path of a kernel parameter. In keys a `/` stands for a dot inside a name: `net.ipv4.conf.eth0/100.forwarding` (sysctl(8)). */
export function sysctlPath(key: string): string {
  const parts = key.split('.').map((part) => part.replaceAll('/', '.'));
  return `/proc/sys/${parts.join('/')}`;
}

/** The dotted form of a key in either notation: when the first separator is `/`, dots and slashes change places (sysctl(8)). */
export function sysctlKey(name: string): string {
  if (/[./]/.exec(name)?.[0] !== '/') return name;
  return name.replace(/[./]/g, (separator) => (separator === '/' ? '.' : '/'));
}

/** A value as it is compared: white space folded, as the kernel prints tabs for what was written with spaces. */
export function foldSpace(value: string): string {
  return value.trim().replace(/\s+/g, ' ');
}
