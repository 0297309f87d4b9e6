import { type Command, InvalidArgumentError, Option } from 'commander';
import { didYouMean } from '../errors/nearest.ts';
import type { Deadlines } from '../model/host.ts';
import { REPORT_FORMATS } from '../report/formats.ts';
import { argumentProblem } from './problem.ts';
import type { ReportFile } from './report-files.ts';
import { collectReport } from './report-flag.ts';
import { collectTimeout } from './timeout-flag.ts';

/** Hosts worked on at the same time where `--forks` is not given. */
const DEFAULT_FORKS = 20;

/** What `--transport` may name: which hosts are this machine only the inventory says. */
const TRANSPORT_NAMES = ['ssh', 'openssh'] as const;

/** Flags of commands that read an inventory. */
export interface InventoryFlags {
  readonly inventory: readonly string[];
}

/** Flags of commands that connect to hosts. */
export interface ConnectionFlags extends InventoryFlags {
  readonly forks: number;
  readonly acceptNew?: true;
  readonly askPass?: true;
  readonly passwordCommand?: string;
  readonly askBecomePass?: true;
  readonly becomePasswordCommand?: string;
  readonly transport?: (typeof TRANSPORT_NAMES)[number];
  readonly sshConfig?: string;
  readonly timeout: Partial<Deadlines>;
}

/** Flags of plan, check and apply. */
export interface RunFlags extends ConnectionFlags {
  readonly limit?: string;
  readonly tags: readonly string[];
  readonly skipTags: readonly string[];
  readonly json?: true;
  /** Files that the report is written to besides; default none. */
  readonly report?: readonly ReportFile[];
  /** How often `-v` is given. */
  readonly verbose?: number;
}

/** Adds `-i`. `shownDefault` says what counts where it is not given. */
export function withInventory(command: Command, shownDefault = '$DROVER_INVENTORY'): Command {
  const flag = new Option('-i, --inventory <FILE>', 'inventory file, folder or program, or hosts with commas; may be repeated').argParser(
    collect,
  );
  return command.addOption(flag.default([], shownDefault));
}

/** Adds the flags of commands that connect to hosts. */
export function withConnection(command: Command, inventory?: string): Command {
  return withInventory(command, inventory)
    .option('--forks <N>', 'hosts worked on at the same time', parseForks, DEFAULT_FORKS)
    .option('--accept-new', 'record the keys of hosts that known_hosts does not name; a changed key is still refused')
    .option('-k, --ask-pass', 'ask once for the password to log in with (or set $DROVER_PASSWORD)')
    .option('--password-command <CMD>', 'take it from the first line that a command prints')
    .option('-K, --ask-become-pass', 'ask once for the password for sudo, doas or su (or set $DROVER_BECOME_PASSWORD)')
    .option('--become-password-command <CMD>', 'take it from the first line that a command prints')
    .option('--transport <NAME>', "ssh (drover's own) or openssh (the system's ssh)", parseTransport)
    .option('-F, --ssh-config <FILE>', "read this in place of the user's and the system's ssh_config; none reads none")
    .addOption(
      new Option('--timeout <WHAT=SECONDS>', 'longest wait for connect, authenticate, channel, become, read or action; may be repeated')
        .argParser(collectTimeout)
        .default({}, "as the hosts' vars say"),
    );
}

/** Adds the flags of plan, check and apply. */
export function withRun(command: Command): Command {
  return withVerbose(withConnection(command))
    .option('-l, --limit <PATTERN>', 'only hosts that this pattern selects as well')
    .addOption(tagsOption('--tags <TAGS>', 'only roles with one of these tags, separated by commas', 'all'))
    .addOption(tagsOption('--skip-tags <TAGS>', 'no roles with one of these tags', 'none'))
    .option('--json', 'print the change report as JSON on standard output, and nothing else there');
}

/** Adds `--report`. */
export function withReports(command: Command): Command {
  const flag = new Option(
    '--report <FORMAT=PATH>',
    `also write the change report to a file: ${REPORT_FORMATS.join(', ')}; may be repeated`,
  );
  return command.addOption(flag.argParser(collectReport).default([], 'none'));
}

/** Adds `-v`, whose value is how often it is given. */
export function withVerbose(command: Command): Command {
  return command.option('-v, --verbose', 'also show ok steps, durations, and diffs and outputs in full; -vv: each host by itself', countUp);
}

/** Adds examples below a command's help. */
export function withExamples(command: Command, examples: readonly string[]): Command {
  const title = examples.length === 1 ? 'Example:' : 'Examples:';
  return command.addHelpText('after', `\n${title}\n${examples.map((example) => `  ${example}`).join('\n')}`);
}

function tagsOption(flag: string, about: string, shownDefault: string): Option {
  return new Option(flag, about).argParser(collectTags).default([], shownDefault);
}

function collect(value: string, earlier: readonly string[]): readonly string[] {
  return [...earlier, value];
}

function countUp(_: string, earlier = 0): number {
  return earlier + 1;
}

function collectTags(value: string, earlier: readonly string[]): readonly string[] {
  const tags = value
    .split(',')
    .map((tag) => tag.trim())
    .filter((tag) => tag !== '');
  if (tags.length === 0) throw new InvalidArgumentError('must name tags, separated by commas');
  return [...earlier, ...tags];
}

function parseTransport(value: string): string {
  const known = TRANSPORT_NAMES.find((name) => name === value);
  if (known === undefined)
    throw argumentProblem(`--transport: must be ssh or openssh, found "${value}"`, didYouMean(value, TRANSPORT_NAMES));
  return known;
}

function parseForks(value: string): number {
  if (!/^[1-9]\d{0,3}$/.test(value)) throw new InvalidArgumentError('must be a whole number from 1 to 9999');
  return Number(value);
}
