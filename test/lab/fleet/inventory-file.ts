import type { FleetData, LabHost } from './types.ts';

/** The fleet as an Ansible inventory in YAML. Values are quoted as JSON, which YAML reads as it is. */
export function inventoryYaml(fleet: FleetData): string {
  const debian = fleet.hosts.filter((host) => host.kind === 'debian');
  const busybox = fleet.hosts.filter((host) => host.kind === 'busybox');
  return [
    'all:',
    '  vars:',
    `    ansible_ssh_private_key_file: ${JSON.stringify(fleet.keyFile)}`,
    `    drover_known_hosts_file: ${JSON.stringify(fleet.knownHostsFile)}`,
    '  children:',
    '    debian:',
    '      children:',
    ...['web', 'db'].flatMap((group) => groupLines(group, debian)),
    ...(busybox.length > 0 ? ['    small:', '      hosts:', ...busybox.flatMap((host) => hostLines(host, '        '))] : []),
    '',
  ].join('\n');
}

function groupLines(group: string, hosts: readonly LabHost[]): string[] {
  const members = hosts.filter((host) => host.groups.includes(group));
  if (members.length === 0) return [];
  return [`        ${group}:`, '          hosts:', ...members.flatMap((host) => hostLines(host, '            '))];
}

function hostLines(host: LabHost, indent: string): string[] {
  const vars = { ansible_host: host.address, ansible_port: host.port, ansible_user: host.user };
  return [`${indent}${host.name}:`, ...Object.entries(vars).map(([key, value]) => `${indent}  ${key}: ${JSON.stringify(value)}`)];
}
