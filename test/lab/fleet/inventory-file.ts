import type { FleetData, LabHost } from './types.ts';

/** The fleet as an Ansible inventory in YAML. Values are quoted as JSON, which YAML reads as it is. */
export function inventoryYaml(fleet: FleetData): string {
  const debian = fleet.hosts.filter((host) => host.kind === 'debian');
  return [
    'all:',
    '  vars:',
    `    ansible_ssh_private_key_file: ${JSON.stringify(fleet.keyFile)}`,
    `    drover_known_hosts_file: ${JSON.stringify(fleet.knownHostsFile)}`,
    '  children:',
    '    debian:',
    '      children:',
    ...['web', 'db'].flatMap((group) => groupLines(group, debian, '        ')),
    ...['small', 'redhat'].flatMap((group) => groupLines(group, fleet.hosts, '    ')),
    '',
  ].join('\n');
}

function groupLines(group: string, hosts: readonly LabHost[], indent: string): string[] {
  const members = hosts.filter((host) => host.groups.includes(group));
  if (members.length === 0) return [];
  return [`${indent}${group}:`, `${indent}  hosts:`, ...members.flatMap((host) => hostLines(host, `${indent}    `))];
}

function hostLines(host: LabHost, indent: string): string[] {
  const vars = { ansible_host: host.address, ansible_port: host.port, ansible_user: host.user };
  return [`${indent}${host.name}:`, ...Object.entries(vars).map(([key, value]) => `${indent}  ${key}: ${JSON.stringify(value)}`)];
}
