/** Path of a kernel parameter. In keys a `/` stands for a dot inside a name: `net.ipv4.conf.eth0/100.forwarding` (sysctl(8)). */
export function sysctlPath(key: string): string {
  const parts = key.split('.').map((part) => part.replaceAll('/', '.'));
  return `/proc/sys/${parts.join('/')}`;
}
