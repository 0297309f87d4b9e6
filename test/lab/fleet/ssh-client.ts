import { type CommandOptions, type CommandResult, run } from './command.ts';
import type { FleetData, LabHost } from './types.ts';

/** Runs a command line on a host with the OpenSSH client, as a user would: strict host keys, the fleet's key file and no agent. */
export function openSsh(
  fleet: FleetData,
  host: Pick<LabHost, 'address' | 'port' | 'user'>,
  command: string,
  options: CommandOptions = {},
): Promise<CommandResult> {
  const settings = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=yes',
    `UserKnownHostsFile=${fleet.knownHostsFile}`,
  ];
  const flags = settings.flatMap((setting) => ['-o', setting]);
  return run(
    ['ssh', '-F', 'none', ...flags, '-i', fleet.keyFile, '-p', String(host.port), `${host.user}@${host.address}`, '--', command],
    options,
  );
}
