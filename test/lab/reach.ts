import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type CliResult, cli } from './drive.ts';
import { lab } from './lab.ts';

type Vars = Readonly<Record<string, unknown>>;

/** What `drover run --json` says of one host. */
export interface Reached {
  readonly host: string;
  readonly outcome: string;
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly stderr: string;
  readonly error: { readonly phase: string; readonly message: string; readonly hint: string | null } | null;
  readonly durationMs: number;
}

/** Address and known hosts of a lab host, as vars. */
export function at(name: string): Vars {
  const { address, port } = lab().host(name);
  return { ansible_host: address, ansible_port: port, drover_known_hosts_file: lab().knownHostsFile };
}

/** The same, with the fleet's login name and key: everything that a login needs. */
export function reached(name: string): Vars {
  return { ...at(name), ansible_user: lab().host(name).user, ansible_ssh_private_key_file: lab().keyFile };
}

/** An inventory of these hosts; JSON is YAML. */
export function inventoryOf(hosts: Readonly<Record<string, Vars>>): string {
  return JSON.stringify({ all: { hosts } });
}

/** Runs one command on all these hosts and resolves to what drover says of each. */
export async function runOn(
  cwd: string,
  hosts: Readonly<Record<string, Vars>>,
  { args = [], env = {}, command = 'id -un' }: { args?: readonly string[]; env?: Readonly<Record<string, string>>; command?: string } = {},
): Promise<CliResult & { readonly hosts: readonly Reached[] }> {
  await writeFile(join(cwd, 'hosts.yml'), inventoryOf(hosts), { mode: 0o600 });
  const result = await cli(cwd, ['run', 'all', '-i', 'hosts.yml', '--json', ...args, '--', command], env);
  return { ...result, hosts: result.stdout.startsWith('[') ? JSON.parse(result.stdout) : [] };
}

/** What was said, in short: name, and standard output or the error. */
export function said({ hosts, stderr }: { readonly hosts: readonly Reached[]; readonly stderr: string }): unknown[] {
  if (hosts.length === 0) return [stderr];
  return hosts.map(({ host, outcome, error, stdout }) => [host, outcome === 'ok' ? stdout : `${error?.phase}: ${error?.message}`]);
}
