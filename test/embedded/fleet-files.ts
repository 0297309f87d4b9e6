import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { KeyPair } from './keys.ts';

/** What the files say about one host. */
export interface FleetHost {
  readonly name: string;
  readonly port: number;
  readonly user: string;
  readonly home: string;
  readonly hostKey: KeyPair;
}

/** Paths of the files that a client of the fleet needs. */
export interface FleetFiles {
  readonly inventoryFile: string;
  readonly knownHostsFile: string;
  readonly keyFile: string;
}

/** The group of a host is its name without the number: web1 is in web. */
function groupOf({ name }: FleetHost): string {
  return name.replace(/\d+$/, '') || 'hosts';
}

function hostLine({ name, port, home }: FleetHost): string {
  return `        ${name}: { ansible_port: ${port}, home: ${JSON.stringify(home)} }`;
}

function inventoryText(hosts: readonly FleetHost[], files: FleetFiles): string {
  const groups = [...new Set(hosts.map(groupOf))].map((group) => {
    const members = hosts.filter((host) => groupOf(host) === group);
    return [`    ${group}:`, '      hosts:', ...members.map(hostLine)].join('\n');
  });
  return `all:
  vars:
    ansible_host: 127.0.0.1
    ansible_user: ${hosts[0]?.user ?? 'root'}
    ansible_ssh_private_key_file: ${JSON.stringify(files.keyFile)}
    drover_known_hosts_file: ${JSON.stringify(files.knownHostsFile)}
  children:
${groups.join('\n')}
`;
}

/** Writes the client's key, known_hosts and an inventory with one group per kind of host into `directory`. */
export function writeFleetFiles(directory: string, hosts: readonly FleetHost[], clientKey: KeyPair): FleetFiles {
  const files = {
    inventoryFile: join(directory, 'inventory.yml'),
    knownHostsFile: join(directory, 'known_hosts'),
    keyFile: join(directory, 'id_ed25519'),
  };
  const knownHosts = hosts.map(({ port, hostKey }) => `[127.0.0.1]:${port} ${hostKey.publicKey}\n`);
  writeFileSync(files.keyFile, clientKey.privateKey, { mode: 0o600 });
  writeFileSync(files.knownHostsFile, knownHosts.join(''));
  writeFileSync(files.inventoryFile, inventoryText(hosts, files));
  return files;
}
