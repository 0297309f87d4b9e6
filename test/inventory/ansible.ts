import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { main } from '../../src/cli/command-line.ts';
import { testIo } from '../cli/test-io.ts';
import { type CommandResult, run } from '../lab/fleet/command.ts';
import { messageOf } from '../lab/fleet/requirements.ts';

/** Why Ansible cannot be asked here, or null. */
export const noAnsible: string | null = await whyNoAnsible();

async function whyNoAnsible(): Promise<string | null> {
  try {
    const { code, stderr } = await run(['ansible-inventory', '--version']);
    if (code === 0) return null;
    return `ansible-inventory does not start: ${stderr.trim()}`;
  } catch (error) {
    return `there is no ansible-inventory (Debian's package ansible-core, installed as root): ${messageOf(error)}`;
  }
}

/** Runs one of Ansible's programs, untouched by this machine's settings. */
async function ansible(argv: readonly string[]): Promise<CommandResult> {
  const home = await mkdtemp(join(tmpdir(), 'drover-ansible-'));
  onTestFinished(() => rm(home, { recursive: true, force: true }));
  const config = join(home, 'ansible.cfg');
  await writeFile(config, '[defaults]\n');
  const env = {
    PATH: process.env.PATH,
    HOME: home,
    LC_ALL: 'C.UTF-8',
    ANSIBLE_CONFIG: config,
    ANSIBLE_LOCALHOST_WARNING: 'false',
    ANSIBLE_NOCOLOR: '1',
  };
  return run(argv, { env });
}

const inventoryFlags = (sources: readonly string[]): readonly string[] => sources.flatMap((source) => ['-i', source]);

/** What `ansible-inventory --list` prints; an error where it refuses a source. */
export async function ansibleList(sources: readonly string[], flags: readonly string[] = []): Promise<unknown> {
  const { stdout, stderr } = await ansible(['ansible-inventory', ...inventoryFlags(sources), '--list', ...flags]);
  if (/Unable to parse|Failed to parse|ERROR/.test(stderr)) throw new Error(`ansible-inventory: ${stderr}`);
  return JSON.parse(stdout);
}

/** What `drover inventory --list --show-secrets` prints. */
export async function droverList(sources: readonly string[], flags: readonly string[] = []): Promise<unknown> {
  const io = testIo({ cwd: '/' });
  const code = await main(['inventory', ...inventoryFlags(sources), '--list', '--show-secrets', ...flags], io);
  if (code !== 0) throw new Error(`drover inventory: exit code ${code}\n${io.err()}`);
  return JSON.parse(io.out());
}

/** The hosts that each of the plays selects, by name: ansible-playbook lists them in any order. */
export async function ansibleSelections(sources: readonly string[], playbook: string): Promise<readonly (readonly string[])[]> {
  const { stdout, stderr } = await ansible(['ansible-playbook', '--list-hosts', ...inventoryFlags(sources), playbook]);
  const plays = stdout.split(/^ {2}play #/m).slice(1);
  if (plays.length === 0) throw new Error(`ansible-playbook: ${stderr}`);
  return plays.map((play) => [...play.slice(play.indexOf('hosts (')).matchAll(/^ {6}(\S+)$/gm)].map(([, name = '']) => name).sort());
}

/** The hosts that a pattern selects, in the order in which Ansible takes them. */
export async function ansibleHosts(sources: readonly string[], pattern: string, flags: readonly string[] = []): Promise<readonly string[]> {
  const { stdout } = await ansible(['ansible', pattern, '--list-hosts', ...inventoryFlags(sources), ...flags]);
  return [...stdout.matchAll(/^ {4}(\S+)$/gm)].map(([, name = '']) => name);
}

/**
 * Where two listings differ, each place as `path: drover VALUE, ansible VALUE`. The order of a group's hosts counts; that of its children does not:
 * Ansible takes those first that an INI file has a section for by then.
 */
export function differences(drover: unknown, ansible: unknown, path = ''): readonly string[] {
  const isShallow = path.split('/').length < 5;
  if (isShallow && isObject(drover) && isObject(ansible)) {
    const keys = [...new Set([...Object.keys(drover), ...Object.keys(ansible)])];
    return keys.flatMap((key) => differences(drover[key], ansible[key], `${path}/${key}`));
  }
  const [ours, theirs] = [drover, ansible].map((value) =>
    inOneWay(path.endsWith('/children') && Array.isArray(value) ? [...value].sort() : value),
  );
  return ours === theirs ? [] : [`${path}: drover ${ours}, ansible ${theirs}`];
}

/** JSON with the keys of objects in order. */
function inOneWay(value: unknown): string {
  return (
    JSON.stringify(value, (_, part: unknown) => (isObject(part) ? Object.fromEntries(Object.entries(part).sort()) : part)) ?? 'nothing'
  );
}

function isObject(value: unknown): value is { readonly [key: string]: unknown } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
