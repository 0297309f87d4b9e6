import type { HardwareData } from './open-hardware.ts';

/** The lab as an Ansible inventory in YAML. Values are quoted as JSON, which YAML reads as it is. */
export function inventoryYaml(data: HardwareData): string {
  const groups = [...new Set(data.hosts.map((host) => host.group))];
  return [
    'all:',
    '  vars:',
    `    ansible_ssh_private_key_file: ${JSON.stringify(data.keyFile)}`,
    `    drover_known_hosts_file: ${JSON.stringify(data.knownHostsFile)}`,
    '  children:',
    ...groups.flatMap((group) => [`    ${group}:`, '      hosts:', ...hostLines(data, group)]),
    '',
  ].join('\n');
}

function hostLines(data: HardwareData, group: string): string[] {
  return data.hosts
    .filter((host) => host.group === group)
    .flatMap((host) => {
      const vars = { ansible_host: host.address, ansible_port: host.port, ansible_user: host.user };
      return [`        ${host.name}:`, ...Object.entries(vars).map(([key, value]) => `          ${key}: ${JSON.stringify(value)}`)];
    });
}
